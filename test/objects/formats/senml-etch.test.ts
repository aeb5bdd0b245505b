import { expect, test } from 'vitest'
import { badRequest, codec, hex, malformed, notAcceptable, toHex, unsupported } from './payloads.ts'

const patch = [
  { path: [3311, 0, 5850], value: false },
  { path: [3, 0, 7, 1], value: null },
]

test('a patch pack in JSON: null removes', () => {
  const text = '[{"bn":"/","n":"3311/0/5850","vb":false},{"n":"3/0/7/1","v":null}]'
  expect(Buffer.from(codec(320).encode([], patch)).toString()).toBe(text)
  expect(codec(320).decode([], Buffer.from(text))).toEqual(patch)
})

test('a patch pack in CBOR: null removes', () => {
  const written = '82a321612f006b333331312f302f3538353004f4a20067332f302f372f3102f6'
  expect(toHex(codec(322).encode([], patch))).toBe(written)
  expect(codec(322).decode([], hex(written))).toEqual(patch)
})

test('Table 7.5.6.-9: Write-Composite', () => {
  const text = '[{"n":"/3311/0/5850", "vb":false},\n{"n":"/3311/1/5850", "vb":false},\n{"n":"/3303/0/5700", "v":18}]'
  expect(codec(320).decode([], Buffer.from(text))).toEqual([
    { path: [3311, 0, 5850], value: false },
    { path: [3311, 1, 5850], value: false },
    { path: [3303, 0, 5700], value: 18 },
  ])
})

test.each([320, 322])('%i is for the root only', contentFormat => {
  expect(() => codec(contentFormat).encode([3, 0], [])).toThrow(notAcceptable)
  expect(() => codec(contentFormat).decode([3, 0], hex('80'))).toThrow(unsupported)
})

test('a record that removes an instance, and one without a value, are refused', () => {
  expect(() => codec(320).decode([], Buffer.from('[{"n":"/3/0","v":null}]'))).toThrow(badRequest)
  expect(() => codec(320).decode([], Buffer.from('[{"n":"/3/0/9"}]'))).toThrow(malformed)
})
