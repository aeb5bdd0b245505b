import { accessOf } from '../access.ts'
import type { ContentSink } from '../content-sink.ts'
import { FormatError, OperationError, ResponseCode } from '../errors.ts'
import { type ValueFrame, valueFrame } from '../formats/value-frame.ts'
import { callHandler } from '../handlers.ts'
import type { ObjectStore } from '../store.ts'
import type { OperationContext, OperationOf, Outcome } from './operation.ts'
import { settle } from './perform.ts'
import { andThen } from './read.ts'
import { abortContent, beginContent, giveAll, receiveHandler } from './received-content.ts'
import { findWriteTarget } from './write.ts'

type Write = OperationOf<'write'>

/**
 * The Write whose payload begins with that of `operation`, when it can be taken as it arrives: to one opaque value that has a
 * `receive` handler, in a format that carries it as it is. Undefined: it is to be put together and performed as any Write.
 * `announcedBytes` is what the server says of the size of the payload.
 */
export function streamedWrite(
  store: ObjectStore,
  context: OperationContext,
  operation: Write,
  announcedBytes?: number,
): StreamedWrite | undefined {
  const { path, contentFormat, payload } = operation
  if (path.length < 3 || contentFormat === undefined) return undefined
  const isTaken = receiveHandler(store, path) !== undefined
  const isSingle = store.resource(path[0] as number, path[2] as number)?.multiple === (path.length === 4)
  const frame = isTaken && isSingle ? valueFrame(contentFormat, path, payload) : undefined
  return frame && new StreamedWrite(store, context, operation, frame, announcedBytes)
}

/**
 * A Write on the way to a {@link ContentSink}: with the rights and the errors of any other, which are judged again with each of its
 * parts. Never throws and never rejects; an Outcome ends it. The calls come one after another, but for `abort`.
 */
export class StreamedWrite {
  readonly #store: ObjectStore
  readonly #context: OperationContext
  readonly #operation: Write
  readonly #totalBytes: number | undefined
  #headBytes: number
  /** Of the value; what is not said has no end. */
  #bytesLeft: number
  #sink: ContentSink | undefined
  #isOver = false

  constructor(
    store: ObjectStore,
    context: OperationContext,
    operation: Write,
    { headBytes, valueBytes }: ValueFrame,
    announcedBytes: number | undefined,
  ) {
    this.#store = store
    this.#context = context
    this.#operation = operation
    this.#totalBytes = valueBytes ?? announcedBytes
    this.#headBytes = headBytes
    this.#bytesLeft = valueBytes ?? Number.POSITIVE_INFINITY
  }

  /** The next bytes of the payload. Nothing: there may be more. */
  write(bytes: Uint8Array): Outcome | undefined | Promise<Outcome | undefined> {
    return this.#perform(() => {
      const { sink, value } = this.#admit(bytes)
      return andThen(
        callHandler(this.#operation.path, () => sink.write(value)),
        () => undefined,
      )
    })
  }

  /** The last bytes of the payload, maybe none. */
  end(bytes: Uint8Array): Outcome | Promise<Outcome> {
    return this.#perform(() => {
      const { sink, value } = this.#admit(bytes)
      if (this.#bytesLeft > 0 && this.#bytesLeft !== Number.POSITIVE_INFINITY) {
        this.abort()
        throw new FormatError('a value that is cut short')
      }
      return andThen(
        callHandler(this.#operation.path, () => giveAll(sink, value)),
        () => ({ responseCode: ResponseCode.changed }),
      )
    })
  }

  /** The rest will not arrive. */
  abort(): void {
    const sink = this.#sink
    this.#sink = undefined
    this.#isOver = true
    abortContent(sink, this.#context.onError)
  }

  #perform<T extends Outcome | undefined>(step: () => T | Promise<T>): T | Outcome | Promise<T | Outcome> {
    if (this.#isOver) return { responseCode: ResponseCode.requestEntityIncomplete }
    return andThen<T | Outcome, T | Outcome>(settle(this.#context, step), outcome => {
      if (outcome !== undefined) {
        this.#isOver = true
        this.#sink = undefined
      }
      return outcome
    })
  }

  /** Whoever takes the value now: what came before may have waited since the payload began. */
  #begin(): ContentSink {
    const { path } = this.#operation
    const receive = receiveHandler(this.#store, path)
    if (receive === undefined) throw new OperationError('METHOD_NOT_ALLOWED', 'nothing takes the value any more')
    return beginContent(this.#store, path, receive, this.#totalBytes)
  }

  /** The part of the value in these bytes. Throws what a Write of them would, and ends the sink. */
  #admit(bytes: Uint8Array): { readonly sink: ContentSink; readonly value: Uint8Array } {
    const { path } = this.#operation
    try {
      findWriteTarget(this.#store, accessOf(this.#store, this.#context.shortServerId), path)
      this.#sink ??= this.#begin()
      const value = this.#headBytes === 0 ? bytes : bytes.subarray(this.#headBytes)
      this.#headBytes = 0
      this.#bytesLeft -= value.length
      if (this.#bytesLeft < 0) throw new FormatError('bytes after the end of the value')
      return { sink: this.#sink, value }
    } catch (error) {
      this.abort()
      throw error
    }
  }
}
