import { describe, expect, test } from 'vitest'
import { timer } from '../../../client/behaviours/timer.ts'
import { behaviourSite, listen } from '../../helpers/behaviour-site.ts'

const trigger = '/3340/0/5523'
const onOff = '/3340/0/5850'
const remaining = '/3340/0/5538'

describe.each([
  ['one-shot', 1],
  ['interval', 2],
])('%s', (_pattern, timerMode) => {
  test('a Trigger turns the output on for the delay; remaining and cumulative time go along', async () => {
    const { client, execute, observe, read, seconds } = await behaviourSite()
    const outputs = listen(timer(client, { values: { timerMode, delayDuration: 10 } }).output$)
    const told = await observe('/3340/0/5543')
    expect(await read(remaining)).toBe(0)
    expect(await execute(trigger)).toBe('done')
    await seconds(4)
    expect(await read(remaining)).toBeCloseTo(6, 0)
    expect(await read('/3340/0/5544')).toBeCloseTo(4, 0)
    expect(await execute(trigger)).toBe('4.05')
    await seconds(6)
    expect(outputs).toEqual([false, true, false])
    expect(told).toEqual(['0 5543=true', '10 5543=false'])
    await seconds(10)
    expect(await read('/3340/0')).toMatchObject({ 5534: 1, 5538: 0, 5543: false, 5544: 10, 5850: true })
  })

  test('the input going off ends it, and going on begins the next', async () => {
    const { client, execute, read, seconds, write } = await behaviourSite()
    const outputs = listen(timer(client, { values: { timerMode } }).output$)
    await execute(trigger)
    expect(await write(onOff, true)).toBe('done')
    expect(outputs).toEqual([false, true])
    expect(await write(onOff, false)).toBe('done')
    expect(outputs).toEqual([false, true, false])
    expect(await execute(trigger)).toBe('4.05')
    expect(await write(onOff, true)).toBe('done')
    expect(outputs).toEqual([false, true, false, true])
    await seconds(5)
    expect(outputs).toEqual([false, true, false, true, false])
    expect(await read('/3340/0/5534')).toBe(2)
  })
})

test('delay on pick-up: on after the delay, unless the input goes off before', async () => {
  const { client, execute, read, seconds, write } = await behaviourSite()
  const outputs = listen(timer(client, { values: { timerMode: 3, onOff: false } }).output$)
  await write(onOff, true)
  await seconds(4)
  await write(onOff, false)
  await seconds(60)
  expect(outputs).toEqual([false])
  await write(onOff, true)
  await seconds(4)
  expect(await execute(trigger)).toBe('4.05')
  expect(await read(remaining)).toBeCloseTo(1, 0)
  await seconds(2)
  expect(outputs).toEqual([false, true])
  await seconds(60)
  await write(onOff, false)
  expect(outputs).toEqual([false, true, false])
})

test('delay on drop-out: on with the input, off a delay after it, unless it comes back', async () => {
  const { client, seconds, read, write } = await behaviourSite()
  const outputs = listen(timer(client, { values: { timerMode: 4, onOff: false, minimumOffTime: 2 } }).output$)
  await write(onOff, true)
  await seconds(60)
  await write(onOff, false)
  await seconds(4)
  expect(await write(onOff, true)).toBe('done')
  await seconds(60)
  expect(outputs).toEqual([false, true])
  await write(onOff, false)
  await seconds(5.5)
  expect(outputs).toEqual([false, true, false])
  expect(await write(onOff, true)).toBe('4.05')
  expect(await read('/3340/0/5534')).toBe(1)
})

test('disabled, the output follows the input, and there is nothing to trigger', async () => {
  const { client, execute, write } = await behaviourSite()
  const outputs = listen(timer(client, { values: { timerMode: 0, onOff: false, minimumOffTime: 60 } }).output$)
  expect(await execute(trigger)).toBe('4.05')
  await write(onOff, true)
  expect(await execute(trigger)).toBe('4.05')
  await write(onOff, false)
  expect(await write(onOff, true)).toBe('done')
  expect(outputs).toEqual([false, true, false, true])
})

