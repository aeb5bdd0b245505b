import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../../transport/clock.ts'
import { CoapStream } from '../../../transport/coap/coap-stream.ts'
import { Code } from '../../../transport/coap/message.ts'
import { type CoapParameters, defaultParameters } from '../../../transport/coap/parameters.ts'
import { CoapPeer } from '../../../transport/coap/peer.ts'
import { psk as pskCredentials } from '../../../transport/dtls/credentials.ts'
import type { TransportError } from '../../../transport/errors.ts'
import { systemRandom } from '../../../transport/random.ts'
import type { StreamConnectOptions } from '../../../transport/stream.ts'
import { tcpNetwork } from '../../../transport/tcp.ts'
import type { TlsServerOptions } from '../../../transport/tls-options.ts'
import { get, notFound, patternBytes, request } from '../../helpers/coap-site.ts'
import { issueParties, type Parties, type Party, verifying } from '../dtls/certificates.ts'
import { psk, wrongKey } from '../dtls/psk.ts'
import { DtlsSite } from '../dtls/site.ts'
import { PassTable } from '../leshan/pass-table.ts'
import { describePeer } from '../peer-suite.ts'
import {
  type CoapBackend,
  type CoapCredentials,
  type CoapServerOptions,
  coapClient,
  libcoapDtlsPrograms,
  libcoapInstall,
  libcoapPrograms,
  startCoapServer,
} from './libcoap.ts'
import { startStore, stateOf } from './store.ts'

/** By which of its builds, and by what both prove who they are. */
interface Way {
  readonly name: string
  readonly backend: CoapBackend
  readonly proof?: 'psk' | 'x509'
  /** Of the messages that our end accepts: a megabyte in blocks of 1,024, in some of BERT, whole. */
  readonly messageBytes: readonly number[]
  readonly passed: '✓' | '◐'
}

const secureWays = (['openssl', 'gnutls'] as const).flatMap(backend =>
  (['psk', 'x509'] as const).map((proof): Way => {
    const name = `coaps+tcp, ${backend}, ${proof}`
    // With GnuTLS libcoap 4.3.1 hangs, even with itself, when it sends more than a TLS record holds.
    const limit = backend === 'gnutls' ? { messageBytes: [16_384], passed: '◐' as const } : undefined
    return { name, backend, proof, messageBytes: [65_536, 2_000_000], passed: '✓', ...limit }
  }),
)
const ways: readonly Way[] = [
  { name: 'coap+tcp', backend: 'notls', messageBytes: [1_152, 65_536, 2_000_000], passed: '✓' },
  ...secureWays,
]

const cases = ['GET, an error, a separate response', 'PUT and GET of 1 MB', 'FETCH', 'observe, cancel, Ping'] as const
const table = new PassTable('libcoap over TCP and TLS', cases, ['our client', 'our server'])

const megabyte = patternBytes(1_000_000, 3)
/** In one message, or in several. */
const body = patternBytes(100_000, 4)

