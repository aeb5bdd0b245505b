import { BehaviorSubject, type Observable } from 'rxjs'
import { type Actor, type SnapshotFrom, waitFor } from 'xstate'
import {
  type SavedSoftware,
  type SoftwareCommand,
  type SoftwareName,
  softwareResult,
} from '../machines/software-context.ts'
import type { InstallInput, UninstallInput } from '../machines/software-effects.ts'
import { savedSoftware, softwarePhase, softwareState, softwareStates } from '../machines/software-management.machine.ts'
import { softwareManagement } from '../objects/definitions/software-management.ts'
import { OperationError } from '../objects/errors.ts'
import type { ObjectInstanceHandle } from '../objects/instance.ts'
import type { Lwm2mClient } from './client.ts'
import type { KeptPackage } from './kept-package.ts'
import { PackageError } from './package-error.ts'
import { type PackageProgress, type PackageSource, packageSource, pullPackage } from './package-pull.ts'
import { receivePackage } from './package-push.ts'
import { type SoftwareAccount, withAccount } from './software-account.ts'
import { attachSoftwarePorts, software, softwareResultOf } from './software-actors.ts'
import { encodeSoftwareNote, resumedSoftware, type SoftwareNote } from './software-note.ts'
import {
  defaultMaximumBytes,
  isSoftwareName,
  type ManagedSoftware,
  maximumNameBytes,
  type Software,
  type SoftwareManagementOptions,
  type SoftwarePackage,
  type SoftwareStatus,
} from './software-options.ts'

export interface SoftwareInstanceOptions {
  readonly client: Lwm2mClient
  readonly options: SoftwareManagementOptions
  readonly kept: KeptPackage
  readonly held: boolean
  /** Something has come to an end that may have changed the objects of the client. */
  readonly settled: () => void
  /** What an earlier run has left. */
  readonly note: SoftwareNote | undefined
}

type Snapshot = SnapshotFrom<typeof software>

/** The chart of one instance, its package, and its resources. */
export class SoftwareInstance implements ManagedSoftware {
  readonly instanceId: number
  readonly #client: Lwm2mClient
  readonly #options: SoftwareManagementOptions
  readonly #kept: KeptPackage
  readonly #resources: ObjectInstanceHandle<typeof softwareManagement>
  readonly #actor: Actor<typeof software>
  readonly #maximumBytes: number
  readonly #path: string
  readonly #status: BehaviorSubject<SoftwareStatus>
  readonly #settled: () => void
  #endPush: () => void
  #uri: string
  /** What is known of where the bytes that are there come from. */
  #source: PackageSource
  #error: PackageError | undefined

