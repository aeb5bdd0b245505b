import { expect, test } from 'vitest'
import { type BinaryAppDataOptions, binaryAppDataContainer } from '../../../client/behaviours/binary-app-data.ts'
import { OperationError } from '../../../objects/errors.ts'
import type { Value } from '../../../objects/value.ts'
import { behaviourSite, listen } from '../../helpers/behaviour-site.ts'
import { endpoint } from '../../helpers/site.ts'

async function containerSite(options: BinaryAppDataOptions = {}) {
  const site = await behaviourSite()
  const container = binaryAppDataContainer(site.client, options)
  const nowSeconds = () => Math.floor(site.clock.now() / 1000)
  const writePieces = (pieces: Readonly<Record<number, Value>>, others: Readonly<Record<number, Value>> = {}) => {
    const values = [
      ...Object.entries(pieces).map(([id, value]) => ({ path: [19, 0, 0, Number(id)], value })),
      ...Object.entries(others).map(([id, value]) => ({ path: [19, 0, Number(id)], value })),
    ]
    return site.clock.until(site.server.write(endpoint, '/19/0', values, { mode: 'update' }))
  }
  return { ...site, container, nowSeconds, writePieces, received: listen(container.received$) }
}

const bytes = (...all: number[]) => Uint8Array.from(all)

test('data put in place is told with its priority and the time at which it was made', async () => {
  const { container, read, observe, seconds, nowSeconds } = await containerSite({
    description: 'meter reading',
    format: 'YG-Meter',
    appId: 7,
  })
  const told = await observe('/19/0')
  container.put([bytes(1, 2), bytes(3)], 1)
  const madeSeconds = nowSeconds()
  await seconds(1)
  expect(told).toHaveLength(1)
  expect(await read('/19/0')).toEqual({
    '0/0': bytes(1, 2),
    '0/1': bytes(3),
    1: 1,
    2: madeSeconds,
    3: 'meter reading',
    4: 'YG-Meter',
    5: 7,
  })
  container.put([bytes(9)])
  expect(await read('/19/0')).toMatchObject({ '0/0': bytes(9), 1: 1, 2: nowSeconds() })
})

test('what a server writes is received when the Write is done, with the time at which it came', async () => {
  const { received, writePieces, read, seconds, nowSeconds } = await containerSite()
  await seconds(10)
  await writePieces({ 0: bytes(1) }, { 1: 2 })
  expect(received).toEqual([{ pieces: [bytes(1)], priority: 2, createdSeconds: nowSeconds() }])
  await seconds(10)
  await writePieces({ 1: bytes(2) })
  expect(received[1]).toEqual({ pieces: [bytes(1), bytes(2)], priority: 2, createdSeconds: nowSeconds() })
  expect(await read('/19/0/2')).toBe(nowSeconds())
  await writePieces({ 0: bytes(3) }, { 2: 1_000 })
  expect(received[2]).toMatchObject({ createdSeconds: 1_000 })
})

test('what the application puts is not received, nor is a Write of the rest', async () => {
  const { container, received, update } = await containerSite()
  container.put([bytes(1)])
  expect(await update('/19/0', { 1: 0, 3: 'text' })).toBe('done')
  expect(received).toEqual([])
})

test('a Write that is undone is not received, nor what is put after it', async () => {
  const { client, container, received, writePieces } = await containerSite()
  client.objects.onWrite('/19/0/3', {
    written: () => {
      throw new OperationError('CONFLICT', 'not now')
    },
  })
  await expect(writePieces({ 0: bytes(1) }, { 3: 'text' })).rejects.toMatchObject({ responseCode: 0x89 })
  container.put([bytes(2)])
  expect(received).toEqual([])
})

test('more than there is room for is 4.00: nothing is stored and nothing received', async () => {
  const { container, received, writePieces, read, update } = await containerSite({ maximumPieces: 2, maximumBytes: 4 })
  container.put([bytes(1)])
  const before = await read('/19/0')
  for (const pieces of [{ 2: bytes(1) }, { 1: bytes(1, 2, 3, 4, 5) }, { 0: bytes(5), 1: bytes(6), 7: bytes(7) }]) {
    await expect(writePieces(pieces)).rejects.toMatchObject({ responseCode: 0x80 })
  }
  for (const resource of [{ 1: 255 }, { 1: -1 }, { 3: 'x'.repeat(33) }, { 4: 'ä'.repeat(17) }, { 5: 65_536 }]) {
    expect(await update('/19/0', resource)).toBe('4.00')
  }
  await expect(writePieces({ 0: bytes(9) }, { 1: 300 })).rejects.toMatchObject({ responseCode: 0x80 })
  expect(await read('/19/0')).toEqual(before)
  expect(() => container.put([bytes(1), bytes(2), bytes(3)])).toThrow(
    expect.objectContaining({ code: 'INVALID_VALUE' }),
  )
  expect(() => container.put([bytes(1, 2, 3, 4, 5)])).toThrow(expect.objectContaining({ code: 'INVALID_VALUE' }))
  expect(() => container.put([bytes(1)], 255)).toThrow(expect.objectContaining({ code: 'INVALID_VALUE' }))
  expect(await read('/19/0')).toEqual(before)
  container.put([bytes(2)])
  expect(received).toEqual([])
})

test('`unsubscribe` ends what is received, and leaves the data', async () => {
  const { container, received, writePieces, read } = await containerSite()
  container.put([bytes(1)])
  container.unsubscribe()
  expect(received).toEqual(['completed'])
  await writePieces({ 0: bytes(2) })
  expect(await read('/19/0/0')).toEqual({ 0: bytes(2) })
})

test('data of a Write that is undone is not received, and nor is what the application puts there then', async () => {
  const { client, container, received, writePieces } = await containerSite()
  const remove = client.objects.onWrite('/19/0/1', {
    written: () => {
      throw new OperationError('BAD_REQUEST', 'not now')
    },
  })
  await expect(writePieces({ 0: bytes(1) }, { 1: 2 })).rejects.toMatchObject({ responseCode: 0x80 })
  remove()
  expect(container.instance.get('data')).toEqual({})
  container.instance.set({ data: { 0: bytes(2) } })
  expect(received).toEqual([])
})
