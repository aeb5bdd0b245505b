import { expect, onTestFinished, test } from 'vitest'
import type { Lwm2mClient } from '../../client/client.ts'
import { Gateway } from '../../client/gateway.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import { endpoint, restartSite } from '../helpers/restart-site.ts'

const value = '/d01/3303/0/5700'

function addDevice(client: Lwm2mClient, deviceId: string, sensorValue: number) {
  const device = new Gateway(client).add({ deviceId, prefix: 'd01', objects: [temperature] })
  return device.objects.create(temperature, 0, { sensorValue })
}

/** A gateway whose device is observed, killed. */
async function observedAndKilled() {
  const site = await restartSite()
  onTestFinished(() => site.close())
  const told: string[] = []
  const persistence = await site.killed({}, async ({ client }) => {
    addDevice(client, 'a', 5)
    await site.clock.advance(1_000)
    await site.clock.until(site.server.writeAttributes(endpoint, value, { pminSeconds: 3 }))
    site.server
      .observe(endpoint, value, { accept: ContentFormat.text })
      .subscribe(({ payload }) => told.push(Buffer.from(payload).toString()))
    await site.clock.advance(1_000)
  })
  return { ...site, persistence, told }
}

test('what a server observes of a device goes on after a restart', async () => {
  const site = await observedAndKilled()
  const next = site.boot(site.persistence)
  const sensor = addDevice(next.client, 'a', 6)
  await next.start()
  await site.clock.advance(5_000)
  sensor.set({ sensorValue: 7 })
  await site.clock.advance(5_000)
  expect(site.told).toEqual(['5', '6', '7'])
  expect(next.client.servers()[0]?.attributes).toEqual({ [value]: { pminSeconds: 3 } })
  next.kill()
})

test('and also when the device comes later, over one more restart', async () => {
  const site = await observedAndKilled()
  const without = site.boot(site.persistence)
  await without.start()
  await site.clock.advance(5_000)
  without.kill()
  const next = site.boot(site.persistence.copy())
  await next.start()
  await site.clock.advance(5_000)
  addDevice(next.client, 'a', 6)
  await site.clock.advance(5_000)
  expect(site.told).toEqual(['5', '6'])
  next.kill()
})

test('but not with another device that has its prefix now', async () => {
  const site = await observedAndKilled()
  const next = site.boot(site.persistence)
  addDevice(next.client, 'b', 6)
  await next.start()
  await site.clock.advance(5_000)
  expect(site.told).toEqual(['5'])
  expect(next.client.servers()[0]).toMatchObject({ attributes: {}, observations: [] })
  next.kill()
})
