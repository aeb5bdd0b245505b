import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../../transport/clock.ts'
import { Code } from '../../../transport/coap/message.ts'
import { CoapPeer } from '../../../transport/coap/peer.ts'
import type { TransportError } from '../../../transport/errors.ts'
import { systemRandom } from '../../../transport/random.ts'
import { get, notFound, request } from '../../helpers/coap-site.ts'
import { PassTable } from '../leshan/pass-table.ts'
import {
  type CoapBackend,
  type CoapCredentials,
  coapClient,
  libcoapDtlsPrograms,
  libcoapInstall,
  startCoapServer,
} from '../libcoap/libcoap.ts'
import { startStore, stateOf } from '../libcoap/store.ts'
import { describePeer } from '../peer-suite.ts'
import { issueParties, knowing, type Parties, type Party, verifying } from './certificates.ts'
import { OurClient, type OurClientOptions, payload, payloadSizes, soon } from './ends.ts'
import { secureNetwork } from './secure-network.ts'
import { DtlsSite } from './site.ts'

const cases = ['GET and PUT of 1 B to 16 kB', 'blocks of 64', 'observe'] as const
const table = new PassTable('libcoap, certificates and raw public keys', cases, ['our client', 'our server'])

/** What each build of libcoap can do. */
const kinds = [
  { backend: 'openssl', kind: 'x509' },
  { backend: 'gnutls', kind: 'x509' },
  { backend: 'gnutls', kind: 'rpk' },
] as const
type Kind = (typeof kinds)[number]['kind']

