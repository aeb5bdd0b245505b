import type { BootstrapOperation } from '../../objects/operations/operation.ts'
import { parsePath } from '../../objects/path.ts'
import type { Clock } from '../../transport/clock.ts'
import { CoapStream } from '../../transport/coap/coap-stream.ts'
import { CoapEndpoint } from '../../transport/coap/endpoint.ts'
import { type CoapMessage, Code, noPayload } from '../../transport/coap/message.ts'
import { findStrings, OptionNumber } from '../../transport/coap/options.ts'
import { defaultParameters } from '../../transport/coap/parameters.ts'
import { CoapPeer, type RequestHandler } from '../../transport/coap/peer.ts'
import { encodeOperation } from '../../transport/lwm2m/downlink.ts'
import type { MemoryNetwork } from '../../transport/memory.ts'
import type { Random } from '../../transport/random.ts'
import { binding, isTcp, serverUri } from './transport.ts'

/** A Bootstrap-Request or Bootstrap-Pack-Request as the server saw it. */
interface BootstrapRequestSeen {
  readonly atMs: number
  readonly code: number
  readonly path: string
  readonly query: readonly string[]
}

export interface ScriptedBootstrapServerOptions {
  readonly clock: Clock
  readonly network: MemoryNetwork
  readonly random: Random
  readonly host?: string
  /** What the server does once it has accepted a request. Default: one server account, then Bootstrap-Finish. */
  readonly session?: readonly BootstrapOperation[]
  /** Answers a request in place of 2.04. */
  readonly answer?: (request: BootstrapRequestSeen) => CoapMessage | undefined
}

/** A Bootstrap-Server that does as it is told. */
export async function scriptedBootstrapServer(options: ScriptedBootstrapServerOptions) {
  const { clock, network, random, host = '10.0.0.9' } = options
  const requests: BootstrapRequestSeen[] = []
  const responses: CoapMessage[] = []
  const script = { session: options.session ?? accountSession(), answer: options.answer, silent: false }

  /** Runs a session, each operation after the response to the one before. */
  const run = async (peer: CoapPeer, session: readonly BootstrapOperation[]) => {
    for (const operation of session) responses.push(await peer.request(encodeOperation(operation)).response)
  }

  const handler: RequestHandler = ({ message, peer }) => {
    if (script.silent) return new Promise(() => undefined)
    const request = {
      atMs: clock.now(),
      code: message.code,
      path: `/${findStrings(message, OptionNumber.uriPath).join('/')}`,
      query: findStrings(message, OptionNumber.uriQuery),
    }
    requests.push(request)
    const answer = script.answer?.(request)
    if (answer !== undefined) return answer
    clock.setTimeout(() => void run(peer, script.session).catch(() => undefined), 10)
    return { code: Code.changed, options: [], payload: noPayload }
  }
  const local = { host, port: 5683 }
  const endpoint = await CoapEndpoint.listen({ network, clock, random, local, handler })
  /** Over TCP. */
  const peers: CoapPeer[] = []
  const listener = await network.streams.listen(local, async stream => {
    // A client may give up first.
    const opened = CoapStream.open(stream, { clock, parameters: defaultParameters })
    const connection = await opened.catch(() => undefined)
    if (connection === undefined) return
    const peer = new CoapPeer(connection, { clock, random, handler, onClosed: error => peer.close(error) })
    peers.push(peer)
  })
  return {
    requests,
    /** The client's answers to the operations, oldest first. */
    responses,
    get responseCodes() {
      return responses.map(({ code }) => code)
    },
    script,
    /** Begins on its own: over TCP with the client that has connected, over UDP where the first connection of one comes from. */
    begin(session: readonly BootstrapOperation[] = script.session): Promise<void> {
      const peer = isTcp ? peers.at(-1) : endpoint.peer({ host: '10.0.0.1', port: 49_152 })
      return peer === undefined ? Promise.reject(new Error('no client has connected')) : run(peer, session)
    },
    async close() {
      for (const peer of peers) peer.close()
      await listener.close()
      await endpoint.close()
    },
  }
}

export type ScriptedBootstrapServer = Awaited<ReturnType<typeof scriptedBootstrapServer>>

export interface AccountValues {
  readonly host?: string
  readonly shortServerId?: number
  /** Instance ids of Security and Server. */
  readonly securityInstanceId?: number
  readonly serverInstanceId?: number
  /** Further resources of the Server instance, by number. */
  readonly server?: Readonly<Record<number, number | boolean | string>>
}

/** Deletes the accounts there are, writes these, and finishes. */
export function accountSession(...accounts: readonly AccountValues[]): BootstrapOperation[] {
  const written = accounts.length === 0 ? [{}] : accounts
  return [
    { kind: 'bootstrapDelete', path: [0] },
    { kind: 'bootstrapDelete', path: [1] },
    ...written.flatMap(writeAccount),
    { kind: 'bootstrapFinish' },
  ]
}

export function writeAccount({
  host = '10.0.0.2',
  shortServerId = 7,
  securityInstanceId = 1,
  serverInstanceId = 0,
  server = {},
}: AccountValues = {}): BootstrapOperation[] {
  return [
    writeInstance(`/0/${securityInstanceId}`, { 0: serverUri(host), 1: false, 2: 3, 10: shortServerId }),
    writeInstance(`/1/${serverInstanceId}`, { 0: shortServerId, 1: 300, 6: false, 7: binding, ...server }),
  ]
}

/** A Bootstrap-Write of an instance, in SenML JSON. */
export function writeInstance(
  path: string,
  values: Readonly<Record<number, number | boolean | string>>,
): BootstrapOperation {
  const records = Object.entries(values).map(([id, value]) => {
    if (typeof value === 'string') return { n: id, vs: value }
    return typeof value === 'boolean' ? { n: id, vb: value } : { n: id, v: value }
  })
  const [first, ...rest] = records
  const payload = Buffer.from(JSON.stringify([{ bn: `${path}/`, ...first }, ...rest]))
  return { kind: 'bootstrapWrite', path: parsePath(path), contentFormat: 110, payload }
}
