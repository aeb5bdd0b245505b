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
    one.append(Buffer.from('def')),
  ]
  const results = await Promise.allSettled(done)
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
  expect(kept.calls).toEqual(['clear', 'append 1', 'append 2', 'note', 'append 3'])
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
