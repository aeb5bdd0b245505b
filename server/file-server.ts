import { ContentFormat } from '../objects/formats/format.ts'
import { type Clock, systemClock } from '../transport/clock.ts'
import {
  type Block,
  blockOption,
  findBlock,
  largestBlockBytes,
  largestBody,
  offsetOf,
} from '../transport/coap/block.ts'
import { decodeDatagram, encodeDatagram } from '../transport/coap/codec.ts'
import { type CoapOption, Code, isRequest, MessageType, noPayload } from '../transport/coap/message.ts'
import {
  findOption,
  findStrings,
  findUint,
  OptionNumber,
  uintOption,
  unprocessableOption,
} from '../transport/coap/options.ts'
import type { Packet } from '../transport/coap/packet.ts'
import type { Address, Connection, Listener, Network } from '../transport/connection.ts'
import { MessageFormatError, type TransportError } from '../transport/errors.ts'
import { type Random, systemRandom } from '../transport/random.ts'
import { systemNetwork } from '../transport/system-network.ts'
import { securedNetwork } from './dtls.ts'
import type { ServerSecurity } from './security.ts'
import { ServedFiles } from './served-files.ts'

export interface FileServerOptions {
  /** The folder whose files are served. Default: the current one. */
  readonly folder?: string
  /** Address to listen on. Default `0.0.0.0`. */
  readonly host?: string
  /** Default 5683, with `security` 5684; 0 takes any free one. */
  readonly port?: number
  /** Default: none, `coap://`. */
  readonly security?: ServerSecurity
  readonly network?: Network
  readonly clock?: Clock
  readonly random?: Random
}

/** What a {@link FileServer} tells; called synchronously. */
export interface FileServerListener {
  received?(packet: Packet, client: Address): void
  sent?(packet: Packet, client: Address): void
  progress?(progress: FileProgress): void
  /** A handshake has failed, or a file could not be read; others go on. */
  failed?(error: unknown): void
}

/** A part of a file is on its way to a client. */
export interface FileProgress {
  readonly client: Address
  /** As in the URI. */
  readonly path: string
  /** Up to the end of this part. */
  readonly sentBytes: number
  readonly totalBytes: number
}

const plainPort = 5683
const securePort = 5684

/** Requests that are answered at once; more are not heard, and sent again by whoever made them. */
const maximumOpen = 256

const wholeFile: Block = { number: 0, more: false, bytes: largestBlockBytes }

/**
 * Serves the files of one folder over CoAP: GET of their names, in blocks as they are asked for (RFC 7959 §2.4), which
 * carry an ETag so that those of different contents are told from each other. Each block is read when it is asked for, and
 * nothing is kept of those who ask.
 */
export class FileServer {
  readonly #files: ServedFiles
  readonly #listener: FileServerListener
  #socket: Listener | undefined
  #open = 0
  #messageId: number

  private constructor(files: ServedFiles, listener: FileServerListener, random: Random) {
    this.#files = files
    this.#listener = listener
    this.#messageId = random.uint32() & 0xffff
  }

  /**
   * Rejects with TransportError ADDRESS_IN_USE, NETWORK_UNREACHABLE or INVALID_SECURITY, and with the error of the operating
   * system, or RangeError, when there is no such folder.
   */
  static async listen(options: FileServerOptions = {}, listener: FileServerListener = {}): Promise<FileServer> {
    const { folder = '.', host = '0.0.0.0', security, network = systemNetwork } = options
    const { clock = systemClock, random = systemRandom } = options
    const { port = security === undefined ? plainPort : securePort } = options
    const server = new FileServer(await ServedFiles.open(folder), listener, random)
    const onFailure = (error: TransportError) => {
      listener.failed?.(error)
      security?.onFailure?.(error)
    }
    const secured =
      security === undefined ? network : securedNetwork(network, { ...security, onFailure }, clock, random)
    server.#socket = await secured.listen({ host, port }, connection => server.#accept(connection))
    return server
  }

  /** Absolute. */
  get folder(): string {
    return this.#files.folder
  }

  /** Undefined when it is closed. */
  get local(): Address | undefined {
    return this.#socket?.local
  }

  /** Idempotent. */
  async close(): Promise<void> {
    const socket = this.#socket
    this.#socket = undefined
    await socket?.close()
  }

