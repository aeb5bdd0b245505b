import type { AttributeTree } from '../attributes/tree.ts'
import type { EnablerVersion } from '../enabler.ts'
import type { ResponseCode } from '../errors.ts'
import type { ContentFormat } from '../formats/format.ts'
import type { Path } from '../path.ts'
import type { PathValue } from '../path-value.ts'

/** What a request carries to be written; `contentFormat` is absent when the request names none. */
export interface Payload {
  readonly contentFormat?: number
  readonly payload: Uint8Array
}

/** A composite operation addresses the root; the payload names the places it is about. */
interface Composite extends Payload {
  readonly path: readonly []
}

/** An observation may bring attributes of its own, as the queries of a Write-Attributes (LwM2M Core 1.2.2 §6.4.1). */
interface Observing {
  readonly attributes?: readonly string[]
}

/** A request of the Device Management or Information Reporting interface (LwM2M Core 1.2.2 §6.3, §6.4). */
export type Operation =
  | { readonly kind: 'read'; readonly path: Path; readonly accept?: number }
  | ({ readonly kind: 'observe'; readonly path: Path; readonly accept?: number } & Observing)
  | { readonly kind: 'cancelObservation'; readonly path: Path; readonly accept?: number }
  | ({ readonly kind: 'readComposite'; readonly accept?: number } & Composite)
  | ({ readonly kind: 'observeComposite'; readonly accept?: number } & Composite & Observing)
  | ({ readonly kind: 'cancelObservationComposite'; readonly accept?: number } & Composite)
  | {
      readonly kind: 'discover'
      readonly path: Path
      /** Levels below `path` to list, 0–3 (LwM2M 1.2); absent: what the level of `path` has by default. */
      readonly depth?: number
    }
  | ({
      readonly kind: 'write'
      readonly path: Path
      /** `replace` is PUT, `update` is POST (LwM2M Core 1.2.2 §6.3.3). */
      readonly mode: 'replace' | 'update'
    } & Payload)
  | ({ readonly kind: 'writeComposite' } & Composite)
  | ({ readonly kind: 'create'; readonly path: Path } & Payload)
  | { readonly kind: 'delete'; readonly path: Path }
  | { readonly kind: 'execute'; readonly path: Path; readonly arguments: string }
  | { readonly kind: 'writeAttributes'; readonly path: Path; readonly attributes: readonly string[] }

export type OperationKind = Operation['kind']

/** The operation of one kind, or of several. */
export type OperationOf<K extends OperationKind> = Extract<Operation, { kind: K }>

/** A downlink request of the Bootstrap interface (LwM2M Core 1.2.2 §6.1.7). */
export type BootstrapOperation =
  | { readonly kind: 'bootstrapRead'; readonly path: Path; readonly accept?: number }
  | { readonly kind: 'bootstrapDiscover'; readonly path: Path }
  | ({ readonly kind: 'bootstrapWrite'; readonly path: Path } & Payload)
  | { readonly kind: 'bootstrapDelete'; readonly path: Path }
  | { readonly kind: 'bootstrapFinish' }

export type BootstrapOperationOf<K extends BootstrapOperation['kind']> = Extract<BootstrapOperation, { kind: K }>

/** What a Bootstrap-Server's requests are performed with: it has every right, and no attributes. */
export interface BootstrapContext {
  /** The enabler the client speaks, which decides what object versions are told. Default: 1.1. */
  readonly enablerVersion?: EnablerVersion
  /** How many Bootstrap-Server Accounts may be left at a Bootstrap-Finish. Default: 1. */
  readonly maximumBootstrapAccounts?: number
  /** Whether the application keeps the key of a Security instance elsewhere, so that /0/x/5 may be empty. Default: it does not. */
  readonly keepsKey?: (securityInstanceId: number) => boolean
  /** Is told the cause of a 5.00, which the server never sees: what an application handler threw. */
  readonly onError?: (error: unknown) => void
}

/** Who asks. */
export interface OperationContext extends BootstrapContext {
  /** Short Server ID of the asking server account, 1–65534. */
  readonly shortServerId: number
  /** The notification attributes of this server. */
  readonly attributes: AttributeTree
  /** Beyond this a payload carries fewer of the entries of time series, oldest first. Default: no limit, bytes. */
  readonly maximumSeriesBytes?: number
}

/** What a payload carries of time series. */
export interface SeriesPart {
  /** Whether that is all there is. */
  readonly complete: boolean
  /** The server has it: what was carried goes. */
  delivered(): void
}

/** The answer to an operation, ready to be put into a response. */
export interface Outcome {
  readonly responseCode: ResponseCode
  readonly contentFormat?: ContentFormat
  readonly payload?: Uint8Array
  /** The instance that a Create made, when the client chose its id. */
  readonly location?: Path
  /** What was read, as the payload has it. */
  readonly values?: readonly PathValue[]
  readonly series?: SeriesPart
}
