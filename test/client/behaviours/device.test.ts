import { describe, expect, test } from 'vitest'
import { device } from '../../../client/behaviours/device.ts'
import { device12, device as deviceObject } from '../../../objects/definitions/device.ts'
import { behaviourSite, source } from '../../helpers/behaviour-site.ts'
import { endpoint } from '../../helpers/site.ts'

const startSeconds = 1_700_000_000

describe('Reboot and Factory Reset', () => {
  test('are performed a second after the answer, once for several Executes', async () => {
    const { client, execute, seconds } = await behaviourSite()
    const done: string[] = []
    device(client, { reboot: () => done.push('reboot'), factoryReset: () => done.push('reset') })
    expect(await execute('/3/0/4')).toBe('done')
    expect(await execute('/3/0/4')).toBe('done')
    expect(done).toEqual([])
    await seconds(1)
    expect(done).toEqual(['reboot'])
    expect(await execute('/3/0/4')).toBe('done')
    expect(await execute('/3/0/5')).toBe('done')
    await seconds(1)
    expect(done).toEqual(['reboot', 'reboot', 'reset'])
  })

  test('that nobody performs are 4.04', async () => {
    const { client, execute } = await behaviourSite()
    device(client)
    expect(await execute('/3/0/4')).toBe('4.04')
    expect(await execute('/3/0/5')).toBe('4.04')
  })

  test('do not come any more after `unsubscribe`', async () => {
    const { client, execute, seconds } = await behaviourSite()
    const done: string[] = []
    const behaviour = device(client, { reboot: () => done.push('reboot') })
    await execute('/3/0/4')
    behaviour.unsubscribe()
    await seconds(2)
    expect(done).toEqual([])
    expect(await execute('/3/0/4')).toBe('4.04')
  })
})

describe('the error list', () => {
  test('has instance 0 with 0 while there is none, and an instance for each error while there is', async () => {
    const { client, read, observe, seconds } = await behaviourSite()
    const behaviour = device(client)
    const told = await observe('/3/0/11')
    behaviour.addError(1)
    await seconds(1)
    behaviour.addError(4)
    behaviour.addError(4)
    await seconds(1)
    expect(told).toEqual(['0 11/0=1', '1 11/0=1 11/1=4'])
    behaviour.removeError(1)
    expect(await read('/3/0/11')).toEqual({ 1: 4 })
    behaviour.addError(2)
    expect(behaviour.errorCodes).toEqual([2, 4])
    behaviour.removeError(7)
    behaviour.removeError(4)
    behaviour.removeError(2)
    expect(await read('/3/0/11')).toEqual({ 0: 0 })
    expect(behaviour.errorCodes).toEqual([])
  })

  test('reset: the errors that there still are', async () => {
    const { client, read, execute } = await behaviourSite()
    const current = new Set([8, 5])
    const behaviour = device(client, { currentErrors: () => current })
    behaviour.addError(1)
    expect(await execute('/3/0/12')).toBe('done')
    expect(await read('/3/0/11')).toEqual({ 0: 8, 1: 5 })
    current.clear()
    await execute('/3/0/12')
    expect(await read('/3/0/11')).toEqual({ 0: 0 })
  })

  test.each([0, 33, 1.5, Number.NaN, 9])('refuses %d, which is no error code of version 1.1', async code => {
    const { client } = await behaviourSite()
    const behaviour = device(client)
    expect(() => behaviour.addError(code)).toThrow(expect.objectContaining({ code: 'INVALID_VALUE' }))
    expect(behaviour.errorCodes).toEqual([])
  })

  test('holds each code of version 1.2 once, which is its bound', async () => {
    const { client } = await behaviourSite({ client: { objects: [device12] } })
    const behaviour = device(client)
    for (let round = 0; round < 2; round++) for (let code = 1; code <= 32; code++) behaviour.addError(code)
    expect(behaviour.errorCodes).toHaveLength(32)
  })
})

describe('the clock', () => {
  test('tells the time of the client until a server writes another, from which it goes on', async () => {
    const { client, read, write, seconds } = await behaviourSite()
    const behaviour = device(client)
    expect(await read('/3/0/13')).toBe(Math.floor(client.clock.now() / 1000))
    expect(await write('/3/0/13', 1_000)).toBe('done')
    await seconds(90)
    expect(await read('/3/0/13')).toBe(1_090)
    expect(Math.floor(behaviour.nowSeconds())).toBe(1_090)
    // The same value at another time.
    expect(await write('/3/0/13', 1_000)).toBe('done')
    await seconds(5)
    expect(await read('/3/0/13')).toBe(1_005)
  })

  test('goes on while the client is stopped, and may be set then', async () => {
    const { client, clock, read, seconds } = await behaviourSite()
    device(client)
    await clock.until(client.stop())
    client.objects.set('/3/0/13', 5_000)
    await seconds(60)
    client.start()
    await clock.until(client.registered())
    expect(await read('/3/0/13')).toBe(5_060)
  })

  test('does not follow a Write that is undone', async () => {
    const { client, read, update } = await behaviourSite()
    device(client)
    expect(await update('/3/0', { 13: 1_000, 14: 'noon' })).toBe('4.00')
    expect(await read('/3/0/13')).toBe(Math.floor(client.clock.now() / 1000))
  })

  test.each([-1, 2 ** 53 - 1])('refuses the time %d, from which it could not go on', async seconds => {
    const { client, read, write } = await behaviourSite()
    device(client)
    expect(await write('/3/0/13', seconds)).toBe('4.00')
    expect(await read('/3/0/13')).toBe(Math.floor(client.clock.now() / 1000))
  })

  test('begins with the time that the object has', async () => {
    const { client, read } = await behaviourSite({ client: { device: { currentTime: 7_000 } } })
    device(client)
    expect(await read('/3/0/13')).toBe(7_000)
  })

  test('is told to an observer with evaluation period and step', async () => {
    const { client, server, clock, observe, seconds } = await behaviourSite()
    device(client)
    await clock.until(server.writeAttributes(endpoint, '/3/0/13', { epmaxSeconds: 10, st: 20 }))
    const told = await observe('/3/0/13')
    await seconds(45)
    expect(told.map(line => line.split(' ')[0])).toEqual(['20', '40'])
  })
})