test('another mode ends the cycle, the same mode again does not', async () => {
  const { client, execute, seconds, write } = await behaviourSite()
  const outputs = listen(timer(client).output$)
  await execute(trigger)
  expect(await write('/3340/0/5526', 1)).toBe('done')
  expect(outputs).toEqual([false, true])
  expect(await write('/3340/0/5526', 3)).toBe('done')
  expect(outputs).toEqual([false, true, false])
  expect(await write('/3340/0/5526', 5)).toBe('4.00')
  expect(await write('/3340/0/5526', 0)).toBe('done')
  expect(outputs).toEqual([false, true, false, true])
  await seconds(60)
  expect(outputs).toHaveLength(4)
})

test('within the minimum off-time of the end, neither Trigger nor input begin a cycle', async () => {
  const { client, execute, read, seconds, write } = await behaviourSite()
  const behaviour = timer(client, { values: { delayDuration: 1, minimumOffTime: 10 } })
  await execute(trigger)
  await seconds(10)
  expect(await execute(trigger)).toBe('4.05')
  expect(() => behaviour.trigger()).toThrow(expect.objectContaining({ code: 'METHOD_NOT_ALLOWED' }))
  await write(onOff, false)
  expect(await write(onOff, true)).toBe('4.05')
  expect(await read(onOff)).toBe(false)
  await seconds(1.5)
  expect(await write(onOff, true)).toBe('done')
  expect(await read('/3340/0')).toMatchObject({ 5534: 2, 5543: true })
  await seconds(1)
})

test('counter and cumulative time are reset by a Write of 0, and of nothing else', async () => {
  const { client, execute, read, seconds, write } = await behaviourSite()
  timer(client)
  await execute(trigger)
  await seconds(3)
  for (const path of ['/3340/0/5534', '/3340/0/5544']) {
    expect(await write(path, 7)).toBe('4.00')
    expect(await write(path, 0)).toBe('done')
    expect(await read(path)).toBeLessThan(1)
  }
  await seconds(5)
  expect(await read('/3340/0/5544')).toBeCloseTo(2, 0)
  await execute(trigger)
  expect(await read('/3340/0/5534')).toBe(1)
  await seconds(5)
})

test('an observer of the instance is told of begin and end, not of every moment between', async () => {
  const { client, execute, observe, seconds } = await behaviourSite()
  timer(client, { values: { delayDuration: 100 } })
  const told = await observe('/3340/0')
  await execute(trigger)
  await seconds(101)
  expect(told).toHaveLength(2)
  expect(told[0]).toContain('5543=true')
  expect(told[1]).toContain('5543=false')
})

test('deleted by a server it stops, and one created there is new', async () => {
  const { client, clock, delete: deleteAt, execute, seconds, server } = await behaviourSite()
  const idle = clock.pendingTimers
  const outputs = listen(timer(client).output$)
  await execute(trigger)
  expect(await deleteAt('/3340/0')).toBe('done')
  expect(outputs).toEqual([false, true, false])
  expect(clock.pendingTimers).toBe(idle)
  await clock.until(server.create('urn:dev:os:1', '/3340', [{ path: [3340, 0, 5521], value: 2 }]))
  expect(outputs).toEqual([false, true, false])
  expect(await execute(trigger)).toBe('done')
  await seconds(2)
  expect(outputs).toEqual([false, true, false, true, false])
})

test('unsubscribed in the middle of a cycle it is off, and no timer runs', async () => {
  const { client, clock, execute } = await behaviourSite()
  const idle = clock.pendingTimers
  const behaviour = timer(client)
  const outputs = listen(behaviour.output$)
  await execute(trigger)
  behaviour.unsubscribe()
  expect(clock.pendingTimers).toBe(idle)
  expect(outputs).toEqual([false, true, false, 'completed'])
  expect(behaviour.instance.get('digitalState')).toBe(false)
  expect(await execute(trigger)).toBe('4.04')
  expect(() => behaviour.trigger()).toThrow(expect.objectContaining({ code: 'METHOD_NOT_ALLOWED' }))
})
