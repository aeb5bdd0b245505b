import { expect, test } from 'vitest'
import { psk } from '../../../client/psk.ts'
import { parseBootstrapConfig } from '../../../server/bootstrap-config.ts'
import { type BootstrapEvent, Lwm2mBootstrapServer } from '../../../server/bootstrap-server.ts'
import { endpoint, identity, key, type SecureSiteOptions, secureSite } from '../../helpers/secure-site.ts'

const bootstrapKey = Buffer.from('101112131415161718191a1b1c1d1e1f', 'hex')
const account = {
  uri: 'coaps://10.0.0.2',
  shortServerId: 1,
  security: { mode: 'psk', identity, key: { hex: key.toString('hex') } },
}

/** A device that knows a bootstrap server and its key for it. */
async function bootstrapSite(client: object, options: SecureSiteOptions['client'] = {}) {
  const site = await secureSite({
    client: {
      servers: [],
      bootstrap: { uri: 'coaps://10.0.0.9', security: psk('factory', bootstrapKey) },
      ...options,
    },
  })
  const { clock, random, network } = site
  const server = await Lwm2mBootstrapServer.listen({
    clock,
    random,
    network,
    host: '10.0.0.9',
    config: parseBootstrapConfig(JSON.stringify({ clients: { [endpoint]: { servers: [account], ...client } } })),
    security: { psk: { factory: bootstrapKey, other: key } },
  })
  const bootstraps: BootstrapEvent[] = []
  server.events$.subscribe(event => bootstraps.push(event))
  return { site, server, bootstraps }
}

test.each([{}, { identity: 'factory' }])('a bootstrap over PSK leads to a server over PSK (%o)', async client => {
  const { site, server, bootstraps } = await bootstrapSite(client)
  await site.register()
  expect(bootstraps.map(({ type }) => type)).toContain('finished')
  expect(bootstraps[0]).toMatchObject({ type: 'requested', endpoint, identity: 'factory' })
  expect(site.server.registrations.get(endpoint)?.identity).toBe(identity)
  expect(site.handshakes()).toEqual(['full', 'full'])
  await site.clock.until(site.client.stop())
  await server.close()
})

test('a bootstrap over a key that the application keeps: its Security instance has none, and is accepted', async () => {
  const security = psk('factory', () => bootstrapKey)
  const { site, server, bootstraps } = await bootstrapSite({}, { bootstrap: { uri: 'coaps://10.0.0.9', security } })
  await site.register()
  expect(bootstraps.map(({ type }) => type)).toContain('finished')
  await site.clock.until(site.client.stop())
  await server.close()
})

test('what is for another identity is not given', async () => {
  const { site, server, bootstraps } = await bootstrapSite({ identity: 'other' })
  site.client.start()
  await site.clock.advance(1_000)
  expect(bootstraps[0]).toMatchObject({
    type: 'refused',
    responseCode: 0x80,
    reason: expect.stringContaining('another identity'),
  })
  expect(site.events[0]).toMatchObject({ type: 'BOOTSTRAP_RETRY' })
  await site.clock.until(site.client.stop())
  await server.close()
})

test('a session that the bootstrap server ends is a failed attempt at once, and what it wrote is undone', async () => {
  const { site, server } = await bootstrapSite({})
  site.client.start()
  let isClosed = false
  site.client.changes$.subscribe(() => {
    if (isClosed) return
    isClosed = true
    void server.close()
  })
  await site.clock.advance(1_000)
  expect(site.events.find(({ type }) => type === 'BOOTSTRAP_RETRY')).toMatchObject({ cause: { code: 'CLOSED' } })
  expect(site.client.objects.get('/0/0/0')).toBe('coaps://10.0.0.9')
  expect(site.client.objects.get('/1/0/0')).toBeUndefined()
})

test('one that is to be begun with is not there: only a client begins a session', async () => {
  const { site, server } = await bootstrapSite({})
  await expect(server.bootstrap(endpoint, { host: '10.0.0.1', port: 40_000 })).rejects.toMatchObject({ code: 'CLOSED' })
  await site.clock.advance(0)
  await server.close()
})