describe('UTC Offset and Timezone', () => {
  test('the offset is that of the time zone at the time of the device, daylight saving included', async () => {
    const { client, read, write } = await behaviourSite()
    device(client)
    expect(await write('/3/0/15', 'Europe/Berlin')).toBe('done')
    // In November.
    expect(startSeconds).toBeLessThanOrEqual(Number(await read('/3/0/13')))
    expect(await read('/3/0/14')).toBe('+01:00')
    await write('/3/0/13', Date.UTC(2024, 6, 1) / 1000)
    expect(await read('/3/0/14')).toBe('+02:00')
    await write('/3/0/15', 'Asia/Kathmandu')
    expect(await read('/3/0/14')).toBe('+05:45')
    await write('/3/0/15', 'Etc/UTC')
    expect(await read('/3/0/14')).toBe('+00:00')
  })

  test('an offset that is written holds until a time zone is', async () => {
    const { client, read, write } = await behaviourSite()
    device(client)
    for (const offset of ['+02', 'UTC-03:30', 'Z', '+0545']) {
      expect(await write('/3/0/14', offset)).toBe('done')
      expect(await read('/3/0/14')).toBe(offset)
    }
    await write('/3/0/15', 'Asia/Tokyo')
    expect(await read('/3/0/14')).toBe('+09:00')
  })

  test.each([
    ['/3/0/14', 'summer'],
    ['/3/0/14', '+25:00'],
    ['/3/0/14', '+01:60'],
    ['/3/0/15', 'Middle-earth/Shire'],
    ['/3/0/15', '+01:00'],
    ['/3/0/15', ''],
  ])('%s refuses "%s" with 4.00 and stays', async (path, text) => {
    const { client, read, write } = await behaviourSite({ client: { device: { utcOffset: 'Z', timezone: 'Etc/UTC' } } })
    device(client)
    const before = await read(path)
    expect(await write(path, text)).toBe('4.00')
    expect(await read(path)).toBe(before)
  })
})

describe('power and memory', () => {
  test('voltage and current have the resource instance of their source', async () => {
    const { client, read, failures } = await behaviourSite()
    const [volts$, amperes$, usb$] = [source<number>(), source<number>(), source<number>()]
    device(client, {
      powerSources: [
        { kind: 'internalBattery', voltage$: volts$, current$: amperes$ },
        { kind: 'usb', voltage$: usb$ },
      ],
    })
    expect(await read('/3/0/6')).toEqual({ 0: 1, 1: 5 })
    usb$.next(5_010)
    volts$.next(3_800)
    amperes$.next(-120)
    expect(await read('/3/0/7')).toEqual({ 0: 3_800, 1: 5_010 })
    expect(await read('/3/0/8')).toEqual({ 0: -120 })
    volts$.next(3.8)
    volts$.next(3_790)
    expect(await read('/3/0/7')).toEqual({ 0: 3_790, 1: 5_010 })
    expect(failures()).toMatchObject([{ path: '/3/0/7/0', cause: { code: 'INVALID_VALUE' } }])
  })

  test('the battery, and the memory that there is when it is read', async () => {
    const { client, read, failures } = await behaviourSite()
    const [level$, status$] = [source<number>(), source<number>()]
    let free = 100.9
    device(client, { battery: { level$, status$ }, memoryFree: () => free, memoryTotal: 512 })
    level$.next(80)
    level$.next(101)
    status$.next(1)
    expect(await read('/3/0/9')).toBe(80)
    expect(await read('/3/0/20')).toBe(1)
    expect(failures()).toHaveLength(1)
    expect(await read('/3/0/10')).toBe(100)
    free = 90
    expect(await read('/3/0/10')).toBe(90)
    expect(await read('/3/0/21')).toBe(512)
  })
})

test('Supported Binding and Modes tells queue mode while a binding has it', async () => {
  const { client, read, write, observe, seconds } = await behaviourSite()
  device(client)
  expect(await read('/3/0/16')).toBe('U')
  const told = await observe('/3/0/16')
  expect(await write('/1/0/7', 'UQ')).toBe('done')
  await seconds(1)
  expect(await read('/3/0/16')).toBe('UQ')
  expect(await write('/1/0/7', 'U')).toBe('done')
  await seconds(1)
  expect(told.map(line => line.split('=')[1])).toEqual(['"UQ"', '"U"'])
})

test('the version of the object that the client has is the one that lives; afterwards the instance stays as it is', async () => {
  const { client, read } = await behaviourSite({ client: { objects: [device12] } })
  const behaviour = device(client)
  expect(client.objects.definitions()).toContain(device12)
  expect(client.objects.definitions()).not.toContain(deviceObject)
  behaviour.addError(20)
  behaviour.unsubscribe()
  expect(await read('/3/0/11')).toEqual({ 0: 20 })
  expect(client.objects.get('/3/0/13')).toBeUndefined()
})
