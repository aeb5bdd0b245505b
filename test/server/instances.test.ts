import { afterEach, beforeEach, expect, test } from 'vitest'
import { ContentFormat } from '../../objects/formats/format.ts'
import { MAX_ID } from '../../objects/path.ts'
import { Code } from '../../transport/coap/message.ts'
import { endpoint, registeredSite } from '../helpers/site.ts'

let site: Awaited<ReturnType<typeof registeredSite>>
beforeEach(async () => {
  site = await registeredSite({ lifetimeSeconds: 86_400 })
})
afterEach(() => site.close())

const settle = <T>(promise: Promise<T>) => site.clock.until(promise)

test.each([ContentFormat.tlv, ContentFormat.senmlJson, ContentFormat.senmlCbor, ContentFormat.lwm2mCbor])(
  'Create with an instance id, Content-Format %i: no location, and the links are updated',
  async contentFormat => {
    const created = await settle(
      site.server.create(endpoint, '/3303', [{ path: [3303, 5, 5750], value: 'oven' }], { contentFormat }),
    )
    expect(created).toMatchObject({ responseCode: Code.created })
    expect(created.location).toBeUndefined()
    await site.clock.advance(1_000)
    expect(site.server.registrations.get(endpoint)?.objectLinks).toContain('</3303/5>')
    expect(site.client.objects.get('/3303/5/5750')).toBe('oven')
  },
)

test.each([ContentFormat.tlv, ContentFormat.lwm2mCbor])(
  'Create without an instance id, Content-Format %i: the client chooses and tells',
  async contentFormat => {
    const values = [{ path: [3303, MAX_ID, 5750], value: 'oven' }]
    const { location } = await settle(site.server.create(endpoint, '/3303', values, { contentFormat }))
    expect(location).toEqual([3303, 1])
    expect(site.client.objects.get('/3303/1/5750')).toBe('oven')
  },
)

test('Create of an instance that is there already: 4.00, nothing changed', async () => {
  const again = site.server.create(endpoint, '/3303', [{ path: [3303, 0, 5750], value: 'oven' }])
  await expect(settle(again)).rejects.toMatchObject({ code: 'REJECTED', responseCode: Code.badRequest })
  expect(site.client.objects.get('/3303/0/5750')).toBeUndefined()
})

test('Delete of an instance; of one that is not there 4.04', async () => {
  expect((await settle(site.server.delete(endpoint, '/3303/0'))).responseCode).toBe(Code.deleted)
  await expect(settle(site.server.delete(endpoint, '/3303/0'))).rejects.toMatchObject({ responseCode: Code.notFound })
})

test.each([ContentFormat.senmlJson, ContentFormat.senmlCbor])(
  'Read-Composite over objects in Content-Format %i leaves out what is missing',
  async contentFormat => {
    const { values } = await settle(
      site.server.readComposite(endpoint, ['/3303/0/5700', '/1/0/1', '/3303/9'], { contentFormat }),
    )
    expect(values).toEqual([
      { path: [1, 0, 1], value: 86_400 },
      { path: [3303, 0, 5700], value: 21.5 },
    ])
  },
)

test('Write-Composite: all or nothing', async () => {
  const written = await settle(
    site.server.writeComposite(endpoint, [
      { path: [1, 0, 2], value: 1 },
      { path: [1, 0, 3], value: 60 },
    ]),
  )
  expect(written.responseCode).toBe(Code.changed)
  const refused = site.server.writeComposite(endpoint, [
    { path: [1, 0, 2], value: 7 },
    { path: [3, 0, 0], value: 'read only' },
  ])
  await expect(settle(refused)).rejects.toMatchObject({ code: 'REJECTED', responseCode: Code.methodNotAllowed })
  expect([site.client.objects.get('/1/0/2'), site.client.objects.get('/1/0/3')]).toEqual([1, 60])
})

test('Observe-Composite gives the values, all of them with each change, and ends with its registration', async () => {
  const emitted: unknown[] = []
  let completed = false
  site.server.observeComposite(endpoint, ['/3303/0/5700', '/1/0/1']).subscribe({
    next: ({ values }) => emitted.push(values),
    complete: () => {
      completed = true
    },
  })
  const values = (sensorValue: number) => [
    { path: [1, 0, 1], value: 86_400 },
    { path: [3303, 0, 5700], value: sensorValue },
  ]
  await site.clock.advance(1_000)
  site.client.objects.set('/3303/0/5700', 22)
  await site.clock.advance(1_000)
  expect(emitted).toEqual([values(21.5), values(22)])
  expect(completed).toBe(false)
  await settle(site.client.stop())
  expect(completed).toBe(true)
})

test('Discover with a depth lists that many levels', async () => {
  const { links } = await settle(site.server.discover(endpoint, '/3303', { depth: 1 }))
  expect(links.map(({ target }) => target)).toEqual(['/3303', '/3303/0'])
})
