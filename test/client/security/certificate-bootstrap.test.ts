import { expect, test } from 'vitest'
import { x509 } from '../../../client/x509.ts'
import { parseBootstrapConfig } from '../../../server/bootstrap-config.ts'
import { type BootstrapEvent, Lwm2mBootstrapServer } from '../../../server/bootstrap-server.ts'
import { Lwm2mServer } from '../../../server/server.ts'
import { SimulatedClock } from '../../../transport/simulated-clock.ts'
import { issue, issueAuthority, yearMs } from '../../helpers/certificates.ts'
import { endpoint, identity, key, secureSite } from '../../helpers/secure-site.ts'

const startMs = new SimulatedClock().now()
const valid = { notBeforeMs: startMs - yearMs, notAfterMs: startMs + yearMs }

/** A device with a certificate, a bootstrap server with one, and two servers: one with a key, one with a certificate. */
async function bootstrapSite(commonName = endpoint) {
  const ca = await issueAuthority('test CA', valid)
  const serverAt = (host: string) =>
    issue({ ...valid, issuer: ca, commonName: host, hosts: [host], purposes: ['server'] })
  const [bootstrapper, second] = [await serverAt('10.0.0.9'), await serverAt('10.0.0.3')]
  const device = await issue({ ...valid, issuer: ca, commonName, purposes: ['client'] })
  const deviceKey = device.privateKey.export({ format: 'der', type: 'pkcs8' })
  const site = await secureSite({
    client: {
      servers: [],
      bootstrap: {
        uri: 'coaps://10.0.0.9',
        security: x509({ certificate: device.der, key: deviceKey, serverCertificate: ca.der, usage: 2 }),
      },
    },
  })
  const { clock, random, network } = site
  const secured = (shown: typeof second) => ({
    certificates: [{ certificate: shown.der, key: shown.privateKey }],
    trustStore: [ca.der],
  })
  const hex = (bytes: Uint8Array) => ({ hex: Buffer.from(bytes).toString('hex') })
  const servers = [
    { uri: 'coaps://10.0.0.2', shortServerId: 1, security: { mode: 'psk', identity, key: hex(key) } },
    {
      uri: 'coaps://10.0.0.3',
      shortServerId: 2,
      security: {
        mode: 'x509',
        certificate: hex(device.der),
        serverCertificate: hex(ca.der),
        privateKey: hex(deviceKey),
        certificateUsage: 2,
      },
    },
  ]
  const bootstrap = await Lwm2mBootstrapServer.listen({
    clock,
    random,
    network,
    host: '10.0.0.9',
    config: parseBootstrapConfig(JSON.stringify({ clients: { [endpoint]: { servers } } })),
    security: secured(bootstrapper),
  })
  const server = await Lwm2mServer.listen({ clock, random, network, host: '10.0.0.3', security: secured(second) })
  const bootstraps: BootstrapEvent[] = []
  bootstrap.events$.subscribe(event => bootstraps.push(event))
  return {
    site,
    bootstraps,
    server,
    close: async () => {
      await clock.until(site.client.stop())
      await bootstrap.close()
      await server.close()
    },
  }
}

test('a bootstrap over X.509 leads to a server over PSK and one over X.509', async () => {
  const { site, server, bootstraps, close } = await bootstrapSite()
  await site.register()
  expect(bootstraps[0]).toMatchObject({ type: 'requested', endpoint, identity: endpoint })
  expect(site.server.registrations.get(endpoint)?.identity).toBe(identity)
  expect(server.registrations.get(endpoint)?.identity).toBe(endpoint)
  await close()
})

test('under the name of another device nothing is given', async () => {
  const { site, bootstraps, close } = await bootstrapSite('somebody')
  site.client.start()
  await site.clock.advance(1_000)
  expect(bootstraps[0]).toMatchObject({ type: 'refused', reason: expect.stringContaining('another identity') })
  await close()
})
