import { expect, test } from 'vitest'
import { canonicalJson, fingerprint } from '../../client/fingerprint.ts'

test('equal values have equal fingerprints, whatever the order of their members', () => {
  const server = { uri: 'coaps://a', key: Uint8Array.of(1, 2), lifetimeSeconds: undefined }
  const same = { key: Buffer.from([1, 2]), uri: 'coaps://a' }
  expect(fingerprint([server], { a: 1 })).toBe(fingerprint([same], { a: 1 }))
  expect(fingerprint([server])).toMatch(/^[0-9a-f]{64}$/)
})

test.each<[unknown, unknown]>([
  [{ a: 1 }, { a: 2 }],
  [{ a: 1 }, { b: 1 }],
  [
    ['a', 'b'],
    ['b', 'a'],
  ],
  [['a,b'], ['a', 'b']],
  ['1', 1],
  [null, 'null'],
  [{}, []],
  [Uint8Array.of(1), Uint8Array.of(2)],
  [Uint8Array.of(1), [1]],
  [{ a: '"' }, { a: '\\"' }],
])('%j and %j have different ones', (a, b) => expect(fingerprint(a)).not.toBe(fingerprint(b)))

test('how values are grouped counts', () => {
  expect(fingerprint([1], [2])).not.toBe(fingerprint([1, 2]))
  expect(fingerprint()).not.toBe(fingerprint(undefined))
})

test.each([Number.NaN, Infinity, 1n, () => 0, Symbol.iterator, new Map(), new Date(0)])(
  'a value without JSON has none (%s)',
  value => expect(() => fingerprint({ value })).toThrow(TypeError),
)

test('canonical JSON is JSON, with the members in order', () => {
  expect(canonicalJson({ b: [1, undefined, { d: 'ä"', c: null }], a: undefined, ['__proto__']: true })).toBe(
    '{"__proto__":true,"b":[1,null,{"c":null,"d":"ä\\""}]}',
  )
})
