import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, it } from 'vitest'
import { ContentFormat } from '../../../objects/index.ts'
import { Code } from '../../../transport/index.ts'
import { describePeer } from '../peer-suite.ts'
import { changed } from './answers.ts'
import type { LeshanEvents } from './event-stream.ts'
import { type Leshan, leshanInstall, leshanPrograms, startLeshan } from './leshan.ts'
import { reportingSite } from './reporting-site.ts'
import { countValues, expectWritten, type Written, write, writtenIn } from './timed-values.ts'

const [sensorValue, otherSensorValue] = ['/3303/0/5700', '/3303/1/5700'] as const
const opaqueValue = '/3442/0/150'
const muteSend = '/1/0/23'

const formats = { 'SenML JSON': ContentFormat.senmlJson, 'SenML CBOR': ContentFormat.senmlCbor }

describePeer('Leshan 2.0.0-M18 and what our client sends', leshanPrograms, leshanInstall, () => {
  let leshan: Leshan

  beforeAll(async () => {
    leshan = await startLeshan()
  })
  afterAll(() => leshan?.close())

  for (const [format, contentFormat] of Object.entries(formats)) {
    it.concurrent(`Send in ${format}: what is there now`, async context => {
      const { expect } = context
      const { client, events } = await reportingSite(leshan, context)
      await client.send([sensorValue, '/3303/1', '/3442/0/1120/0'], { contentFormat })
      expect((await events.next('SEND')).data.timed).toEqual([
        { time: null, val: { [sensorValue]: 21.5, [otherSensorValue]: 21.5, '/3442/0/1120/0': 20 } },
      ])
    })

    it.concurrent(`Send in ${format}: every entry of a time series with its time, once`, async context => {
      const { expect } = context
      const { client, events } = await reportingSite(leshan, context)
      const series = client.objects.cache(sensorValue, { capacity: 200 })
      for (let value = 0; value < 150; value++) client.objects.set(sensorValue, value)
      const entries = series.save()
      await client.send([sensorValue], { contentFormat })
      expect(series.size).toBe(0)

      const sends: LeshanEvents['SEND'][] = []
      while (countValues(sends) < entries.length) sends.push((await events.next('SEND')).data)
      expectWritten(context, sends, writtenIn(sensorValue, entries))
      expect(sends.length).toBeGreaterThan(1)

      client.objects.set(sensorValue, 1_000)
      const later = writtenIn(sensorValue, series.save())
      await client.send([sensorValue], { contentFormat })
      expectWritten(context, [(await events.next('SEND')).data], later)
    })

    it.concurrent(`Send in ${format} that is queued while offline: what was there then, with that time`, async context => {
      const { expect } = context
      const { client, events } = await reportingSite(leshan, context)
      client.enterOffline()
      await expect(client.send([sensorValue])).rejects.toMatchObject({ code: 'OFFLINE' })
      const written: Written[] = []
      const sent: Promise<void>[] = []
      for (const value of [22, 23]) {
        const { fromSeconds } = write(client, sensorValue, value)
        sent.push(client.send([sensorValue], { contentFormat, whenOffline: 'queue' }))
        await wait(30)
        written.push({ ...write(client, sensorValue, value + 10), value, fromSeconds })
      }
      client.exitOffline()
      await Promise.all(sent)
      expectWritten(context, [(await events.next('SEND')).data, (await events.next('SEND')).data], written)
    })
  }

  it.concurrent('Send muted by Leshan, and not any more', async context => {
    const { expect } = context
    const { client, endpoint, events } = await reportingSite(leshan, context)
    expect(await leshan.write(endpoint, muteSend, { [muteSend]: true })).toEqual(changed)
    await expect(client.send([sensorValue])).rejects.toMatchObject({ name: 'SendError', code: 'MUTED' })
    await expect(client.send([sensorValue], { server: 1 })).rejects.toMatchObject({ code: 'MUTED' })

    expect(await leshan.write(endpoint, muteSend, { [muteSend]: false })).toEqual(changed)
    client.objects.set(sensorValue, 22)
    await client.send([sensorValue])
    expect((await events.next('SEND')).data.timed).toEqual([{ time: null, val: { [sensorValue]: 22 } }])
    expect(events.history.filter(({ type }) => type === 'SEND')).toHaveLength(1)
  })

  it.concurrent('Send of 20 kB, and of more than Leshan takes', async context => {
    const { expect } = context
    const { client, events } = await reportingSite(leshan, context)
    const bytes = Buffer.from(Array.from({ length: 20_000 }, (_, index) => index % 251))
    client.objects.set(opaqueValue, bytes)
    for (const contentFormat of Object.values(formats)) {
      await client.send([opaqueValue], { contentFormat })
      expect((await events.next('SEND')).data.timed).toEqual([
        { time: null, val: { [opaqueValue]: bytes.toString('hex') } },
      ])
    }
    client.objects.set(opaqueValue, Buffer.alloc(40_000))
    await expect(client.send([opaqueValue])).rejects.toMatchObject({
      code: 'REJECTED',
      responseCode: Code.requestEntityTooLarge,
    })
    await client.send([sensorValue])
    expect((await events.next('SEND')).data.timed).toEqual([{ time: null, val: { [sensorValue]: 21.5 } }])
  })

  it.concurrent('Send without a registration, and before there is one', async context => {
    const { expect } = context
    const { client, events } = await reportingSite(leshan, context)
    const notRegistered = { name: 'SendError', code: 'NOT_REGISTERED' }
    await client.stop()
    await expect(client.send([sensorValue])).rejects.toMatchObject(notRegistered)
    client.start()
    await expect(client.send([sensorValue])).rejects.toMatchObject(notRegistered)
    await client.registered()
    await client.send([sensorValue])
    expect((await events.next('SEND')).data.timed).toEqual([{ time: null, val: { [sensorValue]: 21.5 } }])
  })
})
