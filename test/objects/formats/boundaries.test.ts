import { expect, test } from 'vitest'
import type { Path } from '../../../objects/path.ts'
import { codec, toHex, typesObject } from './payloads.ts'

const signed: Path = [typesObject, 0, 1]
const unsigned: Path = [typesObject, 0, 2]
const largest = 2n ** 64n - 1n
const lowest = -(2n ** 63n)

const text = (payload: string) => Buffer.from(payload).toString('hex')
const name = (resource: number) => text(`/${typesObject}/0/${resource}`)

// The bytes are worked out by hand from the clauses, and read back to the last digit.
test.each<[clause: string, contentFormat: number, path: Path, value: bigint, payload: string]>([
  ['text (§7.5.1)', 0, unsigned, largest, text('18446744073709551615')],
  ['text (§7.5.1)', 0, signed, lowest, text('-9223372036854775808')],
  ['CBOR (RFC 8949 §3.1)', 60, unsigned, largest, '1bffffffffffffffff'],
  ['CBOR (RFC 8949 §3.1)', 60, signed, lowest, '3b7fffffffffffffff'],
  ['SenML JSON (RFC 8428 §5)', 110, unsigned, largest, text('[{"bn":"/9999/0/2","v":18446744073709551615}]')],
  ['SenML JSON (RFC 8428 §5)', 110, signed, lowest, text('[{"bn":"/9999/0/1","v":-9223372036854775808}]')],
  ['SenML CBOR (RFC 8428 §6)', 112, unsigned, largest, `81a22169${name(2)}021bffffffffffffffff`],
  ['SenML CBOR (RFC 8428 §6)', 112, signed, lowest, `81a22169${name(1)}023b7fffffffffffffff`],
  ['TLV (§7.5.5)', 11542, unsigned, largest, 'c80208ffffffffffffffff'],
  ['TLV (§7.5.5)', 11542, signed, lowest, 'c801088000000000000000'],
  ['LwM2M JSON (§7.5.6.1)', 11543, unsigned, largest, text('{"bn":"/9999/0/2","e":[{"v":18446744073709551615}]}')],
  ['LwM2M JSON (§7.5.6.1)', 11543, signed, lowest, text('{"bn":"/9999/0/1","e":[{"v":-9223372036854775808}]}')],
  ['LwM2M CBOR (§7.5.4)', 11544, unsigned, largest, 'a18319270f00021bffffffffffffffff'],
  ['LwM2M CBOR (§7.5.4)', 11544, signed, lowest, 'a18319270f00013b7fffffffffffffff'],
])('%s in %i at %j: %s', (_clause, contentFormat, path, value, payload) => {
  const { encodeOne, decodeOne } = codec(contentFormat)
  expect(toHex(encodeOne(path, value))).toBe(payload)
  expect(decodeOne(path, Buffer.from(payload, 'hex'))).toBe(value)
})

test.each([
  ['SenML-ETCH JSON (RFC 8790 §3)', 320, text('[{"bn":"/","n":"9999/0/2","v":18446744073709551615}]')],
  ['SenML-ETCH CBOR (RFC 8790 §3)', 322, `81a321612f0068${name(2).slice(2)}021bffffffffffffffff`],
])('%s in %i', (_clause, contentFormat, payload) => {
  const values = [{ path: unsigned, value: largest }]
  const { encode, decode } = codec(contentFormat)
  expect(toHex(encode([], values))).toBe(payload)
  expect(decode([], Buffer.from(payload, 'hex'))).toEqual(values)
})

const lengths = [0, 7, 8, 23, 24, 255, 256, 65_535, 65_536]

test.each([0, 42, 60, 110, 112, 11542, 11543, 11544])('opaque of every length at a boundary in %i', contentFormat => {
  const path: Path = [typesObject, 0, 5]
  const { encodeOne, decodeOne } = codec(contentFormat)
  for (const length of lengths) {
    const value = new Uint8Array(length).fill(0xa5)
    // Compared as text, which takes less time than byte by byte.
    expect(toHex(decodeOne(path, encodeOne(path, value)) as Uint8Array)).toBe(toHex(value))
  }
})
