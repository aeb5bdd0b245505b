import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { systemClock } from '../../../transport/clock.ts'
import { Code } from '../../../transport/coap/message.ts'
import { findUint, OptionNumber } from '../../../transport/coap/options.ts'
import { CoapPeer } from '../../../transport/coap/peer.ts'
import { systemRandom } from '../../../transport/random.ts'
import { udpNetwork } from '../../../transport/udp.ts'
import { get, notFound, patternBytes, request } from '../../helpers/coap-site.ts'
import { describePeer } from '../peer-suite.ts'
import { type CoapServer, coapClient, libcoapInstall, libcoapPrograms, startCoapServer } from './libcoap.ts'
import { large as read, startStore, stateOf } from './store.ts'

const clock = systemClock
const random = systemRandom
const written = patternBytes(100_000, 2)

describePeer('libcoap', libcoapPrograms, libcoapInstall, () => {
  for (const [name, parameters, blockSize] of [
    ['blocks of 1,024', {}, undefined],
    ['blocks of 64, as the client asks', {}, 64],
    ['blocks of 64, as the endpoint has it', { blockBytes: 64 }, undefined],
    ['blocks of 1,024 asked, 256 had', { blockBytes: 256 }, 1_024],
  ] as const) {
    describe(`coap-client against our endpoint, ${name}`, () => {
      let endpoint: Awaited<ReturnType<typeof startStore>>
      const options = blockSize === undefined ? {} : { blockSize }
      beforeAll(async () => {
        endpoint = await startStore({ parameters })
      })
      afterAll(async () => {
        expect(endpoint.faults).toEqual([])
        await endpoint.close()
      })

      test('GET of a resource', async () => {
        expect((await coapClient(`${endpoint.uri}/hello`, options)).payload.toString()).toBe('hello, libcoap')
        expect(
          (await coapClient(`${endpoint.uri}/hello`, { ...options, nonConfirmable: true })).payload.toString(),
        ).toBe('hello, libcoap')
      })

      test('an error', async () => {
        expect((await coapClient(`${endpoint.uri}/missing`, options)).error).toContain('4.04')
      })

      test('a separate response', async () => {
        // libcoap 4.3.1 drops a separate response to a request with Block2, from its own server too.
        const { payload, trace } = await coapClient(`${endpoint.uri}/slow`)
        expect(payload.toString()).toBe('late')
        expect(trace.some(line => line.includes('t:ACK c:0.00'))).toBe(true)
      })

      test('a Block2 read of 20 kB', async () => {
        const { payload } = await coapClient(`${endpoint.uri}/large`, options)
        expect(payload.length).toBe(read.length)
        expect(Buffer.compare(payload, read)).toBe(0)
      })

      test('a Block1 write of 100 kB', async () => {
        const { error } = await coapClient(`${endpoint.uri}/written`, { ...options, method: 'put', payload: written })
        expect(error).toBe('')
        expect(Buffer.compare(endpoint.store.get('written') ?? Buffer.alloc(0), written)).toBe(0)
      })

      test('a FETCH of which both bodies take blocks', async () => {
        const { payload } = await coapClient(`${endpoint.uri}/mirror`, { ...options, method: 'fetch', payload: read })
        expect(Buffer.compare(payload, Buffer.from(read).reverse())).toBe(0)
      })

      test('observe: the state, then each change, then the cancellation', async () => {
        const result = coapClient(`${endpoint.uri}/observed`, { ...options, observeSeconds: 2 })
        await vi.waitFor(() => expect(endpoint.observers.size).toBe(1), { timeout: 5_000 })
        for (let change = 1; change <= 3; change++) {
          await new Promise(resolve => clock.setTimeout(() => resolve(undefined), 300))
          endpoint.change()
        }
        const { payload } = await result
        const states = [...payload.toString('latin1').matchAll(/state (\d+)\n/g)].map(([, state]) => Number(state))
        const [first = 0] = states
        // The one that cancels brings the state once more.
        expect(states.slice(0, 4)).toEqual([first, first + 1, first + 2, first + 3])
        expect(
          Buffer.compare(payload.subarray(0, 4 * stateOf(0).length), Buffer.concat(states.slice(0, 4).map(stateOf))),
        ).toBe(0)
        await vi.waitFor(() => expect(endpoint.observers.size).toBe(0))
      })
    })
  }

  for (const [name, parameters, lossPercent] of [
    ['blocks of 1,024', {}, 0],
    ['blocks of 64', { blockBytes: 64 }, 0],
    ['a fifth of its datagrams lost', { blockBytes: 512, ackTimeoutMs: 50, maxRetransmit: 8 }, 20],
  ] as const) {
    describe(`our peer as client of coap-server, ${name}`, () => {
      let server: CoapServer
      let peer: CoapPeer
      beforeAll(async () => {
        server = await startCoapServer({ lossPercent })
        const connection = await udpNetwork.connect({ host: '127.0.0.1', port: server.port })
        peer = new CoapPeer(connection, { clock, random, handler: notFound, parameters })
      })
      afterAll(async () => {
        peer.close()
        await server.close()
      })

      test('GET of a resource, an error, a ping', async () => {
        const index = await peer.request(get('')).response
        expect(index.code).toBe(Code.content)
        expect(Buffer.from(index.payload).toString()).toContain('This is a test server made with libcoap')
        expect((await peer.request(get('missing')).response).code).toBe(Code.notFound)
        await peer.ping()
      })

      test('a separate response', async () => {
        const { options, ...async } = get('async')
        const response = await peer.request({
          ...async,
          options: [...options, { number: 15, value: Buffer.from('1') }],
        }).response
        expect(Buffer.from(response.payload).toString()).toBe('done')
      })

      test('a Block1 write of 100 kB, and a Block2 read of the same', async () => {
        // coap-server recognises no duplicates: where its answer to the last block is lost, the repeated block alone
        // becomes the resource. Then it is written again.
        const attempts = lossPercent === 0 ? 1 : 6
        let payload: Uint8Array = Buffer.alloc(0)
        for (let attempt = 0; attempt < attempts && payload.length !== written.length; attempt++) {
          const { code } = await peer.request(request(Code.put, 'written', written)).response
          expect([Code.created, Code.changed]).toContain(code)
          payload = (await peer.request(get('written')).response).payload
        }
        expect(payload.length).toBe(written.length)
        expect(Buffer.compare(payload, written)).toBe(0)
      })

      test('observe of /time: several states, then forgotten', async () => {
        const states: string[] = []
        const ended: unknown[] = []
        const observation = peer.observe(get('time'), {
          notification: ({ payload }) => states.push(Buffer.from(payload).toString()),
          ended: reason => ended.push(reason),
        })
        const first = await observation.response
        expect(findUint(first, OptionNumber.observe)).toBeDefined()
        await vi.waitFor(() => expect(states.length).toBeGreaterThanOrEqual(3), { timeout: 60_000 })
        expect(new Set(states).size).toBe(states.length)
        observation.cancel()
        const count = states.length
        await new Promise(resolve => clock.setTimeout(() => resolve(undefined), 1_500))
        expect(states).toHaveLength(count)
        expect(ended).toEqual([])
        expect(peer.busy).toBe(false)
        // Where its notifications are lost several times in a row, coap-server waits longer each time.
      }, 90_000)
    })
  }

  test('coap-client loses datagrams of its own: the read is whole all the same', async () => {
    const endpoint = await startStore()
    try {
      const { payload } = await coapClient(`${endpoint.uri}/large`, { lost: '2,5', waitSeconds: 30 })
      expect(Buffer.compare(payload, read)).toBe(0)
    } finally {
      await endpoint.close()
    }
  })
})
