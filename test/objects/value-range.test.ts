import { expect, test } from 'vitest'
import type { ResourceType } from '../../objects/value.ts'
import { parseValueRange } from '../../objects/value-range.ts'

const intervals: readonly (readonly [text: string, type: ResourceType, range: readonly [number, number]])[] = [
  ['0..255', 'integer', [0, 255]],
  ['0...15', 'unsigned', [0, 15]],
  ['0-100', 'integer', [0, 100]],
  ['[1:4]', 'integer', [1, 4]],
  ['-110..-48', 'integer', [-110, -48]],
  ['-0..5', 'integer', [0, 5]],
  ['-1 .. 1', 'float', [-1, 1]],
  ['0.000001..1.0', 'float', [0.000001, 1]],
  ['1..64 bytes', 'string', [1, 64]],
  ['0-255 Bytes ', 'string', [0, 255]],
  ['16..32', 'opaque', [16, 32]],
  ['0..4294967295', 'time', [0, 4294967295]],
]

test.each(intervals)('"%s" bounds %s by %j', (text, type, range) => {
  expect(parseValueRange(text, type)).toStrictEqual(range)
})

const others: readonly (readonly [text: string, type: ResourceType])[] = [
  ['', 'integer'],
  ['0..', 'integer'],
  ['..5', 'integer'],
  ['5..1', 'integer'],
  ['8 bit', 'integer'],
  ['16-bit', 'integer'],
  ['255', 'integer'],
  ['32 bytes', 'string'],
  ['10,26', 'string'],
  ['16-32-48 bytes', 'opaque'],
  ['0 or 26 Bytes', 'string'],
  ['0: off 1: on', 'unsigned'],
  ['ON;OFF', 'float'],
  ['0..18446744073709551615', 'unsigned'],
  ['0.5..2.5', 'integer'],
  ['-1..5', 'string'],
  ['0..1', 'boolean'],
  ['0..1', 'objectLink'],
  ['0..1', 'none'],
  [`0..${'9'.repeat(400)}`, 'float'],
]

test.each(others)('"%s" is no interval of %s', (text, type) => {
  expect(parseValueRange(text, type)).toBeUndefined()
})