describePeer('libcoap and certificates', libcoapDtlsPrograms, libcoapInstall, () => {
  const site = new DtlsSite()
  let parties: Parties
  beforeAll(async () => {
    parties = await issueParties()
  })
  afterAll(async () => {
    process.stdout.write(['', table, ''].join('\n'))
    await parties?.remove()
  })

  function credentialsOf(kind: Kind, own: Party): CoapCredentials {
    return kind === 'rpk' ? { kind, own } : { kind, own, root: parties.rootFile }
  }

  async function coapServer(backend: CoapBackend, kind: Kind, own = parties.plainServer): Promise<number> {
    const server = await startCoapServer({ backend, credentials: credentialsOf(kind, own) })
    site.after(() => server.close())
    return server.securePort
  }

  function ourOptions(kind: Kind, own = parties.plainClient): OurClientOptions {
    const trustStore = [parties.root.der]
    const verify = kind === 'rpk' ? knowing(parties.plainServer) : verifying({ purpose: 'server', trustStore })
    return { credentials: own[kind], verify }
  }

  async function ourPeer(port: number, kind: Kind, blockBytes = 1_024): Promise<CoapPeer> {
    const { connection } = await site.ourClient(port, ourOptions(kind))
    const peer = new CoapPeer(connection, {
      clock: systemClock,
      random: systemRandom,
      handler: notFound,
      parameters: { blockBytes },
    })
    site.after(() => peer.close())
    return peer
  }

  async function ourStore(kind: Kind, blockBytes = 1_024) {
    const failures: TransportError[] = []
    const trustStore = [parties.root.der]
    const verify = kind === 'rpk' ? knowing(parties.plainClient) : verifying({ purpose: 'client', trustStore })
    const network = secureNetwork({
      credentials: [parties.plainServer[kind]],
      verify,
      onFailure: error => failures.push(error),
    })
    const store = await startStore({ network, parameters: { blockBytes } })
    site.after(async () => {
      await store.close()
      expect(store.faults).toEqual([])
    })
    return { ...store, failures, uri: `coaps://127.0.0.1:${store.port}` }
  }

  /** A session for each: libcoap mixes up the blocks of a body with those of one before. */
  async function writeAndRead(port: number, kind: Kind, sizes: readonly number[], blockBytes?: number): Promise<void> {
    for (const size of sizes) {
      const peer = await ourPeer(port, kind, blockBytes)
      const { code } = await peer.request(request(Code.put, `of-${size}`, payload(size))).response
      expect(code).toBe(Code.created)
      expect(Buffer.compare((await peer.request(get(`of-${size}`)).response).payload, payload(size))).toBe(0)
    }
  }

  async function writeAndReadBack(
    { uri, store }: Awaited<ReturnType<typeof ourStore>>,
    options: { readonly backend: CoapBackend; readonly credentials: CoapCredentials; readonly blockSize?: number },
    sizes: readonly number[],
  ): Promise<void> {
    for (const size of sizes) {
      const path = `of-${size}`
      const { error } = await coapClient(`${uri}/${path}`, { ...options, method: 'put', payload: payload(size) })
      expect(error).toBe('')
      expect(Buffer.compare(store.get(path) ?? Buffer.alloc(0), payload(size))).toBe(0)
      expect(Buffer.compare((await coapClient(`${uri}/${path}`, options)).payload, payload(size))).toBe(0)
    }
  }

  describe.each(kinds)('of $backend, $kind', ({ backend, kind }) => {
    const row = `${backend}, ${kind}`

    table.test(row, 'our client', 'GET and PUT of 1 B to 16 kB', '✓', async () => {
      const port = await coapServer(backend, kind)
      await writeAndRead(port, kind, payloadSizes)
      const peer = await ourPeer(port, kind)
      expect((await peer.request(get('missing')).response).code).toBe(Code.notFound)
      await peer.ping()
    })

    table.test(row, 'our client', 'blocks of 64', '✓', async () => {
      await writeAndRead(await coapServer(backend, kind), kind, [64, 4_096, 16_384], 64)
    })

    table.test(row, 'our client', 'observe', '✓', async () => {
      const peer = await ourPeer(await coapServer(backend, kind), kind)
      const states: string[] = []
      const observation = peer.observe(get('time'), {
        notification: ({ payload: bytes }) => states.push(Buffer.from(bytes).toString()),
        ended: () => {},
      })
      await observation.response
      await vi.waitFor(() => expect(states.length).toBeGreaterThanOrEqual(2), { timeout: 10_000 })
      expect(new Set(states).size).toBe(states.length)
      observation.cancel()
    })

    table.test(row, 'our server', 'GET and PUT of 1 B to 16 kB', '✓', async () => {
      const store = await ourStore(kind)
      const options = { backend, credentials: credentialsOf(kind, parties.plainClient) }
      await writeAndReadBack(store, options, payloadSizes)
      expect((await coapClient(`${store.uri}/missing`, options)).error).toContain('4.04')
    })

    table.test(row, 'our server', 'blocks of 64', '✓', async () => {
      const options = { backend, credentials: credentialsOf(kind, parties.plainClient) }
      await writeAndReadBack(await ourStore(kind, 64), options, [64, 4_096])
      await writeAndReadBack(await ourStore(kind), { ...options, blockSize: 64 }, [64, 4_096])
    })

    table.test(row, 'our server', 'observe', '✓', async () => {
      const store = await ourStore(kind)
      const credentials = credentialsOf(kind, parties.plainClient)
      const result = coapClient(`${store.uri}/observed`, { backend, credentials, observeSeconds: 2 })
      await vi.waitFor(() => expect(store.observers.size).toBe(1), { timeout: 5_000 })
      for (let change = 1; change <= 2; change++) {
        await wait(300)
        store.change()
      }
      const { payload: bytes } = await result
      const states = Buffer.concat([0, 1, 2].map(stateOf))
      // The answer to the cancellation brings the state once more.
      expect(Buffer.compare(bytes.subarray(0, states.length), states)).toBe(0)
    })

    it('our client is shown what a stranger has', async () => {
      const port = await coapServer(backend, kind, parties.strangeServer)
      await expect(OurClient.connect(port, { ...ourOptions(kind), ...soon })).rejects.toMatchObject({
        code: 'HANDSHAKE',
        alertCode: kind === 'rpk' ? 46 : 48,
      })
    })

    it('the client shows what a stranger has', async () => {
      const { uri, failures } = await ourStore(kind)
      const credentials = credentialsOf(kind, parties.strangeClient)
      const { payload: bytes } = await coapClient(`${uri}/hello`, { backend, credentials, waitSeconds: 1 })
      expect(bytes).toHaveLength(0)
      expect(failures[0]).toMatchObject({ code: 'HANDSHAKE', alertCode: kind === 'rpk' ? 46 : 48 })
    })
  })
})
