import { expect, test } from 'vitest'
import { ValueError } from '../../objects/errors.ts'
import { checkValue, type ResourceType } from '../../objects/value.ts'

const safe = Number.MAX_SAFE_INTEGER

test.each<[ResourceType, unknown, unknown]>([
  ['integer', -(2n ** 63n), -(2n ** 63n)],
  ['integer', 2n ** 63n - 1n, 2n ** 63n - 1n],
  ['integer', -0, 0],
  ['integer', 5n, 5],
  ['integer', BigInt(safe), safe],
  ['integer', BigInt(safe) + 1n, BigInt(safe) + 1n],
  ['unsigned', 0n, 0],
  ['unsigned', 2n ** 64n - 1n, 2n ** 64n - 1n],
  ['time', -safe, -safe],
  ['time', BigInt(safe), safe],
  ['float', -0, -0],
  ['float', Number.MAX_VALUE, Number.MAX_VALUE],
  ['string', '', ''],
  ['string', '\u{1f600}', '\u{1f600}'],
  ['coreLink', '</3>', '</3>'],
  ['boolean', false, false],
  ['opaque', Buffer.of(1), Uint8Array.of(1)],
  ['objectLink', { objectId: 65535, instanceId: 65535 }, { objectId: 65535, instanceId: 65535 }],
])('%s %s is stored as %s', (type, value, stored) => {
  expect(checkValue(type, value)).toStrictEqual(stored)
})

test.each<[ResourceType, unknown]>([
  ['integer', -(2n ** 63n) - 1n],
  ['integer', 2n ** 63n],
  ['integer', safe + 1],
  ['integer', 0.5],
  ['integer', '5'],
  ['unsigned', -1],
  ['unsigned', -1n],
  ['unsigned', 2n ** 64n],
  ['time', BigInt(safe) + 1n],
  ['time', 0.5],
  ['float', Number.NaN],
  ['float', Number.POSITIVE_INFINITY],
  ['float', 5n],
  ['string', '\ud83d'],
  ['string', 'a\ude00'],
  ['string', null],
  ['coreLink', '\udfff'],
  ['boolean', 1],
  ['opaque', [1]],
  ['opaque', 'AQ=='],
  ['objectLink', { objectId: 65536, instanceId: 0 }],
  ['objectLink', { objectId: 0, instanceId: -1 }],
  ['objectLink', null],
  ['none', 1],
])('%s refuses %s', (type, value) => {
  expect(() => checkValue(type, value)).toThrow(ValueError)
})
