import { expect, test } from 'vitest'
import { Gateway } from '../../client/gateway.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import { Code, describeCode } from '../../transport/coap/message.ts'
import { OptionNumber, pathOptions, stringOption, uintOption } from '../../transport/coap/options.ts'
import { bootstrapScenario, registeredScenario } from '../helpers/scenario.ts'
import { accountSession } from '../helpers/scripted-bootstrap-server.ts'

/** Requests as a server may send them, to a client with two devices behind it. */
async function gatewayScenario() {
  const site = await registeredScenario()
  const gateway = new Gateway(site.client)
  for (const prefix of ['d01', 'd02']) {
    const device = gateway.add({ deviceId: prefix, prefix, objects: [temperature] })
    device.objects.create(temperature, 0, { sensorValue: 5, applicationType: prefix })
  }
  await site.clock.advance(1_000)
  return {
    ...site,
    gateway,
    async fetch(payload: string | Uint8Array, contentFormat: number = ContentFormat.senmlJson, path: string[] = []) {
      const options = [
        ...pathOptions(OptionNumber.uriPath, path),
        uintOption(OptionNumber.contentFormat, contentFormat),
        uintOption(OptionNumber.accept, ContentFormat.senmlJson),
      ]
      const response = await site.request({ code: Code.fetch, options, payload: Buffer.from(payload) })
      return [describeCode(response.code).slice(0, 4), Buffer.from(response.payload).toString()]
    },
  }
}

const names = (...paths: readonly string[]) => JSON.stringify(paths.map(n => ({ n })))
const read = '[{"bn":"/d01/","n":"3303/0/5700","v":5}]'

test('the names of a composite operation may come in pieces, and its path may name the device, too', async () => {
  const site = await gatewayScenario()
  expect(await site.fetch(names('/d01/3303/0/5700'))).toEqual(['2.05', read])
  expect(await site.fetch(names('d01/3303/0/5700'))).toEqual(['2.05', read])
  for (const [bn, n] of [
    ['/d01/', '3303/0/5700'],
    ['/d01', '/3303/0/5700'],
    ['/d', '01/3303/0/5700'],
    ['/d01/3303/0/57', '00'],
  ]) {
    expect(await site.fetch(JSON.stringify([{ bn, n }]))).toEqual(['2.05', read])
  }
  expect(await site.fetch(names('/d01/3303/0/5700'), ContentFormat.senmlJson, ['d01'])).toEqual(['2.05', read])
})

test.each([
  ['several devices', names('/d01/3303/0/5700', '/d02/3303/0/5700'), '5.01'],
  ['a device and the client', names('/d01/3303/0/5700', '/3303/0/5700'), '5.01'],
  ['the client and a device', names('/3303/0/5700', '/d01/3303/0/5700'), '5.01'],
  ['an unknown device', names('/d03/3303/0/5700'), '4.04'],
  ['a longer prefix than there is', names(`/${'d'.repeat(1_000)}/3303`), '4.04'],
  ['a name that goes on where the prefix ends', names('/d013303/0/5700'), '4.04'],
  ['a device that only the path names', names('/3303/0/5700'), '4.00', ['d01']],
  ['no path', names('/d01/3303/x'), '4.00'],
  ['two prefixes', names('/d01/d01/3303'), '4.00'],
  ['no JSON', '[', '4.00'],
])('a composite operation on %s is refused', async (_what, payload, code, path: string[] = []) => {
  const site = await gatewayScenario()
  expect((await site.fetch(payload, ContentFormat.senmlJson, path))[0]).toBe(code)
})

test('a prefix is one segment of the path, and only the first', async () => {
  const site = await gatewayScenario()
  const code = async (...segments: string[]) => {
    const options = pathOptions(OptionNumber.uriPath, segments)
    return describeCode((await site.request({ code: Code.get, options, payload: Buffer.alloc(0) })).code).slice(0, 4)
  }
  expect(await code('d01', '3303', '0')).toBe('2.05')
  expect(await code('d01', 'd01', '3303')).toBe('4.04')
  expect(await code('3303', 'd01')).toBe('4.04')
  expect(await code('D01', '3303')).toBe('4.04')
  expect(await code('', 'd01', '3303')).toBe('4.04')
  expect(await code('d01')).toBe('4.05')
})

test('each server has its own attributes of a device', async () => {
  const site = await gatewayScenario()
  const query = stringOption(OptionNumber.uriQuery, 'pmin=10')
  const options = [...pathOptions(OptionNumber.uriPath, ['d01', '3303', '0']), query]
  expect((await site.request({ code: Code.put, options, payload: Buffer.alloc(0) })).code).toBe(Code.changed)
  expect(site.client.servers().map(({ attributes }) => attributes)).toEqual([{ '/d01/3303/0': { pminSeconds: 10 } }])
  // Gone with the instance that they are attached to.
  site.gateway.devices[0]?.objects.delete('/3303/0')
  expect(site.client.servers()[0]?.attributes).toEqual({})
})

test('a bootstrap neither deletes the objects of a device nor reaches them (LwM2M Gateway 1.1 §8.1)', async () => {
  const session = [{ kind: 'bootstrapDelete', path: [] } as const, ...accountSession()]
  const { site } = await bootstrapScenario({ session })
  const device = new Gateway(site.client).add({ deviceId: 'a', prefix: 'd01', objects: [temperature] })
  device.objects.create(temperature, 0, { sensorValue: 5 })
  site.client.start()
  await site.clock.until(site.client.registered())
  expect([site.client.objects.get('/3303/0/5700'), device.objects.get('/3303/0/5700')]).toEqual([undefined, 5])
  expect(site.client.objects.get('/25/0/1')).toBe('d01')
})
