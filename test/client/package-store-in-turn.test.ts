import { expect, test } from 'vitest'
import { inTurn } from '../../client/package-store-in-turn.ts'
import { keptPackage } from '../helpers/kept-package.ts'

test('calls wait for one another, whoever makes them, also after one that fails', async () => {
  const kept = keptPackage(async call => {
    await Promise.resolve()
    if (call === 'append 2') throw new Error('full')
  })
  const [one, other] = [inTurn(kept.store), inTurn(kept.store)]
  const done = [
    one.clear(),
    other.append(Buffer.from('a')),
    one.append(Buffer.from('bc')),
    other.note({}),
    one.clear(),
    one.append(Buffer.from('def')),
  ]
  const results = await Promise.allSettled(done)
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ])
  expect(kept.calls).toEqual(['clear', 'append 1', 'append 2', 'note', 'clear', 'append 3'])
})

test.each(['append 1', 'clear'])('after %s has failed nothing is added until a clear succeeds', async failing => {
  const full = new Error('full')
  let isFull = true
  const kept = keptPackage(async call => {
    if (call === failing && isFull) throw full
  })
  const store = inTurn(kept.store)
  const began = failing === 'clear' ? store.clear() : store.append(Buffer.from('a'))
  const results = await Promise.allSettled([began, store.append(Buffer.from('bc')), store.append(Buffer.from('de'))])
  expect(results).toEqual(results.map(() => ({ status: 'rejected', reason: full })))
  expect(kept.calls).toEqual([failing])
  isFull = false
  await store.clear()
  await store.append(Buffer.from('f'))
  expect(kept.calls).toEqual([failing, 'clear', 'append 1'])
})

test('what is read is there when all calls until then are done', async () => {
  const kept = keptPackage(() => Promise.resolve())
  const store = inTurn(kept.store)
  void store.append(Buffer.from('abc'))
  const read: Uint8Array[] = []
  for await (const chunk of store.read()) read.push(chunk)
  expect(Buffer.concat(read).toString()).toBe('abc')
  expect(store.load()).toEqual({ note: undefined, bytes: 0 })
})

test('a store has one turn, and a turn is its own', () => {
  const { store } = keptPackage()
  expect(inTurn(store)).toBe(inTurn(store))
  expect(inTurn(inTurn(store))).toBe(inTurn(store))
})
