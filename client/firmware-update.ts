import { BehaviorSubject, type Observable } from 'rxjs'
import { type Actor, type SnapshotFrom, type Subscription, waitFor } from 'xstate'
import { type FirmwareCommand, isFirmwareFailure } from '../machines/firmware-context.ts'
import { firmwarePhase, firmwareState } from '../machines/firmware-update.machine.ts'
import { OperationError } from '../objects/errors.ts'
import type { Lwm2mClient } from './client.ts'
import { attachFirmwarePorts, firmware, firmwareResultOf } from './firmware-actors.ts'
import {
  decodeFirmwareNote,
  describeFirmware,
  encodeFirmwareNote,
  type FirmwareDescription,
  type FirmwareNote,
  resumedPhase,
} from './firmware-note.ts'
import { FirmwareObject } from './firmware-object.ts'
import type {
  FirmwareFailure,
  FirmwarePackage,
  FirmwareStatus,
  FirmwareUpdate,
  FirmwareUpdateOptions,
} from './firmware-options.ts'
import { KeptPackage } from './kept-package.ts'
import { isOffNetwork } from './off-network.ts'
import { PackageError } from './package-error.ts'
import { type PackageProgress, type PackageSource, packageSource, pullPackage } from './package-pull.ts'
import { receivePackage } from './package-push.ts'

/**
 * Makes a client updatable: object Firmware Update with all it does (LwM2M Core 1.2.2 §E.6). Packages are downloaded while
 * the client is started and on the network. After a restart it goes on where it was: a download from the bytes that are
 * there, a package that a server was writing is lost (Update Result 4).
 *
 * ```ts
 * const firmware = firmwareUpdate(client, {
 *   store: filePackageStore('/var/lib/device/firmware'),
 *   install: async ({ read }) => flash(read()),
 * })
 * firmware.state$.subscribe(({ state, result }) => console.log(state, result))
 * ```
 *
 * A client has one at a time. An instance 0 of the object that is there already is used as it is defined.
 */
export function firmwareUpdate(client: Lwm2mClient, options: FirmwareUpdateOptions): FirmwareUpdate {
  return new FirmwareUpdater(client, options)
}

type Snapshot = SnapshotFrom<typeof firmware>

const stateNames = ['idle', 'downloading', 'downloaded', 'updating'] as const

/** What a delivery method does not serve. */
const foreign = { push: 'uri.written', pull: 'push.begun', both: undefined } as const

const nothingNoted: FirmwareNote = { phase: 'idle', result: 0 }

/** Puts the statechart, the object, the store and the application of a firmware update together. */
class FirmwareUpdater implements FirmwareUpdate {
  readonly #client: Lwm2mClient
  readonly #options: FirmwareUpdateOptions
  readonly #maximumBytes: number
  readonly #package: KeptPackage
  readonly #object: FirmwareObject
  readonly #actor: Actor<typeof firmware>
  readonly #status: BehaviorSubject<FirmwareStatus>
  readonly #network: Subscription
  #endPush: () => void = () => {}
  #description: FirmwareDescription
  #source: PackageSource
  #changedAtMs: number | undefined
  #error: PackageError | undefined