  #accept(connection: Connection): void {
    let open = 0
    connection.receive({
      datagram: bytes => {
        open++
        void this.#receive(connection, bytes).finally(() => {
          // Whoever asks again is met again.
          if (--open === 0) connection.close()
        })
      },
      failed: () => undefined,
    })
  }

  async #receive(connection: Connection, bytes: Buffer): Promise<void> {
    const packet = readPacket(bytes)
    if (packet === undefined || this.#open >= maximumOpen) return
    this.#open++
    try {
      const response = await this.#respond(connection, packet)
      if (response === undefined || this.#socket === undefined) return
      connection.send(encodeDatagram(response))
      this.#listener.sent?.(response, connection.remote)
    } finally {
      this.#open--
    }
  }

  async #respond(connection: Connection, packet: Packet): Promise<Packet | undefined> {
    const { type, code, messageId, token } = packet
    const isConfirmable = type === MessageType.confirmable
    if (!isConfirmable && type !== MessageType.nonConfirmable) return undefined
    this.#listener.received?.(packet, connection.remote)
    // RFC 7252 §4.3, §4.2: a Ping, and what is no request.
    if (!isRequest(code)) return isConfirmable ? resetOf(messageId) : undefined
    const response = await this.#answer(connection.remote, packet)
    if (isConfirmable) return { ...response, type: MessageType.acknowledgement, messageId, token }
    this.#messageId = (this.#messageId + 1) & 0xffff
    return { ...response, type: MessageType.nonConfirmable, messageId: this.#messageId, token }
  }

  async #answer(client: Address, request: Packet): Promise<Answer> {
    const critical = unprocessableOption(request)
    if (critical !== undefined) return refusal(Code.badOption, `option ${critical} cannot be processed`)
    if (request.code !== Code.get) return refusal(Code.methodNotAllowed, 'files are only read')
    const asked = findBlock(request, OptionNumber.block2)
    if (asked === 'invalid') return refusal(Code.badRequest, 'a block option of reserved size')
    try {
      return await this.#part(client, request, asked)
    } catch (error) {
      this.#listener.failed?.(error)
      return refusal(Code.internalServerError, 'the file cannot be read')
    }
  }

  async #part(client: Address, request: Packet, asked: Block | undefined): Promise<Answer> {
    const segments = findStrings(request, OptionNumber.uriPath)
    const { number, bytes } = asked ?? wholeFile
    const offset = offsetOf({ number, more: false, bytes })
    const part = await this.#files.read(segments, offset, bytes)
    if (part === 'outside') return refusal(Code.forbidden, 'outside of the folder')
    if (part === 'missing') return refusal(Code.notFound, 'no such file')
    const { totalBytes, checksum } = part
    const accept = findUint(request, OptionNumber.accept)
    if (accept !== undefined && accept !== ContentFormat.opaque)
      return refusal(Code.notAcceptable, 'files are octet streams')
    if (totalBytes > largestBody(bytes)) return refusal(Code.badRequest, `too large for blocks of ${bytes} bytes`)
    if (number > 0 && offset >= totalBytes) return refusal(Code.badRequest, 'a block beyond the end')
    const sentBytes = offset + part.bytes.length
    const more = sentBytes < totalBytes
    const options: CoapOption[] = [
      { number: OptionNumber.eTag, value: tagOf(checksum) },
      uintOption(OptionNumber.contentFormat, ContentFormat.opaque),
    ]
    if (asked !== undefined || more) options.push(blockOption(OptionNumber.block2, { number, more, bytes }))
    // RFC 7959 §4: also with a later block, for whoever asks.
    if (number === 0 || findOption(request, OptionNumber.size2) !== undefined)
      options.push(uintOption(OptionNumber.size2, totalBytes))
    this.#listener.progress?.({ client, path: `/${segments.join('/')}`, sentBytes, totalBytes })
    return { code: Code.content, options, payload: part.bytes }
  }
}

type Answer = Pick<Packet, 'code' | 'options' | 'payload'>

function refusal(code: number, text: string): Answer {
  return { code, options: [], payload: Buffer.from(text) }
}

/** Of four bytes, whatever the number. */
function tagOf(checksum: number): Buffer {
  const value = Buffer.alloc(4)
  value.writeUInt32BE(checksum)
  return value
}

function resetOf(messageId: number): Packet {
  const { reset } = MessageType
  return { type: reset, code: Code.empty, messageId, token: noPayload, options: [], payload: noPayload }
}

/** Undefined for what is none. */
function readPacket(bytes: Buffer): Packet | undefined {
  try {
    return decodeDatagram(bytes)
  } catch (error) {
    if (!(error instanceof MessageFormatError)) throw error
    return undefined
  }
}
