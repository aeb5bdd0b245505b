import { expect, test } from 'vitest'
import { defineObject } from '../../objects/definition.ts'
import { device } from '../../objects/definitions/device.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import { Code } from '../../transport/coap/message.ts'
import { endpoint, registeredSite } from '../helpers/site.ts'

/** An object that no server has heard of. */
const unheardOf = defineObject({
  id: 33_000,
  name: 'Unheard of',
  resources: { count: { id: 1, type: 'integer', operations: 'RW' } },
})

test.each(['tlv', 'senmlJson', 'senmlCbor'] as const)('Read of an instance in %s gives typed values', async format => {
  const { server, clock, close } = await registeredSite()
  const result = await clock.until(server.read(endpoint, '/3303/0', { accept: ContentFormat[format] }))
  expect(result).toMatchObject({ responseCode: Code.content, contentFormat: ContentFormat[format] })
  expect(result.values).toEqual([
    { path: [3303, 0, 5700], value: 21.5 },
    { path: [3303, 0, 5701], value: 'Cel' },
  ])
  await close()
})

test('Read of an object the server does not know: TLV gives opaque values', async () => {
  const { server, client, clock, close } = await registeredSite({ client: { objects: [unheardOf] } })
  client.objects.create(unheardOf, 0, { count: 258 })
  const { values } = await clock.until(server.read(endpoint, '/33000/0', { accept: ContentFormat.tlv }))
  expect(values).toEqual([{ path: [33_000, 0, 1], value: new Uint8Array([1, 2]) }])
  await close()
})

test('Read of an object whose definition the server was given', async () => {
  const { server, client, clock, close } = await registeredSite({
    client: { objects: [unheardOf] },
    server: { objects: [unheardOf] },
  })
  client.objects.create(unheardOf, 0, { count: 258 })
  const { values } = await clock.until(server.read(endpoint, '/33000/0', { accept: ContentFormat.tlv }))
  expect(values).toEqual([{ path: [33_000, 0, 1], value: 258 }])
  await close()
})

test('Read that the client refuses: REJECTED with its response code', async () => {
  const { server, clock, close } = await registeredSite()
  await expect(clock.until(server.read(endpoint, '/3/0/99'))).rejects.toMatchObject({
    name: 'RequestError',
    code: 'REJECTED',
    responseCode: Code.notFound,
    message: 'read /3/0/99: 4.04 Not Found',
  })
  await close()
})

test('a client that is not there any more: TIMEOUT', async () => {
  const { server, clock, network, close } = await registeredSite()
  network.conditions = { ...network.conditions, loss: 1 }
  await expect(clock.until(server.read(endpoint, '/3/0/0'))).rejects.toMatchObject({ code: 'TIMEOUT' })
  await close()
})

test('an endpoint name that nobody has, a path that is none, a closed server', async () => {
  const { server, clock, close } = await registeredSite()
  await expect(server.read('nobody', '/3/0')).rejects.toMatchObject({ code: 'UNKNOWN_ENDPOINT' })
  await expect(server.write('nobody', '/1/0/1', 5)).rejects.toMatchObject({ code: 'UNKNOWN_ENDPOINT' })
  await expect(server.read(endpoint, '/3/x')).rejects.toMatchObject({ code: 'INVALID_PATH' })
  const pending = server.read(endpoint, '/3/0')
  const closed = expect(pending).rejects.toMatchObject({ code: 'CLOSED' })
  await server.close()
  await closed
  await expect(server.read(endpoint, '/3/0')).rejects.toMatchObject({ code: 'CLOSED' })
  await clock.advance(0)
  await close()
})

test.each([
  { contentFormat: undefined, sent: 'SenML CBOR' },
  { contentFormat: ContentFormat.tlv, sent: 'TLV' },
  { contentFormat: ContentFormat.text, sent: 'text' },
])('Write of a resource in $sent', async ({ contentFormat, sent }) => {
  const { server, client, clock, wire, close } = await registeredSite()
  const result = await clock.until(
    server.write(endpoint, '/1/0/1', 90, contentFormat === undefined ? {} : { contentFormat }),
  )
  expect(result.responseCode).toBe(Code.changed)
  expect(client.objects.get('/1/0/1')).toBe(90)
  expect(wire.find(line => line.startsWith('← PUT /1/0/1 '))).toContain(sent)
  await close()
})

test('Write of an instance: update keeps what it does not name, replace removes it', async () => {
  const { server, client, clock, close } = await registeredSite()
  client.objects.set('/3/0/15', 'Europe/Berlin')
  const offset = [{ path: [3, 0, 14], value: '+02:00' }]
  await clock.until(server.write(endpoint, '/3/0', offset, { mode: 'update' }))
  expect([client.objects.get('/3/0/14'), client.objects.get('/3/0/15')]).toEqual(['+02:00', 'Europe/Berlin'])
  await clock.until(server.write(endpoint, '/3/0', offset))
  expect([client.objects.get('/3/0/14'), client.objects.get('/3/0/15')]).toEqual(['+02:00', undefined])
  await close()
})

test('Write that cannot be: nothing is sent', async () => {
  const { server, wire, close } = await registeredSite()
  wire.length = 0
  const tlv = { contentFormat: ContentFormat.tlv }
  await expect(server.write(endpoint, '/1/0/1', 'soon', tlv)).rejects.toMatchObject({ code: 'INVALID_VALUE' })
  await expect(server.write(endpoint, '/1/0/1', 5, { mode: 'update' })).rejects.toMatchObject({
    code: 'METHOD_NOT_ALLOWED',
  })
  await expect(server.write(endpoint, '/1/0/1', 5, { contentFormat: 9 })).rejects.toMatchObject({
    code: 'UNSUPPORTED_CONTENT_FORMAT',
  })
  expect(wire).toEqual([])
  await close()
})

test('Write to what is read-only: 4.05', async () => {
  const { server, clock, close } = await registeredSite()
  await expect(clock.until(server.write(endpoint, '/3/0/0', 'me'))).rejects.toMatchObject({
    responseCode: Code.methodNotAllowed,
  })
  await close()
})

test('Execute hands its arguments to the device', async () => {
  const { server, client, clock, close } = await registeredSite()
  const calls: unknown[] = []
  client.objects.onExecute(device, 'reboot', (path, args) => void calls.push([path, [...args]]))
  const result = await clock.until(server.execute(endpoint, '/3/0/4', "0='soft',2"))
  expect(result.responseCode).toBe(Code.changed)
  expect(calls).toEqual([
    [
      [3, 0, 4],
      [
        [0, 'soft'],
        [2, undefined],
      ],
    ],
  ])
  await close()
})

test('Write-Attributes are seen by Discover, and null unsets', async () => {
  const { server, clock, close } = await registeredSite()
  const attributes = async () => {
    const { links } = await clock.until(server.discover(endpoint, '/3303/0/5700'))
    return links.find(({ target }) => target === '/3303/0/5700')?.attributes
  }
  await clock.until(server.writeAttributes(endpoint, '/3303/0/5700', { pminSeconds: 1, pmaxSeconds: 3, gt: 1e-7 }))
  expect(await attributes()).toMatchObject({ pmin: '1', pmax: '3', gt: '0.0000001' })
  await clock.until(server.writeAttributes(endpoint, '/3303/0/5700', { pmaxSeconds: null }))
  expect(await attributes()).toEqual({ pmin: '1', gt: '0.0000001' })
  await close()
})
