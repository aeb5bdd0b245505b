import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, describe, expect, vi } from 'vitest'
import { systemClock } from '../../../transport/clock.ts'
import { Code } from '../../../transport/coap/message.ts'
import { CoapPeer } from '../../../transport/coap/peer.ts'
import { systemRandom } from '../../../transport/random.ts'
import { get, notFound, request } from '../../helpers/coap-site.ts'
import { PassTable } from '../leshan/pass-table.ts'
import {
  type CoapBackend,
  type CoapServer,
  coapClient,
  libcoapDtlsPrograms,
  libcoapInstall,
  startCoapServer,
} from '../libcoap/libcoap.ts'
import { startStore, stateOf } from '../libcoap/store.ts'
import { describePeer } from '../peer-suite.ts'
import { type OurClientOptions, payload, payloadSizes } from './ends.ts'
import { psk } from './psk.ts'
import { secureNetwork } from './secure-network.ts'
import { DtlsSite } from './site.ts'
import { handshakesOf } from './wire.ts'

const backends = ['openssl', 'gnutls'] as const
const cases = ['GET and PUT of 1 B to 16 kB', 'blocks of 64', 'observe'] as const
const table = new PassTable('libcoap over DTLS 1.2', cases, ['our client', 'our server'])
const resumption = new PassTable('libcoap, resumption', ['session ID or ticket'], ['our client'])

const network = secureNetwork({ psk: identity => (identity.toString() === psk.identity ? psk.key : undefined) })

describePeer('libcoap over DTLS', libcoapDtlsPrograms, libcoapInstall, () => {
  const site = new DtlsSite()
  afterAll(() => {
    process.stdout.write(['', table, resumption, ''].join('\n'))
  })

  async function coapServer(backend: CoapBackend): Promise<CoapServer> {
    const server = await startCoapServer({ backend, psk })
    site.after(() => server.close())
    return server
  }

  async function ourPeer(port: number, blockBytes = 1_024, options: OurClientOptions = {}) {
    const { connection } = await site.ourClient(port, options)
    const peer = new CoapPeer(connection, {
      clock: systemClock,
      random: systemRandom,
      handler: notFound,
      parameters: { blockBytes },
    })
    site.after(() => peer.close())
    return { peer, connection }
  }

  async function ourStore(blockBytes = 1_024) {
    const store = await startStore({ network, parameters: { blockBytes } })
    site.after(async () => {
      await store.close()
      expect(store.faults).toEqual([])
    })
    return { ...store, uri: `coaps://127.0.0.1:${store.port}` }
  }

  /** A session for each: libcoap mixes up the blocks of a body with those of one before. */
  async function writeAndRead(port: number, sizes: readonly number[], blockBytes?: number): Promise<void> {
    for (const size of sizes) {
      const { peer } = await ourPeer(port, blockBytes)
      const { code } = await peer.request(request(Code.put, `of-${size}`, payload(size))).response
      expect(code).toBe(Code.created)
      expect(Buffer.compare((await peer.request(get(`of-${size}`)).response).payload, payload(size))).toBe(0)
    }
  }

  async function writeAndReadBack(
    backend: CoapBackend,
    { uri, store }: Awaited<ReturnType<typeof ourStore>>,
    sizes: readonly number[],
    blockSize?: number,
  ): Promise<void> {
    const options = { backend, psk, ...(blockSize !== undefined && { blockSize }) }
    for (const size of sizes) {
      const path = `of-${size}`
      const { error } = await coapClient(`${uri}/${path}`, { ...options, method: 'put', payload: payload(size) })
      expect(error).toBe('')
      expect(Buffer.compare(store.get(path) ?? Buffer.alloc(0), payload(size))).toBe(0)
      expect(Buffer.compare((await coapClient(`${uri}/${path}`, options)).payload, payload(size))).toBe(0)
    }
  }

  describe.each(backends)('of %s, our client', backend => {
    table.test(backend, 'our client', 'GET and PUT of 1 B to 16 kB', '✓', async () => {
      const { securePort } = await coapServer(backend)
      await writeAndRead(securePort, payloadSizes)
      const { peer } = await ourPeer(securePort)
      expect((await peer.request(get('missing')).response).code).toBe(Code.notFound)
      await peer.ping()
    })

    table.test(backend, 'our client', 'blocks of 64', '✓', async () => {
      await writeAndRead((await coapServer(backend)).securePort, [64, 4_096, 16_384], 64)
    })

    table.test(backend, 'our client', 'observe', '✓', async () => {
      const { peer } = await ourPeer((await coapServer(backend)).securePort)
      const states: string[] = []
      const observation = peer.observe(get('time'), {
        notification: ({ payload: bytes }) => states.push(Buffer.from(bytes).toString()),
        ended: () => {},
      })
      await observation.response
      await vi.waitFor(() => expect(states.length).toBeGreaterThanOrEqual(2), { timeout: 10_000 })
      expect(new Set(states).size).toBe(states.length)
      observation.cancel()
      const count = states.length
      await wait(1_500)
      expect(states).toHaveLength(count)
    })
  })

  describe.each(backends)('of %s, our server', backend => {
    table.test(backend, 'our server', 'GET and PUT of 1 B to 16 kB', '✓', async () => {
      const store = await ourStore()
      await writeAndReadBack(backend, store, payloadSizes)
      expect((await coapClient(`${store.uri}/missing`, { backend, psk })).error).toContain('4.04')
    })

    table.test(backend, 'our server', 'blocks of 64', '✓', async () => {
      await writeAndReadBack(backend, await ourStore(64), [64, 4_096])
      await writeAndReadBack(backend, await ourStore(), [64, 4_096], 64)
    })

    table.test(backend, 'our server', 'observe', '✓', async () => {
      const store = await ourStore()
      const result = coapClient(`${store.uri}/observed`, { backend, psk, observeSeconds: 2 })
      await vi.waitFor(() => expect(store.observers.size).toBe(1), { timeout: 5_000 })
      for (let change = 1; change <= 2; change++) {
        await wait(300)
        store.change()
      }
      const { payload: bytes } = await result
      const states = Buffer.concat([0, 1, 2].map(stateOf))
      // The answer to the cancellation brings the state once more.
      expect(Buffer.compare(bytes.subarray(0, states.length), states)).toBe(0)
      await vi.waitFor(() => expect(store.observers.size).toBe(0))
    })
  })

  describe('resumption', () => {
    // That of gnutls resumes none.
    resumption.test('openssl', 'our client', 'session ID or ticket', '✓', async () => {
      const server = await coapServer('openssl')
      const relay = await site.relayTo({ port: server.securePort })
      const first = await ourPeer(relay.port)
      const session = first.connection.resumable
      first.peer.close()
      const second = await ourPeer(relay.port, 1_024, { session })
      expect((await second.peer.request(get('time')).response).code).toBe(Code.content)
      expect(second.connection.isResumed).toBe(true)
      expect(handshakesOf(relay.datagrams)).toEqual(['full', 'abbreviated'])
    })
  })
})
