import { expect, onTestFinished } from 'vitest'
import { type DownloadBegin, type DownloadProgress, type DownloadToOptions, downloadTo } from '../../client/download.ts'
import { securedNetwork } from '../../server/dtls.ts'
import { CoapEndpoint } from '../../transport/coap/endpoint.ts'
import { type CoapMessage, type CoapOption, Code, noPayload } from '../../transport/coap/message.ts'
import { OptionNumber } from '../../transport/coap/options.ts'
import type { PeerRequest } from '../../transport/coap/peer.ts'
import { CoapStreamEndpoint } from '../../transport/coap/stream-endpoint.ts'
import type { Connection, Network } from '../../transport/connection.ts'
import type { NetworkConditions } from '../../transport/memory.ts'
import { patternBytes } from './coap-site.ts'
import { credentials, identity, key } from './secure-site.ts'
import { simulatedWorld } from './simulated-world.ts'

export const host = '10.0.0.2'

/** Over streams, too, a file takes several messages. */
const coap = { maximumMessageBytes: 2_500 }

export interface DownloadSiteOptions {
  readonly seed?: number
  readonly conditions?: Partial<NetworkConditions>
}

/** A server with one file, over UDP, DTLS and TCP, on a network in memory under simulated time. */
export async function downloadSite(options: DownloadSiteOptions = {}) {
  const { clock, random, network } = simulatedWorld(options)
  const file = { body: patternBytes(5_000), tag: Buffer.from('v1') }
  /** Of each request that reached the handler. */
  const asked: CoapMessage[] = []
  /** Before each answer; may change the file, or answer itself. */
  const script: { before: (request: PeerRequest) => CoapMessage | undefined } = { before: () => undefined }
  const handler = (request: PeerRequest): CoapMessage => {
    asked.push(request.message)
    const own = script.before(request)
    if (own !== undefined) return own
    const tag: CoapOption = { number: OptionNumber.eTag, value: file.tag }
    return { code: Code.content, options: [tag], payload: file.body }
  }
  const common = { clock, random, handler }
  const udp = await CoapEndpoint.listen({ ...common, network, local: { host, port: 5683 } })
  const secured = securedNetwork(network, { psk: { [identity]: key } }, clock, random)
  const dtls = await CoapEndpoint.listen({ ...common, network: secured, local: { host, port: 5684 } })
  const tcp = await CoapStreamEndpoint.listen({ ...common, network: network.streams, local: { host, port: 5683 } })
  const open = new Set<Connection>()
  let connections = 0
  const watched: Network = {
    async connect(remote, connectOptions) {
      const connection = await network.connect(remote, connectOptions)
      connections++
      open.add(connection)
      const close = connection.close.bind(connection)
      connection.close = () => {
        open.delete(connection)
        close()
      }
      return connection
    },
    listen: (...args) => network.listen(...args),
    streams: network.streams,
  }
  onTestFinished(async () => {
    await udp.close()
    await dtls.close()
    await tcp.close()
    network.clear()
    expect(open.size).toBe(0)
    expect(clock.pendingTimers).toBe(0)
  })
  return {
    clock,
    random,
    network,
    file,
    asked,
    script,
    /** The settings of every download. */
    settings: { clock, random, network: watched, security: credentials, coap },
    get connections() {
      return connections
    },
    /** Downloads to where it can be looked at; what starts over is forgotten. */
    fetch: (uri: string, more: DownloadToOptions = {}, onPart: (progress: DownloadProgress) => void = () => {}) => {
      const begins: DownloadBegin[] = []
      const progress: DownloadProgress[] = []
      let parts: Uint8Array[] = []
      const done = downloadTo(uri, bytes => void parts.push(bytes), {
        clock,
        random,
        network: watched,
        security: credentials,
        coap,
        onProgress: step => {
          progress.push(step)
          onPart(step)
        },
        onBegin: begin => {
          begins.push(begin)
          if (begin.fromBytes === 0) parts = []
        },
        ...more,
      })
      done.catch(() => undefined)
      return {
        done,
        begins,
        progress,
        get bytes() {
          return Buffer.concat(parts)
        },
      }
    },
  }
}

/** What a promise rejects with. */
export async function failureOf(
  promise: Promise<unknown>,
): Promise<{ readonly code?: string; readonly message: string }> {
  return promise.then(
    () => expect.fail('it did not fail'),
    (error: Error) => error,
  )
}

export const answer = (code: number): CoapMessage => ({ code, options: [], payload: noPayload })