describePeer('libcoap over TCP and TLS', [...libcoapPrograms, ...libcoapDtlsPrograms], libcoapInstall, () => {
  const site = new DtlsSite()
  let parties: Parties
  beforeAll(async () => {
    parties = await issueParties()
  })
  afterAll(async () => {
    process.stdout.write(['', table, ''].join('\n'))
    await parties?.remove()
  })

  /** What libcoap has of its own. */
  function itsProof(
    { proof }: Way,
    own: Party,
  ): { readonly credentials?: CoapCredentials } & Partial<{ psk: typeof psk }> {
    if (proof === 'psk') return { psk }
    return proof === 'x509' ? { credentials: { kind: 'x509', own, root: parties.rootFile } } : {}
  }

  function clientTls({ proof }: Way): Pick<StreamConnectOptions, 'tls'> {
    if (proof === 'psk') return { tls: { credentials: pskCredentials(psk.identity, psk.key) } }
    if (proof === undefined) return {}
    const verify = verifying({ purpose: 'server', trustStore: [parties.root.der], hosts: ['127.0.0.1'] })
    return { tls: { credentials: parties.plainClient.x509, verify } }
  }

  function serverTls({ proof }: Way, options: Partial<TlsServerOptions> = {}): { readonly tls?: TlsServerOptions } {
    if (proof === 'psk') {
      return { tls: { psk: identity => (identity.toString() === psk.identity ? psk.key : undefined), ...options } }
    }
    if (proof === undefined) return {}
    const verify = verifying({ purpose: 'client', trustStore: [parties.root.der] })
    return { tls: { credentials: [parties.plainServer.x509], verify, ...options } }
  }

  async function coapServer(
    way: Way,
    options: CoapServerOptions = itsProof(way, parties.plainServer),
  ): Promise<number> {
    const server = await startCoapServer({ backend: way.backend, ...options })
    site.after(() => server.close())
    return way.proof === undefined ? server.port : server.securePort
  }

  async function ourPeer(way: Way, port: number, given: Partial<CoapParameters> = {}): Promise<CoapPeer> {
    const parameters = { ...defaultParameters, ...given }
    const stream = await tcpNetwork.connect({ host: '127.0.0.1', port }, clientTls(way))
    const connection = await CoapStream.open(stream, { clock: systemClock, parameters })
    const peer = new CoapPeer(connection, { clock: systemClock, random: systemRandom, handler: notFound, parameters })
    site.after(() => peer.close())
    return peer
  }

  async function ourStore(way: Way, parameters: Partial<CoapParameters> = {}) {
    const store = await startStore({ streams: serverTls(way), parameters })
    site.after(async () => {
      await store.close()
      expect(store.faults).toEqual([])
    })
    return store
  }

  describe.each(ways)('$name, our client', way => {
    table.test(way.name, 'our client', 'GET, an error, a separate response', '✓', async () => {
      const peer = await ourPeer(way, await coapServer(way))
      const index = await peer.request(get('')).response
      expect(index.code).toBe(Code.content)
      expect(Buffer.from(index.payload).toString()).toContain('This is a test server made with libcoap')
      expect((await peer.request(get('missing')).response).code).toBe(Code.notFound)
      const { options, ...async } = get('async')
      const query = { number: 15, value: Buffer.from('1') }
      const { payload } = await peer.request({ ...async, options: [...options, query] }).response
      expect(Buffer.from(payload).toString()).toBe('done')
    })

    table.test(way.name, 'our client', 'PUT and GET of 1 MB', way.passed, async () => {
      const port = await coapServer(way)
      // It accepts 8 MB at once; how it cuts what it sends is up to us.
      for (const maximumMessageBytes of way.messageBytes) {
        const peer = await ourPeer(way, port, { maximumMessageBytes })
        const { code } = await peer.request(request(Code.put, 'written', megabyte)).response
        expect([Code.created, Code.changed]).toContain(code)
        expect(Buffer.compare((await peer.request(get('written')).response).payload, megabyte)).toBe(0)
      }
    })

    table.test(way.name, 'our client', 'FETCH', '◐', async () => {
      const peer = await ourPeer(way, await coapServer(way))
      // It has no resource that takes it.
      const { code } = await peer.request(request(Code.fetch, 'example_data', body)).response
      expect(code).toBe(Code.methodNotAllowed)
    })

    table.test(way.name, 'our client', 'observe, cancel, Ping', '✓', async () => {
      const peer = await ourPeer(way, await coapServer(way))
      const states: string[] = []
      const ended: unknown[] = []
      const write = (state: string) => peer.request(request(Code.put, 'example_data', Buffer.from(state))).response
      await write('1')
      const observation = peer.observe(get('example_data'), {
        notification: ({ payload }) => states.push(Buffer.from(payload).toString()),
        ended: reason => ended.push(reason),
      })
      const first = await observation.response
      expect(Buffer.from(first.payload).toString()).toBe('1')
      for (const state of ['2', '3', '4']) {
        await write(state)
        await vi.waitFor(() => expect(states.at(-1)).toBe(state), { interval: 10 })
      }
      observation.cancel()
      await write('5')
      await wait(200)
      expect(states).toEqual(['2', '3', '4'])
      expect(ended).toEqual([])
      expect(peer.busy).toBe(false)
      // libcoap 4.3.1 answers without the token of the Ping (RFC 8323 §5.4).
      await peer.ping()
    })
  })

  describe.each(ways)('$name, our server', way => {
    const { backend } = way
    const options = () => ({ backend, ...itsProof(way, parties.plainClient) })

    table.test(way.name, 'our server', 'GET, an error, a separate response', '✓', async () => {
      const { uri } = await ourStore(way)
      expect((await coapClient(`${uri}/hello`, options())).payload.toString()).toBe('hello, libcoap')
      expect((await coapClient(`${uri}/missing`, options())).error).toContain('4.04')
      expect((await coapClient(`${uri}/slow`, options())).payload.toString()).toBe('late')
    })

    table.test(way.name, 'our server', 'PUT and GET of 1 MB', way.passed, async () => {
      for (const maximumMessageBytes of way.messageBytes) {
        const { uri, store } = await ourStore(way, { maximumMessageBytes })
        const { error, trace } = await coapClient(`${uri}/big`, { ...options(), method: 'put', payload: megabyte })
        expect(error).toBe('')
        const isSomewhere = (text: string) => trace.some(line => line.includes(text))
        expect(isSomewhere('Block1:')).toBe(maximumMessageBytes < megabyte.length)
        expect(isSomewhere('/BERT')).toBe(maximumMessageBytes > 1_152 && maximumMessageBytes < megabyte.length)
        expect(Buffer.compare(store.get('big') ?? Buffer.alloc(0), megabyte)).toBe(0)
        expect(Buffer.compare((await coapClient(`${uri}/big`, options())).payload, megabyte)).toBe(0)
      }
    })

    table.test(way.name, 'our server', 'FETCH', '✓', async () => {
      const maximumMessageBytes = Math.max(...way.messageBytes)
      const { uri } = await ourStore(way, { maximumMessageBytes })
      const { payload } = await coapClient(`${uri}/mirror`, { ...options(), method: 'fetch', payload: body })
      expect(Buffer.compare(payload, Buffer.from(body).reverse())).toBe(0)
    })

    table.test(way.name, 'our server', 'observe, cancel, Ping', '✓', async () => {
      const store = await ourStore(way)
      const times = { observeSeconds: 2, keepAliveSeconds: 1 }
      const result = coapClient(`${store.uri}/observed`, { ...options(), ...times })
      await vi.waitFor(() => expect(store.observers.size).toBe(1), { timeout: 5_000 })
      // Every other one is confirmed by a Ping, without which the next would not come.
      for (let change = 1; change <= 4; change++) {
        await wait(100)
        store.change()
      }
      const { payload, trace } = await result
      expect(
        Buffer.compare(payload.subarray(0, 5 * stateOf(0).length), Buffer.concat([0, 1, 2, 3, 4].map(stateOf))),
      ).toBe(0)
      await vi.waitFor(() => expect(store.observers.size).toBe(0))
      // Of both ends the Ping of libcoap alone has no token, and the Pong of ours no Custody option.
      const ping = trace.findIndex(line => line.includes('c:Ping') && line.includes('{}'))
      expect(ping).toBeGreaterThan(0)
      expect(trace.slice(ping).some(line => line.includes('c:Pong') && line.includes('{} [ ]'))).toBe(true)
    })
  })

  const wayOf = (backend: CoapBackend, proof: Way['proof']) =>
    secureWays.find(way => way.backend === backend && way.proof === proof) as Way

  describe.each(['openssl', 'gnutls'] as const)('what comes to nothing, %s', backend => {
    it('another key', async () => {
      const way = wayOf(backend, 'psk')
      const port = await coapServer(way, { psk: wrongKey })
      await expect(ourPeer(way, port)).rejects.toMatchObject({ code: 'HANDSHAKE' })
      const failures: TransportError[] = []
      const { uri } = await startStrict(way, failures)
      const { payload } = await coapClient(`${uri}/hello`, { backend, psk: wrongKey, waitSeconds: 1 })
      expect(payload).toHaveLength(0)
      expect(failures[0]).toMatchObject({ code: 'HANDSHAKE' })
    })

    it('the certificate of a stranger', async () => {
      const way = wayOf(backend, 'x509')
      const port = await coapServer(way, itsProof(way, parties.strangeServer))
      await expect(ourPeer(way, port)).rejects.toMatchObject({ code: 'HANDSHAKE', alertCode: 48 })
      const failures: TransportError[] = []
      const { uri } = await startStrict(way, failures)
      const stranger = itsProof(way, parties.strangeClient)
      const { payload } = await coapClient(`${uri}/hello`, { backend, ...stranger, waitSeconds: 1 })
      expect(payload).toHaveLength(0)
      expect(failures[0]).toMatchObject({ code: 'HANDSHAKE', alertCode: 48 })
    })
  })

  /** A store of ours that says why a handshake failed. */
  async function startStrict(way: Way, failures: TransportError[]) {
    const store = await startStore({ streams: serverTls(way, { onFailure: error => failures.push(error) }) })
    site.after(() => store.close())
    return store
  }
})
