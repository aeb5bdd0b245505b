import { OperationError } from '../objects/errors.ts'
import { ContentFormat, type Schema } from '../objects/formats/format.ts'
import { formatOf } from '../objects/formats/formats.ts'
import type { Link } from '../objects/formats/link-format.ts'
import type { BootstrapOperation } from '../objects/operations/operation.ts'
import type { Path } from '../objects/path.ts'
import type { PathValue } from '../objects/path-value.ts'
import { type CoapMessage, Code, isSuccess } from '../transport/coap/message.ts'
import type { CoapPeer, PendingRequest } from '../transport/coap/peer.ts'
import { encodeOperation } from '../transport/lwm2m/downlink.ts'
import type { ClientBootstrap } from './bootstrap-config.ts'
import { type KnownInstance, knownInstances, parseDiscovered, planWrites, presumedInstances } from './bootstrap-plan.ts'
import { discoverResult, operationResult, readResult } from './results.ts'

interface Found {
  /** What a Bootstrap-Discover found. */
  readonly links?: readonly Link[]
  /** What a Bootstrap-Read found. */
  readonly values?: readonly PathValue[]
}

/** An operation that the client has answered; of a Bootstrap-Write the place, never the content. */
export interface PerformedOperation extends Found {
  readonly kind: BootstrapOperation['kind']
  /** Absent of a Bootstrap-Finish. */
  readonly path?: Path
  /** A CoAP code byte. */
  readonly responseCode: number
}

export interface SessionOptions {
  readonly peer: CoapPeer
  readonly client: ClientBootstrap
  /** What the client asked for. */
  readonly preferredContentFormat: number | undefined
  readonly schema: Schema
  readonly onOperation: (operation: PerformedOperation) => void
}

/** One bootstrap of one client: Discover, Read, Delete, Write, Finish, each after the answer to the one before. */
export class BootstrapSession {
  readonly #options: SessionOptions
  #pending: PendingRequest | undefined
  #ended: Error | undefined

  constructor(options: SessionOptions) {
    this.#options = options
  }

  /**
   * Resolves when the client has accepted the Bootstrap-Finish. Rejects with RequestError (`REJECTED`, `BAD_RESPONSE`,
   * `BAD_CONFIGURATION`), with TransportError when the client does not answer, or with what `end` was given.
   */
  async run(): Promise<void> {
    const { client, preferredContentFormat } = this.#options
    const links = client.discover ? await this.#discover() : undefined
    const known = links === undefined ? presumedInstances : knownInstances(links)
    const contentFormat = client.contentFormat ?? preferredContentFormat ?? defaultFormat(links)
    for (const path of client.read) await this.#read(path, contentFormat)
    for (const path of client.delete) await this.#perform({ kind: 'bootstrapDelete', path })
    await this.#write(known, contentFormat)
    await this.#perform({ kind: 'bootstrapFinish' })
  }

  /** Ends the session; `run` rejects with this error unless it has settled. */
  end(error: Error): void {
    this.#ended ??= error
    this.#pending?.cancel()
  }

  async #discover(): Promise<readonly Link[]> {
    const operation = { kind: 'bootstrapDiscover', path: [] } as const
    const { links = [] } = await this.#perform(operation, response => ({
      links: discoverResult(operation, response, parseDiscovered).links,
    }))
    return links
  }

  async #read(path: Path, accept: number): Promise<void> {
    const operation = { kind: 'bootstrapRead', path, accept } as const
    await this.#perform(operation, response => ({
      values: readResult(operation, response, this.#options.schema).values,
    }))
  }

  async #write(known: readonly KnownInstance[], contentFormat: number): Promise<void> {
    const format = formatOf(contentFormat)
    if (format === undefined) throw new OperationError('UNSUPPORTED_CONTENT_FORMAT', `Content-Format ${contentFormat}`)
    for (const { path, values } of planWrites(this.#options.client, known)) {
      const payload = format.encode(path, values, this.#options.schema)
      await this.#perform({ kind: 'bootstrapWrite', path, contentFormat, payload })
    }
  }

  /** What `look` finds in a success is told with the operation. */
  async #perform(operation: BootstrapOperation, look: (response: CoapMessage) => Found = () => ({})): Promise<Found> {
    const response = await this.#request(operation)
    const { code: responseCode } = response
    const found = isSuccess(responseCode) ? look(response) : {}
    const path = 'path' in operation ? { path: operation.path } : {}
    this.#options.onOperation({ kind: operation.kind, ...path, responseCode, ...found })
    // What is not there need not be deleted.
    const isDone = operation.kind === 'bootstrapDelete' && responseCode === Code.notFound
    if (!isDone) operationResult(operation, response)
    return found
  }

  async #request(operation: BootstrapOperation): Promise<CoapMessage> {
    if (this.#ended !== undefined) throw this.#ended
    this.#pending = this.#options.peer.request(encodeOperation(operation))
    try {
      return await this.#pending.response
    } catch (error) {
      throw this.#ended ?? error
    }
  }
}

/** A client that names none: TLV is what LwM2M 1.0 has, SenML CBOR what later ones must have. */
function defaultFormat(links: readonly Link[] | undefined): number {
  const version = links?.find(({ target }) => target === '/')?.attributes['lwm2m']
  return version === undefined || version === '1.0' ? ContentFormat.tlv : ContentFormat.senmlCbor
}
