import { expect, test } from 'vitest'
import { Interruption } from '../../shell/interruption.ts'

/** Whether the command is to end. */
async function isInterrupted({ interrupted }: Interruption): Promise<boolean> {
  let isOver = false
  void interrupted.then(() => {
    isOver = true
  })
  await Promise.resolve()
  return isOver
}

test('Ctrl-C ends the command, a second one finds nothing to end', async () => {
  const interruption = new Interruption()
  expect(await isInterrupted(interruption)).toBe(false)
  expect(interruption.interrupt()).toBe(true)
  expect(await isInterrupted(interruption)).toBe(true)
  expect(interruption.interrupt()).toBe(false)
})

test('Ctrl-C ends something within the command as long as there is something', async () => {
  const interruption = new Interruption()
  let running = 2
  interruption.onInterrupt(() => running-- > 0)
  expect([interruption.interrupt(), interruption.interrupt()]).toEqual([true, true])
  expect(await isInterrupted(interruption)).toBe(false)
  expect(interruption.interrupt()).toBe(true)
  expect(await isInterrupted(interruption)).toBe(true)
})

test('a request to terminate ends the command, whatever runs within', async () => {
  const interruption = new Interruption()
  interruption.onInterrupt(() => true)
  expect(interruption.terminate()).toBe(true)
  expect(await isInterrupted(interruption)).toBe(true)
  expect(interruption.interrupt()).toBe(false)
  expect(interruption.terminate()).toBe(false)
})
