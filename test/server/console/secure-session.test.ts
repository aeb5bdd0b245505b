import { describe, expect, onTestFinished, test } from 'vitest'
import { Lwm2mClient } from '../../../client/client.ts'
import { psk } from '../../../client/psk.ts'
import type { Security } from '../../../client/security.ts'
import { x509 } from '../../../client/x509.ts'
import { temperature } from '../../../objects/definitions/temperature.ts'
import { ServerConsole } from '../../../server/console/console.ts'
import { read } from '../../../server/console/requests.ts'
import type { ServerSecurity } from '../../../server/security.ts'
import { TransportError } from '../../../transport/errors.ts'
import type { StreamListenOptions } from '../../../transport/stream.ts'
import { issue, issueAuthority, issueServer, nowMs, pem } from '../../helpers/certificates.ts'
import { consoleSite, host } from '../../helpers/console-site.ts'

const key = Buffer.from('password')
const shared: ServerSecurity = { psk: { user: key } }
const ca = await issueAuthority('ca')
const server = await issueServer({ issuer: ca })
const device = await issue({ commonName: 'device', issuer: ca, purposes: ['client'] })

async function site(security: Security) {
  const console = consoleSite()
  const { clock, random, network } = console
  clock.advanceSync(nowMs - clock.now())
  const client = new Lwm2mClient({
    endpoint: 'device',
    servers: [{ uri: 'coaps://10.0.0.2', shortServerId: 1, security }],
    objects: [temperature],
    clock,
    random,
    network,
  })
  client.objects.create(temperature, 0, { sensorValue: 21.5 })
  onTestFinished(async () => {
    await clock.until(Promise.race([client.stop(), clock.advance(100_000)]))
  })
  return { ...console, device: client }
}

describe('a client of the engine', () => {
  test('with a shared key', async () => {
    const { clock, console, device: client, told } = await site(psk('user', key))
    const listening = console.listen({ host, security: shared })
    await clock.advance(0)
    client.start()
    await clock.until(listening)
    await clock.until(client.registered())
    expect(told()).toEqual([
      'waiting 5684',
      expect.stringMatching(/^<- Register \/rd\?.*ep=device/),
      '-> Created /rd/demo',
    ])
    const reading = console.send(read({ path: '/3303/0/5700', accept: 0 }))
    expect((await clock.until(reading))?.payload.toString()).toBe('21.5')
  })

  test('with another key is told, and the console goes on waiting', async () => {
    const { clock, console, device: client, lines } = await site(psk('user', Buffer.from('other')))
    const controller = new AbortController()
    const listening = console.listen({ host, security: shared }, controller.signal)
    const ended = expect(listening).rejects.toThrow('interrupted')
    await clock.advance(0)
    client.start()
    await clock.advance(5_000)
    expect(lines[1]).toMatch(/^failed: /)
    controller.abort()
    await ended
  })

  test('with certificates', async () => {
    const security: ServerSecurity = {
      certificates: [{ certificate: pem(server), key: server.privateKey }],
      trustStore: [ca.der],
    }
    const own = x509({ certificate: device.der, key: device.privateKey, serverCertificate: server.der })
    const { clock, console, device: client } = await site(own)
    const listening = console.listen({ host, security })
    await clock.advance(0)
    client.start()
    await clock.until(listening)
    await clock.until(client.registered())
    expect(console.registeredEndpoint).toBe('device')
  })

  test('that begins another session is still the client', async () => {
    const { clock, console, device: client } = await site(psk('user', key))
    const listening = console.listen({ host, security: shared })
    await clock.advance(0)
    client.start()
    await clock.until(listening)
    await clock.until(Promise.all([client.stop(), console.receiveWaiting()]))
    client.start()
    await clock.advance(1_000)
    await clock.until(console.waitRegistered({ timeoutMs: 10_000 }))
    const reading = console.send(read({ path: '/3303/0/5700', accept: 0 }))
    expect((await clock.until(reading))?.payload.toString()).toBe('21.5')
  })
})

test('TLS with what the security says', async () => {
  const { clock, network, random } = consoleSite()
  const { streams } = network
  const asked: (StreamListenOptions | undefined)[] = []
  const listen = streams.listen.bind(streams)
  streams.listen = (local, accept, options) => {
    asked.push(options)
    return listen(local, accept)
  }
  const failures: string[] = []
  const console = new ServerConsole({ clock, network, random }, { failed: error => failures.push(error.message) })
  const listening = console.listen({ host, transport: 'tcp', security: shared })
  const ended = expect(listening).rejects.toThrow('the connection was closed')
  await clock.advance(0)
  const [options] = asked
  expect(options?.tls?.psk?.(Buffer.from('user'))).toEqual(Uint8Array.from(key))
  options?.tls?.onFailure?.(new TransportError('HANDSHAKE', 'no shared key'))
  expect(failures).toEqual(['no shared key'])
  await console.close()
  await ended
})
