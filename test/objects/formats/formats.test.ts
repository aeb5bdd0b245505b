import { expect, test } from 'vitest'
import { ContentFormat } from '../../../objects/formats/format.ts'
import { formatOf } from '../../../objects/formats/formats.ts'
import { badRequest, codec, device, hex, notAcceptable, toHex, typesObject, unsupported } from './payloads.ts'

test('every Content-Format but link-format is a data format', () => {
  for (const contentFormat of Object.values(ContentFormat)) {
    expect(formatOf(contentFormat)?.contentFormat).toBe(
      contentFormat === ContentFormat.link ? undefined : contentFormat,
    )
  }
})

test('an unknown Content-Format is none', () => {
  expect(formatOf(65000)).toBeUndefined()
})

test.each([
  [1541, 0, [3, 0, 0]],
  [1542, 11542, [3, 0]],
  [1543, 11543, [3, 0]],
])('the legacy number %i is %i, and answered with itself', (legacy, contentFormat, base) => {
  expect(formatOf(legacy)?.contentFormat).toBe(legacy)
  const values = base.length === 2 ? device : device.slice(0, 1)
  const written = codec(legacy).encode(base, values)
  expect(toHex(written)).toBe(toHex(codec(contentFormat).encode(base, values)))
  expect(codec(legacy).decode(base, written)).toEqual(values)
})

test('the legacy number 1544 is opaque, and answered with itself', () => {
  const path = [typesObject, 0, 5]
  expect(formatOf(1544)?.contentFormat).toBe(1544)
  expect(toHex(codec(1544).encodeOne(path, new Uint8Array([1, 2])))).toBe('0102')
  expect(codec(1544).decodeOne(path, hex('0102'))).toEqual(new Uint8Array([1, 2]))
})

test('formats of one place or one object refuse a composite', () => {
  for (const contentFormat of [0, 42, 60, 11542]) {
    expect(() => codec(contentFormat).encode([], device)).toThrow(notAcceptable)
  }
  for (const contentFormat of [0, 42, 60]) {
    expect(() => codec(contentFormat).decode([], hex('05'))).toThrow(unsupported)
  }
  expect(() => codec(11542).decode([], hex('c10905'))).toThrow(badRequest)
})
