import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { testObject } from '../../../objects/index.ts'
import { Lwm2mServer } from '../../../server/index.ts'
import { payload, payloadSizes } from '../dtls/ends.ts'
import { handshakesOf, namesOf } from '../dtls/wire.ts'
import { describePeer } from '../peer-suite.ts'
import { type Loss, Relay } from '../relay.ts'
import { freshPsk } from './dtls-site.ts'
import { leshanInstall, leshanPrograms } from './leshan.ts'
import { type LeshanClient, leshanBytesPath, leshanValuePath, startLeshanClient } from './leshan-client.ts'
import { PassTable } from './pass-table.ts'

const cases = [
  'payloads of 1 B to 16 kB',
  'another address in mid-observation',
  'full handshake in mid-observation',
  'abbreviated handshake in mid-observation',
] as const
const table = new PassTable('Leshan client over DTLS 1.2', cases, ['our server'])

describePeer('A client of Leshan 2.0.0-M18 over DTLS', leshanPrograms, leshanInstall, () => {
  afterAll(() => {
    process.stdout.write(['', table, ''].join('\n'))
  })

  describe.each([
    { clientBytes: 6, serverBytes: 8 },
    { clientBytes: 0, serverBytes: 1 },
    { clientBytes: 6, serverBytes: undefined },
  ])('Connection IDs of $clientBytes bytes, of ours with $serverBytes', ({ clientBytes, serverBytes }) => {
    const ours = serverBytes === undefined ? 'none' : `${serverBytes} bytes`
    const row = `Connection IDs: its own ${clientBytes} bytes, ours ${ours}`
    const { identity, key } = freshPsk()
    const endpoint = identity
    let server: Lwm2mServer
    let relay: Relay
    let client: LeshanClient
    let isLost: Loss = () => false

    beforeAll(async () => {
      server = await Lwm2mServer.listen({
        host: '127.0.0.1',
        port: 0,
        objects: [testObject],
        security: {
          psk: { [identity]: key },
          parameters: { initialTimeoutMs: 200 },
          ...(serverBytes !== undefined && { connectionIdLength: serverBytes }),
        },
      })
      relay = await Relay.start(`coaps://127.0.0.1:${server.local.port}`, (...datagram) => isLost(...datagram))
      const psk = { identity, key }
      client = await startLeshanClient({ endpoint, serverUri: relay.uri, psk, connectionIdLength: clientBytes })
      await client.register()
    })
    afterAll(async () => {
      await client?.close()
      relay?.close()
      await server?.close()
    })

    async function valueAt(path: string): Promise<unknown> {
      return (await server.read(endpoint, path)).values[0]?.value
    }

    /** Observes the number while something happens, and sees that it changes afterwards. */
    async function inMidObservation(event: () => Promise<void>): Promise<void> {
      const seen: unknown[] = []
      const observation = server.observe(endpoint, leshanValuePath).subscribe(({ values }) => {
        seen.push(values[0]?.value)
      })
      try {
        await vi.waitFor(() => expect(seen).toHaveLength(1), 5_000)
        const next = Number(seen[0]) + 1
        await event()
        await client.setValue(next)
        // After a handshake our server observes anew, which brings the former number once more.
        await vi.waitFor(() => expect(seen.at(-1)).toBe(next), 5_000)
        expect(await valueAt(leshanValuePath)).toBe(next)
      } finally {
        observation.unsubscribe()
      }
    }

    table.test(row, 'our server', 'payloads of 1 B to 16 kB', '✓', async () => {
      expect(server.registrations.get(endpoint)?.identity).toBe(identity)
      for (const size of payloadSizes) {
        await server.write(endpoint, leshanBytesPath, payload(size))
        expect(Buffer.compare((await valueAt(leshanBytesPath)) as Uint8Array, payload(size))).toBe(0)
      }
      expect(handshakesOf(relay.datagrams)).toEqual(['full'])
      const names = namesOf(relay.datagrams)
      expect(names.includes('server: cid')).toBe(clientBytes > 0 && serverBytes !== undefined)
      expect(names.includes('client: cid')).toBe(serverBytes !== undefined)
    })

    if (serverBytes !== undefined) {
      table.test(row, 'our server', 'another address in mid-observation', '✓', async () => {
        const before = relay.datagrams.length
        await inMidObservation(() => relay.move())
        expect(handshakesOf(relay.datagrams.slice(before))).toEqual([])
      })
    } else {
      table.mark(row, 'our server', 'another address in mid-observation', '–')
    }

    for (const how of ['full', 'abbreviated'] as const) {
      table.test(row, 'our server', `${how} handshake in mid-observation`, '✓', async () => {
        const before = relay.datagrams.length
        await inMidObservation(async () => {
          await client.reconnect(how === 'full' ? 'full' : 'resume')
          await client.update()
        })
        expect(handshakesOf(relay.datagrams.slice(before))).toEqual([how])
        expect(server.registrations.get(endpoint)?.identity).toBe(identity)
      })
    }

    // With Connection IDs nobody sees where the handshake ends.
    if (serverBytes !== undefined) return
    it('each datagram of a handshake lost once', async () => {
      let start = 0
      const handshake = async () => {
        // Nothing is under way any more when this is answered.
        await valueAt(leshanValuePath)
        start = relay.datagrams.length
        await client.reconnect('full')
        await client.update()
        return relay.datagrams.slice(start)
      }
      const count = (await handshake()).findIndex(datagram => namesOf([datagram])[0]?.endsWith(': data'))
      expect(count).toBeGreaterThan(4)
      for (let lost = 0; lost < count; lost++) {
        isLost = (_, index) => index === start + lost
        expect(handshakesOf(await handshake())).toEqual(['full'])
      }
      isLost = () => false
    })
  })
})
