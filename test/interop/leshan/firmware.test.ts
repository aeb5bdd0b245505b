import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { FileServer } from '../../../server/file-server.ts'
import { seededRandom } from '../../../transport/random.ts'
import { psk as filePsk } from '../dtls/psk.ts'
import { type CoapServer, coapClient, libcoapInstall, startCoapServer } from '../libcoap/libcoap.ts'
import { describePeer } from '../peer-suite.ts'
import { type Loss, Relay } from '../relay.ts'
import { causes, changed, large, resource, small, state } from './firmware-causes.ts'
import { packageName } from './firmware-device.ts'
import { startHttpFile } from './firmware-files.ts'
import { FirmwareFolder, FirmwareSite, type FirmwareTransport } from './firmware-site.ts'
import { type Leshan, leshanInstall, leshanPrograms, startLeshan } from './leshan.ts'

const transports: readonly FirmwareTransport[] = ['UDP', 'DTLS']
const waiting = { timeout: 30_000, interval: 20 }
const programs = [...leshanPrograms, 'coap-client-notls', 'coap-server-openssl']

/** What each test has measured, for people. */
const figures: string[] = []

function tell(transport: string, what: string, figure: string): void {
  figures.push(`  ${transport.padEnd(6)}${what.padEnd(72)}${figure}`)
}

/** Runs it, and tells how fast it was. */
async function timed(bytes: number, run: () => Promise<unknown>): Promise<string> {
  const startMs = performance.now()
  await run()
  const seconds = (performance.now() - startMs) / 1_000
  return `${(bytes / 1e6 / seconds).toFixed(2)} MB/s (${seconds.toFixed(1)} s)`
}

