import { systemClock } from '../../../transport/clock.ts'
import { CoapEndpoint } from '../../../transport/coap/endpoint.ts'
import { type CoapMessage, Code } from '../../../transport/coap/message.ts'
import type { ObserveRelation } from '../../../transport/coap/observe-relation.ts'
import { findStrings, findUint, OptionNumber } from '../../../transport/coap/options.ts'
import type { CoapParameters } from '../../../transport/coap/parameters.ts'
import type { CoapPeerOptions, PeerRequest } from '../../../transport/coap/peer.ts'
import { CoapStreamEndpoint } from '../../../transport/coap/stream-endpoint.ts'
import type { Network } from '../../../transport/connection.ts'
import { systemRandom } from '../../../transport/random.ts'
import type { StreamListenOptions } from '../../../transport/stream.ts'
import { tcpNetwork } from '../../../transport/tcp.ts'
import { udpNetwork } from '../../../transport/udp.ts'
import { content, patternBytes } from '../../helpers/coap-site.ts'

/** What is at `/large`. */
export const large = patternBytes(20_000, 1)

/** What `/observed` brings: several blocks at any block size below 1,024. */
export const stateOf = (state: number) => Buffer.concat([Buffer.from(`state ${state}\n`), patternBytes(700, state)])

export interface StoreOptions {
  readonly parameters?: Partial<CoapParameters>
  /** Default: UDP. */
  readonly network?: Network
  /** Over TCP, or TLS, instead. */
  readonly streams?: StreamListenOptions
}

/** An endpoint of ours over a store of bodies by path; `/observed` is observable, `/slow` takes its time. */
export async function startStore({ parameters = {}, network = udpNetwork, streams }: StoreOptions = {}) {
  const store = new Map<string, Uint8Array>([
    ['hello', Buffer.from('hello, libcoap')],
    ['large', large],
  ])
  const observers = new Set<ObserveRelation>()
  let state = 0
  const observed = ({ message, observe }: PeerRequest): CoapMessage => {
    const answer = content(stateOf(state))
    if (findUint(message, OptionNumber.observe) !== 0) {
      for (const relation of observers) relation.end('cancelled')
      return answer
    }
    const relation = observe({ ended: () => observers.delete(relation) })
    observers.add(relation)
    return relation.accept(answer)
  }
  const faults: unknown[] = []
  const local = { host: '127.0.0.1', port: 0 }
  const options: CoapPeerOptions = {
    clock: systemClock,
    random: systemRandom,
    parameters,
    onHandlerError: fault => faults.push(fault),
    handler: asked => {
      const { message } = asked
      const path = findStrings(message, OptionNumber.uriPath).join('/')
      if (path === 'observed') return observed(asked)
      if (path === 'slow') {
        return new Promise(resolve => {
          systemClock.setTimeout(() => resolve(content('late')), 300)
        })
      }
      if (message.code === Code.put) {
        store.set(path, Buffer.from(message.payload))
        return { ...content(''), code: Code.changed }
      }
      if (message.code === Code.fetch) return content(Buffer.from(message.payload).reverse())
      const body = store.get(path)
      return body === undefined ? { ...content('no such path'), code: Code.notFound } : content(body)
    },
  }
  const endpoint =
    streams === undefined
      ? await CoapEndpoint.listen({ ...options, network, local })
      : await CoapStreamEndpoint.listen({ ...options, ...streams, network: tcpNetwork, local })
  const scheme = streams === undefined ? 'coap' : streams.tls === undefined ? 'coap+tcp' : 'coaps+tcp'
  return {
    store,
    observers,
    faults,
    port: endpoint.local.port,
    uri: `${scheme}://127.0.0.1:${endpoint.local.port}`,
    change() {
      state++
      for (const relation of observers) relation.notify(content(stateOf(state)), state % 2 === 0)
    },
    close: () => endpoint.close(),
  }
}
