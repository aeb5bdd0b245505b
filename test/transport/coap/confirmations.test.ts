import { expect, test } from 'vitest'
import { Confirmations } from '../../../transport/coap/confirmations.ts'

const noToken = new Uint8Array(0)

function site() {
  const pings: Uint8Array[] = []
  const arrived: string[] = []
  const confirmations = new Confirmations(token => pings.push(token))
  const add = (name: string) => confirmations.add({ acknowledged: () => arrived.push(name) })
  return { pings, arrived, confirmations, add }
}

test('one Ping for all that was sent since the one before', () => {
  const { pings, arrived, confirmations, add } = site()
  for (const name of ['a', 'b', 'c']) add(name)
  expect(pings).toHaveLength(1)
  confirmations.pong(pings[0] ?? noToken)
  expect(arrived).toEqual(['a'])
  expect(pings).toHaveLength(2)
  confirmations.pong(pings[1] ?? noToken)
  expect(arrived).toEqual(['a', 'b', 'c'])
  expect(confirmations.size).toBe(0)
})

test('a Pong with the token of another Ping confirms nothing', () => {
  const { arrived, confirmations, add } = site()
  add('a')
  confirmations.pong(Buffer.of(0))
  confirmations.pong(Buffer.of(0, 0, 0, 9))
  expect(arrived).toEqual([])
})

test('a Pong without a token answers the Ping under way', () => {
  const { pings, arrived, confirmations, add } = site()
  confirmations.pong(noToken)
  add('a')
  expect(arrived).toEqual([])
  confirmations.pong(noToken)
  expect(arrived).toEqual(['a'])
  confirmations.pong(noToken)
  add('b')
  expect(pings).toHaveLength(2)
  expect(arrived).toEqual(['a'])
})