describePeer('Leshan 2.0.0-M18 updates firmware', programs, `${leshanInstall}; ${libcoapInstall}`, () => {
  let leshan: Leshan
  let folder: FirmwareFolder
  let largeFile: string
  let smallFile: string
  let emptyFile: string
  let libcoap: CoapServer

  beforeAll(async () => {
    folder = await FirmwareFolder.make()
    largeFile = await folder.write('large.bin', large)
    smallFile = await folder.write('small.bin', small)
    emptyFile = await folder.write('empty.bin', Buffer.alloc(0))
    libcoap = await startCoapServer({ backend: 'openssl', psk: filePsk })
    const { error } = await coapClient(`${libcoap.uri}/large.bin`, { method: 'put', payload: large, blockSize: 1_024 })
    expect(error).toBe('')
    leshan = await startLeshan({
      settings: {
        maximumBodyBytes: 8_000_000,
        blockBytes: 1_024,
        ackTimeoutMs: 100,
        maxRetransmit: 8,
        timeoutMs: 60_000,
      },
    })
  })
  afterAll(async () => {
    process.stdout.write(['', 'Firmware updates by Leshan', ...figures, '', ''].join('\n'))
    await leshan?.close()
    await libcoap?.close()
    await folder?.remove()
  })

  const create = (transport: FirmwareTransport, isLost?: Loss) => FirmwareSite.create(leshan, folder, transport, isLost)

  /** libcoap's server, of the same security as the way to Leshan. */
  const libcoapUri = (transport: FirmwareTransport) =>
    transport === 'DTLS' ? `coaps://127.0.0.1:${libcoap.securePort}` : libcoap.uri

  async function relayTo(uri: string): Promise<Relay> {
    const relay = await Relay.start(uri)
    onTestFinished(() => relay.close())
    return relay
  }

  async function install(site: FirmwareSite, installed: () => readonly string[], content: Buffer): Promise<void> {
    expect(await site.seen()).toEqual([state.downloaded, 0])
    expect(await site.execute(resource.update)).toBe(changed)
    await vi.waitFor(async () => expect(await site.seen()).toEqual([state.idle, 1]), waiting)
    expect(installed()).toEqual([packageName(content)])
  }

  const isDownloaded = (site: FirmwareSite) => () =>
    vi.waitFor(async () => expect(await site.seen()).toEqual([state.downloaded, 0]), waiting)

  describe.each(transports)('over %s', transport => {
    const coapScheme = transport === 'UDP' ? 'coap' : 'coaps'

    it('push of 5 MB', async () => {
      const { site } = await create(transport)
      const device = await site.device()
      const figure = await timed(large.length, async () => expect(await site.push(largeFile)).toBe(changed))
      await install(site, () => device.installed, large)
      tell(transport, 'push of 5 MB', figure)
    })

    it('pull of 5 MB from libcoap', async () => {
      const { site } = await create(transport)
      const device = await site.device()
      expect(await site.writeUri(`${libcoapUri(transport)}/large.bin`)).toBe(changed)
      const figure = await timed(large.length, isDownloaded(site))
      await install(site, () => device.installed, large)
      tell(transport, `pull of 5 MB from coap-server, ${coapScheme}`, figure)
    })

    it('pull of 5 MB over HTTP', async () => {
      const http = await startHttpFile(large)
      onTestFinished(() => http.close())
      const { site } = await create(transport)
      const device = await site.device()
      expect(await site.writeUri(http.uri)).toBe(changed)
      const figure = await timed(large.length, isDownloaded(site))
      await install(site, () => device.installed, large)
      expect(http.ranges).toEqual(['all'])
      tell(transport, 'pull of 5 MB over HTTP', figure)
    })

    it('killed in the middle of a push: Idle with result 4, and the next push succeeds', async () => {
      const { site } = await create(transport)
      const first = await site.process()
      void site.push(largeFile).catch(() => undefined)
      await first.sees(/progress [2-4]\d{6}/)
      await first.kill()
      const bytes = await site.keptBytes()
      const second = await site.process()
      expect(await site.seen()).toEqual([state.idle, 4])
      const figure = await timed(large.length, async () => expect(await site.push(largeFile)).toBe(changed))
      await install(site, () => installedBy(second.output), large)
      tell(transport, `push killed at ${bytes}, pushed again`, figure)
    })

    it('killed in the middle of a pull over HTTP: it goes on where it was', async () => {
      const http = await startHttpFile(large, { partDelayMs: 10 })
      onTestFinished(() => http.close())
      const { site } = await create(transport)
      const first = await site.process()
      expect(await site.writeUri(http.uri)).toBe(changed)
      await first.sees(/progress [2-4]\d{6}/)
      await first.kill()
      const bytes = await site.keptBytes()
      expect(bytes).toBeLessThan(large.length)
      const second = await site.process()
      await isDownloaded(site)()
      await install(site, () => installedBy(second.output), large)
      // From the last byte that is there, so that there is one to ask for.
      expect(http.ranges).toEqual(['all', `bytes=${bytes - 1}-`])
      tell(
        transport,
        `pull over HTTP killed at ${bytes}`,
        `Range ${http.ranges[1]}, ${http.sentBytes} bytes sent in all`,
      )
    })
  })

  it('push of 200 kB where every tenth datagram is lost', async () => {
    await Promise.all(
      transports.map(async transport => {
        const random = seededRandom(1)
        const { site, relay } = await create(transport, () => random.fraction() < 0.1)
        const device = await site.device()
        const figure = await timed(small.length, async () => expect(await site.push(smallFile)).toBe(changed))
        await install(site, () => device.installed, small)
        expect(relay?.lostCount).toBeGreaterThan(20)
        const lost = `${relay?.lostCount} of ${relay?.datagrams.length} datagrams lost`
        tell(transport, 'push of 200 kB at 10 % loss', `${figure}, ${lost}`)
      }),
    )
  })

  function installedBy(output: string): string[] {
    return [...output.matchAll(/^installed (.*)$/gm)].map(([, name]) => name as string)
  }

  /** Kills the device in the middle of a download through the relay and starts it again. */
  async function pullInTwo(transport: FirmwareTransport, relay: Relay, isSecure = false) {
    const { site } = await create(transport)
    const first = await site.process()
    expect(await site.writeUri(`${relay.uri}/large.bin`)).toBe(changed)
    await first.sees(/progress [2-4]\d{6}/)
    await first.kill()
    const datagrams = relay.datagrams.length
    const bytes = await site.keptBytes()
    expect(bytes).toBeGreaterThan(2_000_000)
    expect(bytes).toBeLessThan(large.length)
    // What has no port to keep comes from another one.
    if (isSecure) await relay.move()
    const second = await site.process()
    await isDownloaded(site)()
    await install(site, () => installedBy(second.output), large)
    const rest = relay.datagrams.slice(datagrams).filter(({ from }) => from === 'server')
    return { bytes, restBytes: rest.reduce((sum, datagram) => sum + datagram.bytes.length, 0) }
  }

  it.each(transports)(
    'registered over %s, killed in the middle of a pull from libcoap: it goes on where it was, from the same port',
    async transport => {
      const relay = await relayTo(libcoapUri('UDP'))
      const { bytes, restBytes } = await pullInTwo(transport, relay)
      expect(relay.clientPorts).toHaveLength(1)
      expect(restBytes).toBeLessThan(1.05 * (large.length - bytes))
      tell(transport, `pull from coap-server, coap, killed at ${bytes}`, `${restBytes} bytes on the wire for the rest`)
    },
  )

  it('killed in the middle of a pull from libcoap over DTLS, which has another ETag for each session: it starts over', async () => {
    const { bytes, restBytes } = await pullInTwo('DTLS', await relayTo(libcoapUri('DTLS')), true)
    expect(restBytes).toBeGreaterThan(large.length)
    tell('DTLS', `pull from coap-server, coaps, killed at ${bytes}`, `started over, ${restBytes} bytes on the wire`)
  })

  it('killed in the middle of a pull from our file server over DTLS: it goes on where it was', async () => {
    const security = { psk: { [filePsk.identity]: filePsk.key } }
    const server = await FileServer.listen({ folder: folder.path, host: '127.0.0.1', port: 0, security })
    onTestFinished(() => server.close())
    const { bytes, restBytes } = await pullInTwo('DTLS', await relayTo(`coaps://127.0.0.1:${server.local?.port}`), true)
    expect(restBytes).toBeLessThan(1.1 * (large.length - bytes))
    tell('DTLS', `pull from our file server killed at ${bytes}`, `${restBytes} bytes on the wire for the rest`)
  })

  describe('each result', () => {
    it.each(causes)('$seen.1: $name', async ({ name, options, provoke, answers, seen }) => {
      const { site } = await create('UDP')
      await site.device(options)
      expect(await provoke(site, { coapUri: libcoap.uri, smallFile, emptyFile })).toEqual(answers)
      await vi.waitFor(async () => expect(await site.seen()).toEqual(seen), waiting)
      tell('UDP', name, `${answers.join(', ')}: state ${seen[0]}, result ${seen[1]}`)
    })
  })
})
