import type { AttributeTree } from '../attributes/tree.ts'
import type { ResponseCode } from '../errors.ts'
import type { ContentFormat } from '../formats/format.ts'
import type { Path } from '../path.ts'

/** A request of the Device Management or Information Reporting interface (LwM2M Core 1.2.2 §6.3, §6.4). */
export type Operation =
  | { readonly kind: 'read'; readonly path: Path; readonly accept?: number }
  | { readonly kind: 'observe'; readonly path: Path; readonly accept?: number }
  | { readonly kind: 'cancelObservation'; readonly path: Path; readonly accept?: number }
  | { readonly kind: 'discover'; readonly path: Path }
  | {
      readonly kind: 'write'
      readonly path: Path
      /** `replace` is PUT, `update` is POST (LwM2M Core 1.2.2 §6.3.3). */
      readonly mode: 'replace' | 'update'
      readonly contentFormat?: number
      readonly payload: Uint8Array
    }
  | { readonly kind: 'execute'; readonly path: Path; readonly arguments: string }
  | { readonly kind: 'writeAttributes'; readonly path: Path; readonly attributes: readonly string[] }

export type OperationKind = Operation['kind']

/** The operation of one kind, or of several. */
export type OperationOf<K extends OperationKind> = Extract<Operation, { kind: K }>

/** Who asks. */
export interface OperationContext {
  /** Short Server ID of the asking server account, 1–65534. */
  readonly shortServerId: number
  /** The notification attributes of this server. */
  readonly attributes: AttributeTree
  /** Is told the cause of a 5.00, which the server never sees: what an application handler threw. */
  readonly onError?: (error: unknown) => void
}

/** The answer to an operation, ready to be put into a response. */
export interface Outcome {
  readonly responseCode: ResponseCode
  readonly contentFormat?: ContentFormat
  readonly payload?: Uint8Array
}