  constructor(client: Lwm2mClient, options: FirmwareUpdateOptions) {
    const { store, maximumBytes = 64 * 1024 * 1024 } = options
    this.#client = client
    this.#options = options
    this.#maximumBytes = maximumBytes
    this.#package = new KeptPackage(store)
    const { note, bytes } = this.#package.load()
    const noted = decodeFirmwareNote(note) ?? nothingNoted
    this.#description = describeFirmware(noted)
    this.#source = packageSource(noted)
    this.#changedAtMs = noted.changedAtMs
    this.#package.totalBytes = noted.totalBytes
    this.#object = new FirmwareObject(client, options, noted, {
      check: command => this.#check(command),
      order: command => this.#order(command),
      update: () => this.#update(),
      policyChanged: () => this.#policyChanged(),
    })
    this.#actor = this.#start(noted, bytes)
    this.#status = new BehaviorSubject(this.#statusOf(this.#actor.getSnapshot()))
    this.#publish(this.#actor.getSnapshot())
    this.#actor.subscribe(snapshot => this.#publish(snapshot))
    this.#network = client.actor.subscribe(snapshot => this.#followNetwork(isOffNetwork(snapshot)))
    this.#endPush = this.#receive()
  }

  get state$(): Observable<FirmwareStatus> {
    return this.#status.asObservable()
  }

  get progress$(): Observable<PackageProgress> {
    return this.#package.progress$
  }

  async confirm(): Promise<void> {
    this.#order({ type: 'confirm' })
    await this.#package.noted()
  }

  async fail(code: FirmwareFailure = 'UPDATE_FAILED'): Promise<void> {
    const error = new PackageError(code, 'the application has given up the update')
    const command = { type: 'fail', result: firmwareResultOf(error) } as const
    this.#check(command)
    this.#error = error
    this.#actor.send(command)
    await this.#package.noted()
  }

  accept(): void {
    if (!this.#actor.getSnapshot().matches({ downloaded: 'deferred' })) throw notAllowed('accept')
    this.#actor.send({ type: 'update' })
  }

  unsubscribe(): void {
    this.#network.unsubscribe()
    this.#object.end()
    this.#actor.stop()
    this.#endPush()
    this.#package.end()
    this.#status.complete()
  }

  #start(noted: FirmwareNote, bytes: number): Actor<typeof firmware> {
    const { confirm, install } = this.#options
    const actor = this.#client.createActor(firmware, {
      id: 'firmware-update',
      input: {
        phase: resumedPhase(noted, bytes),
        result: noted.result,
        manual: confirm === 'manual',
        held: isOffNetwork(this.#client.actor.getSnapshot()),
        ...(noted.deferredAtMs === undefined ? {} : { deferredAtMs: noted.deferredAtMs }),
      },
    })
    attachFirmwarePorts(actor.system, {
      clock: this.#client.clock,
      endPush: () => this.#refuseRest(),
      pull: signal => this.#pull(signal),
      verify: signal => this.#verify(signal),
      keep: () => this.#keep(),
      install: async signal => install(this.#offered(), { signal }),
      deferralEndsMs: deferredAtMs => this.#deferralEndsMs(deferredAtMs),
      mayDefer: () => this.#mayDefer(),
      discard: () => this.#discard(),
      fail: error => {
        this.#error = error
      },
    })
    return actor.start()
  }

  #receive(): () => void {
    const { objects } = this.#client
    return receivePackage(
      objects,
      '/5/0/0',
      this.#package,
      {
        begun: totalBytes => {
          this.#order({ type: 'push.begun' })
          this.#package.totalBytes = totalBytes
        },
        received: () => this.#received(),
        emptied: () => this.#order({ type: 'reset' }),
        failed: error => {
          this.#error = error
          this.#actor.send({ type: 'push.failed', result: firmwareResultOf(error) })
        },
      },
      { maximumBytes: this.#maximumBytes },
    )
  }

  /** Whatever a server still writes of the package of the moment is not stored any more. */
  #refuseRest(): void {
    this.#endPush()
    this.#endPush = this.#receive()
  }

  /** The statechart is the judge of what is allowed when. */
  #check(command: FirmwareCommand): void {
    const isServed = command.type !== foreign[this.#options.delivery ?? 'both']
    if (!isServed || !this.#actor.getSnapshot().can(command)) throw notAllowed(command.type)
  }

  #order(command: FirmwareCommand): void {
    this.#check(command)
    this.#actor.send(command)
  }

  #update(): void {
    this.#check({ type: 'update' })
    const { severity, maximumDeferSeconds } = this.#object
    const isDeferred = this.#mayDefer() && this.#options.defers?.({ severity, maximumDeferSeconds }) === true
    this.#actor.send(isDeferred ? { type: 'defer', atMs: this.#client.clock.now() } : { type: 'update' })
  }

  #mayDefer(): boolean {
    const nowMs = this.#client.clock.now()
    const { deferredAtMs = nowMs } = this.#actor.getSnapshot().context
    return this.#object.canDefer && nowMs < (this.#deferralEndsMs(deferredAtMs) ?? Number.POSITIVE_INFINITY)
  }

  #deferralEndsMs(deferredAtMs: number): number | undefined {
    const { maximumDeferSeconds } = this.#object
    return maximumDeferSeconds === undefined ? undefined : deferredAtMs + maximumDeferSeconds * 1000
  }

  #policyChanged(): void {
    this.#actor.send({ type: 'deferral.changed' })
    void this.#note(this.#actor.getSnapshot())
  }

  #followNetwork(off: boolean): void {
    if (off !== this.#actor.getSnapshot().context.held) this.#actor.send({ type: off ? 'hold' : 'release' })
  }

  /** The server has its answer when the package is verified and safe. */
  async #received(): Promise<void> {
    this.#actor.send({ type: 'push.received' })
    const after = await waitFor(this.#actor, snapshot => !snapshot.matches('downloading')).catch(() => undefined)
    if (after?.matches('downloaded') === true) return
    const error = after && isFirmwareFailure(after.context.result) ? this.#error : undefined
    throw error ?? new PackageError('CANCELLED', 'the update was cancelled')
  }

  async #pull(signal: AbortSignal): Promise<void> {
    await pullPackage({
      uri: this.#object.uri,
      store: this.#package.until(signal),
      bytes: this.#package.bytes,
      source: this.#source,
      maximumBytes: this.#maximumBytes,
      settings: { clock: this.#client.clock, ...this.#options.download },
      onBegin: async begin => {
        if (signal.aborted) return
        this.#source = packageSource(begin)
        this.#package.totalBytes = begin.totalBytes
        await this.#note(this.#actor.getSnapshot())
      },
      signal,
    })
  }

  async #verify(signal: AbortSignal): Promise<void> {
    this.#description = {}
    const description = (await this.#options.verify?.(this.#offered(), { signal })) ?? {}
    if (!signal.aborted) this.#description = describeFirmware(description)
  }

  #offered(): FirmwarePackage {
    return { ...this.#description, bytes: this.#package.bytes, read: () => this.#package.read() }
  }

  async #keep(): Promise<void> {
    // An effect begins before whoever follows the state hears of it.
    await Promise.resolve()
    await this.#package.noted()
  }

  #discard(): void {
    this.#source = {}
    this.#description = {}
    this.#package.totalBytes = undefined
    if (this.#package.bytes > 0) void this.#package.clear()
  }

  /** Tells the application, the store and servers of a state. */
  #publish(snapshot: Snapshot): void {
    const status = this.#statusOf(snapshot)
    const before = this.#status.value
    if (status.state !== before.state) this.#changedAtMs = this.#client.clock.now()
    // Where it must be safe a state waits for it.
    void this.#note(snapshot)
    // What an operation of a server has led to stays when that is undone.
    queueMicrotask(() => this.#show())
    if (status.state !== before.state || status.result !== before.result) this.#status.next(status)
  }

  #show(): void {
    const snapshot = this.#actor.getSnapshot()
    const state = firmwareState(snapshot)
    this.#object.publish({
      state,
      result: snapshot.context.result,
      uri: this.#uriOf(snapshot),
      ...(state >= 2 ? this.#description : {}),
      changedAtMs: this.#changedAtMs,
    })
  }

  /** None when the package does not come from there, or is taken back. */
  #uriOf(snapshot: Snapshot): string {
    const { result, pushed } = snapshot.context
    const isReset = snapshot.matches('idle') && (result === 0 || result === 10)
    return isReset || (pushed && !snapshot.matches('idle')) ? '' : this.#object.uri
  }

  #statusOf(snapshot: Snapshot): FirmwareStatus {
    const state = stateNames[firmwareState(snapshot)]
    const { result } = snapshot.context
    return { state, result, ...(isFirmwareFailure(result) && this.#error && { error: this.#error }) }
  }

  #note(snapshot: Snapshot): Promise<void> {
    const { result, deferredAtMs } = snapshot.context
    const { severity, maximumDeferSeconds } = this.#object
    const uri = this.#uriOf(snapshot)
    const phase = firmwarePhase(snapshot)
    const { bytes, totalBytes } = this.#package
    const isComplete = phase === 'downloaded' || phase === 'deferred' || phase === 'updating'
    return this.#package.note(
      encodeFirmwareNote({
        phase,
        result,
        ...this.#description,
        ...(isComplete ? { bytes } : {}),
        ...(uri === '' ? {} : { uri }),
        ...this.#source,
        totalBytes,
        changedAtMs: this.#changedAtMs,
        deferredAtMs,
        severity,
        maximumDeferSeconds,
      }),
    )
  }
}

function notAllowed(what: string): OperationError {
  return new OperationError('METHOD_NOT_ALLOWED', `the state of the firmware update does not allow ${what}`)
}