  constructor(instanceId: number, options: SoftwareInstanceOptions) {
    const { client, kept, held, note, settled } = options
    this.instanceId = instanceId
    this.#path = `/${softwareManagement.id}/${instanceId}`
    this.#client = client
    this.#options = options.options
    this.#maximumBytes = options.options.maximumBytes ?? defaultMaximumBytes
    this.#kept = kept
    this.#uri = note?.uri ?? ''
    this.#source = packageSource(note ?? {})
    this.#resources = client.objects.instance(softwareManagement, instanceId)
    const { userName, password } = note ?? {}
    this.#resources.set({ ...(userName !== undefined && { userName }), ...(password !== undefined && { password }) })
    this.#settled = settled
    const saved = note && resumedSoftware(note, kept.bytes)
    this.#actor = client.createActor(software, { id: `software-${instanceId}`, input: { held, saved } })
    attachSoftwarePorts(this.#actor.system, {
      endPush: () => this.#refuseRest(),
      pull: signal => this.#pull(signal),
      verify: signal => this.#verify(signal),
      install: (input, signal) => this.#install(input, signal),
      uninstall: (input, signal) => this.#uninstall(input, signal),
      activate: async signal => this.#options.activate?.(this.#software(), { signal }),
      deactivate: async signal => this.#options.deactivate?.(this.#software(), { signal }),
      fail: error => {
        this.#error = error
      },
    })
    this.#endPush = this.#receive()
    this.#status = new BehaviorSubject(this.#statusOf(this.#actor.getSnapshot()))
    this.#actor.subscribe(snapshot => this.#publish(snapshot))
    this.#actor.start()
  }

  get state$(): Observable<SoftwareStatus> {
    return this.#status.asObservable()
  }

  get progress$(): Observable<PackageProgress> {
    return this.#kept.progress$
  }

  /** Whether the instance may be deleted without leaving software behind that nobody can uninstall. */
  get isRemovable(): boolean {
    const snapshot = this.#actor.getSnapshot()
    return !snapshot.context.isInPlace && softwarePhase(snapshot) !== 'installing'
  }

  /** Throws OperationError `METHOD_NOT_ALLOWED` for what the state does not allow: the statechart is the judge. */
  check(command: SoftwareCommand): void {
    if (this.#actor.getSnapshot().can(command)) return
    throw new OperationError('METHOD_NOT_ALLOWED', `the state of the software does not allow ${command.type}`)
  }

  order(command: SoftwareCommand): void {
    this.check(command)
    this.#error = undefined
    this.#actor.send(command)
  }

  /** Judges a URI that a server writes. */
  checkUri(uri: string): void {
    if (uri !== '') this.check({ type: 'uri.written' })
    else if (!this.#isInitial()) this.check({ type: 'reset' })
  }

  /** A URI was written, an empty one takes it back. */
  takeUri(uri: string): void {
    if (!this.#actor.getSnapshot().can(uri === '' ? { type: 'reset' } : { type: 'uri.written' })) return
    this.#uri = uri
    this.#source = {}
    this.#actor.send(uri === '' ? { type: 'reset' } : { type: 'uri.written' })
  }

  reset(): void {
    if (!this.#isInitial()) this.order({ type: 'reset' })
  }

  /** Resolves when the software runs, or does not; there is no result to tell of a failure, so the response does. */
  async setActive(isActive: boolean): Promise<void> {
    const wanted = isActive ? 'active' : 'inactive'
    if (this.#actor.getSnapshot().matches({ installed: wanted })) return
    this.order({ type: isActive ? 'activate' : 'deactivate' })
    const settled = await waitFor(this.#actor, snapshot => !isChanging(snapshot))
    if (settled.matches({ installed: wanted })) return
    const message = `the software could not be ${isActive ? 'activated' : 'deactivated'}`
    throw new OperationError('INTERNAL_SERVER_ERROR', message, { cause: this.#error })
  }

  /** Nothing is downloaded while the client is off the network. */
  hold(isHeld: boolean): void {
    if (isHeld !== this.#actor.getSnapshot().context.held) this.#actor.send({ type: isHeld ? 'hold' : 'release' })
  }

  /** Ends what runs; what is noted stays. */
  end(): void {
    this.#actor.stop()
    this.#endPush()
    this.#status.complete()
  }

  #isInitial(): boolean {
    return this.#actor.getSnapshot().matches({ initial: 'idle' })
  }

  #receive(): () => void {
    return receivePackage(
      this.#client.objects,
      `${this.#path}/${softwareManagement.resources.package.id}`,
      this.#kept,
      {
        begun: totalBytes => {
          this.order({ type: 'push.begun' })
          this.#kept.totalBytes = totalBytes
        },
        received: () => this.#received(),
        emptied: () => this.reset(),
        failed: error => {
          this.#error = error
          this.#actor.send({ type: 'push.failed', result: softwareResultOf(error) })
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

  /** The server has its answer when the package is verified and safe. */
  async #received(): Promise<void> {
    this.#actor.send({ type: 'push.received' })
    const after = await waitFor(this.#actor, snapshot => !snapshot.matches('downloaded')).catch(() => undefined)
    if (after?.matches('delivered') === true) return
    throw this.#error ?? new PackageError('CANCELLED', 'the package is not wanted any more')
  }

  async #pull(signal: AbortSignal): Promise<void> {
    const { download = {} } = this.#options
    await pullPackage({
      uri: this.#uri,
      store: this.#kept,
      bytes: this.#kept.bytes,
      source: this.#source,
      maximumBytes: this.#maximumBytes,
      settings: withAccount({ clock: this.#client.clock, ...download }, this.#uri, this.#account()),
      onBegin: async begin => {
        if (signal.aborted) return
        this.#source = packageSource(begin)
        this.#kept.totalBytes = begin.totalBytes
        await this.#note()
      },
      signal,
    })
  }

  #account(): SoftwareAccount {
    const userName = this.#resources.get('userName')
    const password = this.#resources.get('password')
    return { ...(userName !== undefined && { userName }), ...(password !== undefined && { password }) }
  }

  /** What is told to be delivered must be so after a crash, too. */
  async #verify(signal: AbortSignal): Promise<SoftwareName> {
    const description = await this.#options.verify?.(this.#package(), { signal })
    const name = { name: description?.name ?? '', version: description?.version ?? '' }
    if (!isSoftwareName(name.name) || !isSoftwareName(name.version)) {
      const message = `a name and a version are texts of ${maximumNameBytes} bytes at most`
      throw new PackageError('UNSUPPORTED_PACKAGE', message)
    }
    if (!signal.aborted) await this.#note({ phase: 'delivered', result: softwareResult.verified, ...name })
    return name
  }

  async #install({ isResumed, isUpgrade }: InstallInput, signal: AbortSignal): Promise<void> {
    await this.#note()
    if (!isResumed) return this.#options.install(this.#package(), { signal, isUpgrade })
    return this.#expectCompleted('install', signal)
  }

  async #uninstall({ isResumed, isForUpdate }: UninstallInput, signal: AbortSignal): Promise<void> {
    await this.#note()
    if (!isResumed) return this.#options.uninstall(this.#software(), { signal, isForUpdate })
    return this.#expectCompleted('uninstall', signal)
  }

  async #expectCompleted(what: 'install' | 'uninstall', signal: AbortSignal): Promise<void> {
    if ((await this.#options.completed?.(this.#software(), what, { signal })) === true) return
    throw new PackageError('UPDATE_FAILED', `the process ended in the middle of the ${what}`)
  }

  #software(): Software {
    const { name, version } = this.#actor.getSnapshot().context
    return { instanceId: this.instanceId, name, version }
  }

  #package(): SoftwarePackage {
    return { ...this.#software(), bytes: this.#kept.bytes, read: () => this.#kept.read() }
  }

  /** Tells servers, the application and the store of a new state. */
  #publish(snapshot: Snapshot): void {
    if (!this.#client.objects.has(this.#path)) return
    const status = this.#statusOf(snapshot)
    const { state, result, isActive, name, version } = status
    this.#resources.set({
      packageName: name,
      packageVersion: version,
      updateState: softwareStates.indexOf(state),
      updateResult: result,
      activationState: isActive,
    })
    void this.#note()
    if (keepsNoPackage(snapshot)) {
      if (this.#kept.bytes > 0) void this.#kept.clear()
      this.#settled()
    }
    if (!isSame(status, this.#status.value)) this.#status.next(status)
  }

  #statusOf(snapshot: Snapshot): SoftwareStatus {
    const { result, name, version } = snapshot.context
    return {
      state: softwareState(snapshot),
      result,
      isActive: softwarePhase(snapshot) === 'active',
      name,
      version,
      ...(result >= softwareResult.notEnoughStorage && this.#error && { error: this.#error }),
    }
  }

  #note(next: Partial<SavedSoftware> = {}): Promise<void> {
    const snapshot = this.#actor.getSnapshot()
    const isPulling = softwarePhase(snapshot) === 'pulling'
    const { totalBytes } = this.#kept
    return this.#kept.note(
      encodeSoftwareNote({
        saved: { ...savedSoftware(snapshot), ...next },
        ...(isPulling && { uri: this.#uri, ...this.#account() }),
        ...(isPulling && this.#source),
        ...(isPulling && totalBytes !== undefined && { totalBytes }),
      }),
    )
  }
}

function isChanging(snapshot: Snapshot): boolean {
  return snapshot.matches({ installed: 'activating' }) || snapshot.matches({ installed: 'deactivating' })
}

/** Before a package comes, and when it is installed. */
function keepsNoPackage(snapshot: Snapshot): boolean {
  const phase = softwarePhase(snapshot)
  return phase === 'initial' || phase === 'inactive' || phase === 'active'
}

function isSame(one: SoftwareStatus, other: SoftwareStatus): boolean {
  if (one.state !== other.state || one.result !== other.result || one.isActive !== other.isActive) return false
  return one.name === other.name && one.version === other.version
}
