import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CoapOption, Code, noPayload } from '../../../transport/coap/message.ts'
import {
  decodeUint,
  findOption,
  findStrings,
  findUint,
  OptionNumber,
  pathOptions,
  stringOption,
  uintOption,
  unprocessableOption,
  withOption,
} from '../../../transport/coap/options.ts'

const messageWith = (...options: CoapOption[]) => ({ code: Code.get, options, payload: noPayload })
const option = (number: number, length = 0): CoapOption => ({ number, value: new Uint8Array(length) })

test('a uint takes no more bytes than it needs (RFC 7252 §3.2)', () => {
  const shortest: [value: number, hex: string][] = [
    [0, ''],
    [1, '01'],
    [255, 'ff'],
    [256, '0100'],
    [65_535, 'ffff'],
    [65_536, '010000'],
    [4_294_967_295, 'ffffffff'],
  ]
  for (const [value, hex] of shortest) {
    expect(Buffer.from(uintOption(OptionNumber.size1, value).value).toString('hex')).toBe(hex)
  }
})

test('a uint with leading zeros is the same number', () => {
  expect(decodeUint(new Uint8Array([0, 0, 1, 2]))).toBe(258)
})

test('a uint survives', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), value => {
      expect(findUint(messageWith(uintOption(OptionNumber.size1, value)), OptionNumber.size1)).toBe(value)
    }),
    { seed: 1 },
  )
})

describe('critical options that cannot be processed', () => {
  const refused: [name: string, options: CoapOption[], number: number][] = [
    ['an unknown one', [option(9)], 9],
    ['If-Match, of which nothing here knows', [option(1)], 1],
    ['Uri-Path of 256 bytes', [option(11, 256)], 11],
    ['Uri-Query of 256 bytes', [option(15, 256)], 15],
    ['Uri-Host without a byte', [option(3)], 3],
    ['Uri-Port of 3 bytes', [option(7, 3)], 7],
    ['Accept of 3 bytes', [option(17, 3)], 17],
    ['Block1 of 4 bytes', [option(27, 4)], 27],
    ['Block2 twice', [option(23, 1), option(23, 1)], 23],
    ['Accept twice', [option(17, 1), option(17, 1)], 17],
    ['Uri-Host twice', [option(3, 1), option(3, 1)], 3],
    ['one after elective ones', [option(6), option(12), option(19)], 19],
    ['one above two bytes of delta', [option(65_535)], 65_535],
  ]
  for (const [name, options, number] of refused) {
    test(name, () => expect(unprocessableOption(messageWith(...options))).toBe(number))
  }
})

describe('options that can be processed', () => {
  const accepted: [name: string, options: CoapOption[]][] = [
    ['Uri-Host and Uri-Port', [option(3, 9), option(7, 2)]],
    ['many Uri-Path and Uri-Query', [option(11, 1), option(11, 0), option(11, 255), option(15, 2), option(15, 2)]],
    ['an unknown elective one', [option(2), option(65_534, 900)]],
    ['an elective one twice or of a wrong length', [option(6, 1), option(6, 4), option(12, 3)]],
  ]
  for (const [name, options] of accepted) {
    test(name, () => expect(unprocessableOption(messageWith(...options))).toBeUndefined())
  }
})

test('an elective option of a wrong length counts as absent (RFC 7252 §5.4.3)', () => {
  expect(findOption(messageWith(option(OptionNumber.observe, 4)), OptionNumber.observe)).toBeUndefined()
  expect(findUint(messageWith(option(OptionNumber.contentFormat, 3)), OptionNumber.contentFormat)).toBeUndefined()
  expect(findOption(messageWith(option(OptionNumber.eTag, 0)), OptionNumber.eTag)).toBeUndefined()
})

test('of an elective option that is repeated the first counts (RFC 7252 §5.4.5)', () => {
  const message = messageWith(uintOption(OptionNumber.observe, 1), uintOption(OptionNumber.observe, 2))
  expect(findUint(message, OptionNumber.observe)).toBe(1)
})

test('a path is one option a segment, in order; the root has none', () => {
  const message = messageWith(...pathOptions(OptionNumber.uriPath, ['rd', 5, 'ä']))
  expect(findStrings(message, OptionNumber.uriPath)).toEqual(['rd', '5', 'ä'])
  expect(pathOptions(OptionNumber.uriPath, [])).toEqual([])
})

test('an option put among others keeps the ascending order', () => {
  const options = [option(3, 1), option(11, 1), option(11, 2), option(60)]
  const numbers = (list: readonly CoapOption[]) => list.map(({ number }) => number)
  expect(numbers(withOption(options, 6, option(6)))).toEqual([3, 6, 11, 11, 60])
  expect(numbers(withOption(options, 258, option(258)))).toEqual([3, 11, 11, 60, 258])
  expect(numbers(withOption(options, 1, option(1)))).toEqual([1, 3, 11, 11, 60])
  expect(numbers(withOption(options, 11, stringOption(11, 'x')))).toEqual([3, 11, 60])
  expect(numbers(withOption(options, 11, undefined))).toEqual([3, 60])
  expect(numbers(options)).toEqual([3, 11, 11, 60])
})
