import { type Observable, repeat, type Subscription } from 'rxjs'
import type { FirmwareCommand } from '../machines/firmware-context.ts'
import type { ObjectDefinition } from '../objects/definition.ts'
import { firmwareUpdate, firmwareUpdate11 } from '../objects/definitions/firmware-update.ts'
import type { ObjectsApi } from '../objects/objects.ts'
import type { Change } from '../objects/store.ts'
import type { FirmwareNote } from './firmware-note.ts'
import { supportedProtocols } from './package-pull.ts'

/** How urgent an update is: 0 critical, 1 mandatory, 2 optional (/5/0/11). */
export type FirmwareSeverity = 0 | 1 | 2

export interface FirmwareObjectOptions {
  /** Version of the object: 1.0 knows neither Cancel nor deferred updates. Default 1.1. */
  readonly objectVersion?: '1.0' | '1.1'
  /** How packages come: written by a server, fetched by the client, or either (/5/0/9). Default `both`. */
  readonly delivery?: 'push' | 'pull' | 'both'
  /** What /5/0/11 is at first; default 1. */
  readonly severity?: FirmwareSeverity
  /** What /5/0/13 is at first, in seconds; absent: nothing. 0: no update may be put off. */
  readonly maximumDeferSeconds?: number
}

/** What servers ask of an update. */
export interface FirmwareRequests {
  /** Throws OperationError when a command is not allowed at the moment. */
  check(command: FirmwareCommand): void
  order(command: FirmwareCommand): void
  update(): void
  /** Severity or Maximum Defer Period were written. */
  policyChanged(): void
}

/** What a state shows of itself. */
export type FirmwareAppearance = Pick<FirmwareNote, 'result' | 'uri' | 'name' | 'version' | 'changedAtMs'> & {
  readonly state: number
}

const resource = {
  uri: '/5/0/1',
  update: '/5/0/2',
  state: '/5/0/3',
  result: '/5/0/5',
  name: '/5/0/6',
  version: '/5/0/7',
  protocols: '/5/0/8',
  delivery: '/5/0/9',
  cancel: '/5/0/10',
  severity: '/5/0/11',
  changed: '/5/0/12',
  maximumDefer: '/5/0/13',
} as const

const deliveryMethods = { pull: 0, push: 1, both: 2 } as const

/** The instance of object Firmware Update: what servers see of an update, and ask of it. */
export class FirmwareObject {
  readonly #objects: ObjectsApi
  readonly #requests: FirmwareRequests
  readonly #definition: ObjectDefinition
  readonly #ends: (() => void)[]
  readonly #changes: Subscription
  /** A server has written the URI in a transaction that may still be undone. */
  #isUriWritten = false

  constructor(
    { objects, changes$ }: { readonly objects: ObjectsApi; readonly changes$: Observable<readonly Change[]> },
    options: FirmwareObjectOptions,
    noted: FirmwareNote,
    requests: FirmwareRequests,
  ) {
    const { objectVersion, delivery = 'both' } = options
    this.#objects = objects
    this.#requests = requests
    const known = objects.definitions().find(({ id }) => id === firmwareUpdate.id)
    this.#definition = known ?? (objectVersion === '1.0' ? firmwareUpdate : firmwareUpdate11)
    objects.batch(() => {
      if (!objects.has('/5/0')) objects.create(this.#definition, 0)
      this.#set(resource.delivery, deliveryMethods[delivery])
      this.#set(resource.protocols, delivery === 'push' ? {} : Object.fromEntries(supportedProtocols.entries()))
      this.#set(resource.uri, noted.uri ?? '')
      this.#set(resource.severity, noted.severity ?? options.severity ?? 1)
      this.#set(resource.maximumDefer, noted.maximumDeferSeconds ?? options.maximumDeferSeconds)
    })
    this.#ends = [
      objects.onExecute(resource.update, () => requests.update()),
      objects.onWrite(resource.uri, {
        validate: (_, uri) => {
          requests.check({ type: uri === '' ? 'reset' : 'uri.written' })
          return true
        },
        written: () => {
          this.#isUriWritten = true
          // Until then the transaction is over, or undone.
          queueMicrotask(() => {
            this.#isUriWritten = false
          })
        },
      }),
    ]
    if (this.canDefer) this.#ends.push(objects.onExecute(resource.cancel, () => requests.order({ type: 'cancel' })))
    // The streams of a client end when it is stopped, which it may be more than once.
    this.#changes = changes$.pipe(repeat()).subscribe(changes => this.#follow(changes))
  }

  get uri(): string {
    return (this.#get(resource.uri) as string | undefined) ?? ''
  }

  get severity(): FirmwareSeverity {
    return (this.#get(resource.severity) as FirmwareSeverity | undefined) ?? 1
  }

  /** How long an update may be put off at most; undefined: without end. What no number tells exactly is as good as that. */
  get maximumDeferSeconds(): number | undefined {
    const seconds = this.#get(resource.maximumDefer)
    return seconds === undefined ? undefined : Math.min(Number(seconds), Number.MAX_SAFE_INTEGER)
  }

  /** Whether this version of the object knows updates that are put off or cancelled. */
  get canDefer(): boolean {
    return this.#defines(resource.maximumDefer)
  }

  /** Shows a state, all of it at once. */
  publish({ state, result, uri, name, version, changedAtMs }: FirmwareAppearance): void {
    const objects = this.#objects
    if (!objects.has('/5/0')) return
    objects.batch(() => {
      this.#set(resource.changed, changedAtMs === undefined ? undefined : Math.floor(changedAtMs / 1000))
      this.#set(resource.state, state)
      // Version 1.0 has no word for a package that is taken back or put off.
      this.#set(resource.result, result > 9 && !this.canDefer ? 8 : result)
      this.#set(resource.uri, uri)
      this.#set(resource.name, name)
      this.#set(resource.version, version)
    })
  }

  /** Leaves the instance without its functions. */
  end(): void {
    this.#changes.unsubscribe()
    for (const end of this.#ends) end()
  }

  /** What was written counts from here on: its transaction cannot be undone any more. */
  #follow(changes: readonly Change[]): void {
    const changed = new Set<number>()
    for (const { path } of changes) if (path[0] === firmwareUpdate.id) changed.add(path[2] as number)
    if (changed.size === 0) return
    if (changed.has(11) || changed.has(13)) this.#requests.policyChanged()
    if (!changed.has(1) || !this.#isUriWritten) return
    this.#isUriWritten = false
    this.#requests.order({ type: this.uri === '' ? 'reset' : 'uri.written' })
  }

  #get(path: string) {
    return this.#defines(path) ? this.#objects.get(path) : undefined
  }

  /** What the version does not define is not shown. */
  #set(path: string, value: number | string | Readonly<Record<number, number>> | undefined): void {
    if (!this.#defines(path)) return
    if (value !== undefined) this.#objects.set(path, value)
    else if (this.#objects.has(path)) this.#objects.delete(path)
  }

  #defines(path: string): boolean {
    const id = Number(path.slice(path.lastIndexOf('/') + 1))
    return Object.values(this.#definition.resources).some(one => one.id === id)
  }
}
