import { expect, test } from 'vitest'
import { registeredSite } from '../helpers/site.ts'

test('the servers of a client, how far it is with them and what they want to be told', async () => {
  const { client, server, clock, close } = await registeredSite({ lifetimeSeconds: 60 })
  const location = server.registrations.get('urn:dev:os:1')?.location
  expect(client.servers()).toEqual([
    {
      shortServerId: 1,
      uri: 'coap://10.0.0.2',
      state: 'registered',
      location: ['rd', location],
      registeredUntilMs: expect.closeTo(clock.now() + 60_000, -3),
      attributes: {},
      observations: [],
    },
  ])
  await clock.until(server.writeAttributes('urn:dev:os:1', '/3303', { pminSeconds: 5 }))
  server.observe('urn:dev:os:1', '/3303/0/5700').subscribe()
  server.observeComposite('urn:dev:os:1', ['/3303/0/5701', '/3/0/1']).subscribe()
  await clock.advance(100)
  expect(client.servers()[0]).toMatchObject({
    attributes: { '/3303': { pminSeconds: 5 } },
    observations: [
      { paths: ['/3303/0/5700'], isComposite: false, attributes: { pminSeconds: 5 } },
      { paths: ['/3/0/1', '/3303/0/5701'], isComposite: true, attributes: {} },
    ],
  })
  client.disable(1)
  await clock.advance(1000)
  expect(client.servers()[0]).toMatchObject({ state: 'disabled', location: [], registeredUntilMs: undefined })
  await close()
  expect(client.servers()[0]).toMatchObject({ state: 'idle' })
})

test('before the first start there are none', async () => {
  const { client, clock, close } = await registeredSite()
  await clock.until(client.stop())
  expect(client.servers().map(({ state }) => state)).toEqual(['idle'])
  await close()
})
