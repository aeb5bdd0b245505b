import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Schema } from '../../../objects/formats/format.ts'
import { formatOf } from '../../../objects/formats/formats.ts'
import { prefixOfNames } from '../../../objects/formats/name-prefix.ts'
import { decodePaths, encodePaths } from '../../../objects/formats/path-list.ts'
import type { Path } from '../../../objects/path.ts'
import type { PathValue } from '../../../objects/path-value.ts'
import { endsAsADecoderMay, hex, malformed, toHex } from './payloads.ts'

/** A device behind a gateway with integers and text. */
const schema: Schema = {
  prefix: 'd01',
  resource: (_objectId, resourceId) => ({ type: resourceId === 0 ? 'string' : 'integer', multiple: false }),
}
const lwm2mCbor = 11_544
const named = [110, 112, 11_543, lwm2mCbor]

const encode = (contentFormat: number, base: Path, values: readonly PathValue[]) =>
  (formatOf(contentFormat) as NonNullable<ReturnType<typeof formatOf>>).encode(base, values, schema)
const decode = (contentFormat: number, base: Path, payload: string | Uint8Array) =>
  (formatOf(contentFormat) as NonNullable<ReturnType<typeof formatOf>>).decode(base, Buffer.from(payload), schema)

const company = { path: [3, 0, 0], value: 'Company A' }
const battery = { path: [3, 0, 9], value: 100 }

describe('LwM2M Gateway 1.1 §9, the prefix is part of names', () => {
  test('in SenML JSON of the base name', () => {
    expect(encode(110, [3, 0], [company, battery]).toString()).toBe(
      '[{"bn":"/d01/3/0/","n":"0","vs":"Company A"},{"n":"9","v":100}]',
    )
    expect(encode(110, [3, 0, 9], [battery]).toString()).toBe('[{"bn":"/d01/3/0/9","v":100}]')
    expect(encode(110, [], [battery]).toString()).toBe('[{"bn":"/d01/","n":"3/0/9","v":100}]')
  })

  test('in LwM2M CBOR of the outermost keys', () => {
    // {["d01", 3, 0]: {0: "Company A", 9: 100}}
    expect(toHex(encode(lwm2mCbor, [], [company, battery]))).toBe('a183636430310300a20069436f6d70616e792041091864')
    const device = [company, battery]
    // {"d01": {3: {0: {…}}}}, {["d01", 3]: {[0, 0]: …, [0, 9]: …}}, keys of indefinite length
    for (const written of [
      'a163643031a103a100a20069436f6d70616e792041091864',
      'a1826364303103a282000069436f6d70616e7920418200091864',
      'bf9f636430310300ffbf0069436f6d70616e792041091864ffff',
    ]) {
      expect(decode(lwm2mCbor, [], hex(written))).toEqual(device)
    }
  })

  test('in LwM2M JSON of the base name, or where that is missing perhaps of the names', () => {
    expect(encode(11_543, [3, 0], [battery]).toString()).toBe('{"bn":"/d01/3/0/","e":[{"n":"9","v":100}]}')
    expect(decode(11_543, [3, 0], '{"e":[{"n":"9","v":100}]}')).toEqual([battery])
    expect(decode(11_543, [3, 0], '{"e":[{"n":"/d01/3/0/9","v":100}]}')).toEqual([battery])
  })

  test.each([
    [110, '[{"bn":"/3/0/","n":"9","v":100}]'],
    [110, '[{"bn":"/d0/3/0/","n":"9","v":100}]'],
    [110, '[{"bn":"/d013/0/","n":"9","v":100}]'],
    [110, '[{"bn":"//d01/3/0/","n":"9","v":100}]'],
    [110, '[{"bn":"/d01","n":"3/0/9","v":100}]'],
    [110, '[{"bn":"/d01/","n":"/3/0/9","v":100}]'],
    [11_543, '{"bn":"/3/0/","e":[{"n":"9","v":100}]}'],
  ])('Content-Format %i: %s is not of the device', (contentFormat, text) => {
    expect(() => decode(contentFormat, [], text)).toThrow(malformed)
  })

  test.each([
    ['the key of a client', 'a103a100a1091864'],
    ['another device', 'a163643032a103a100a1091864'],
    ['two devices', 'a263643031a103a100a109186463643032a103a100a1091864'],
    ['the same twice', 'a263643031a103a100a109186463643031a103a100a1081864'],
    ['a prefix further in', 'a103a163643031a1091864'],
    ['no identifiers', 'a1636430311864'],
    ['an empty key', 'a18063643031'],
    ['an empty key without a length', 'a19fff63643031'],
  ])('LwM2M CBOR: %s is refused', (_what, written) => {
    expect(() => decode(lwm2mCbor, [], hex(written))).toThrow(malformed)
  })

  test('in lists of paths of each', () => {
    const paths = [[3, 0, 0], [3], []]
    expect(Buffer.from(encodePaths(320, paths, 'd01')).toString()).toBe(
      '[{"n":"/d01/3/0/0"},{"n":"/d01/3"},{"n":"/d01"}]',
    )
    for (const contentFormat of [110, 112, 320, 322]) {
      expect(decodePaths(contentFormat, encodePaths(contentFormat, paths, 'd01'), 'd01')).toEqual(paths)
    }
    expect(decodePaths(110, Buffer.from('[{"n":"/d01/"},{"bn":"d01/3","n":""}]'), 'd01')).toEqual([[], [3]])
  })

  test('and not where there are none', () => {
    expect(encode(0, [3, 0, 9], [battery]).toString()).toBe('100')
    expect(toHex(encode(11_542, [3, 0, 9], [battery]))).toBe('c10964')
  })
})

const id = fc.integer({ min: 0, max: 65_534 })

test('what is written with a prefix is read with it', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(id, id, fc.integer({ min: 1, max: 65_534 })), { minLength: 1, selector: String }),
      places => {
        const values = places.map((path, index) => ({ path, value: index }))
        for (const contentFormat of named) {
          const read = decode(contentFormat, [], encode(contentFormat, [], values))
          expect(new Map(read.map(({ path, value }) => [String(path), value]))).toEqual(
            new Map(values.map(({ path, value }) => [String(path), value])),
          )
        }
      },
    ),
    { seed: 1, numRuns: 50 },
  )
})

test('whatever comes, it is read or refused', () => {
  const written = named.map(contentFormat => [contentFormat, encode(contentFormat, [], [company, battery])] as const)
  fc.assert(
    fc.property(fc.constantFrom(...written), fc.nat(), fc.nat(255), ([contentFormat, payload], at, byte) => {
      const damaged = Buffer.from(payload)
      damaged[at % damaged.length] = byte
      expect(endsAsADecoderMay(() => decode(contentFormat, [], damaged))).toBe(true)
      expect(endsAsADecoderMay(() => prefixOfNames(contentFormat, damaged))).toBe(true)
    }),
    { seed: 1, numRuns: 2_000 },
  )
})

describe('what a composite operation is about', () => {
  const inJson = (...names: readonly string[]) =>
    prefixOfNames(320, Buffer.from(JSON.stringify(names.map(n => ({ n })))))

  test('is told by all of its names', () => {
    expect(inJson('/d01/3/0', 'd01/3303', '/d01')).toBe('d01')
    expect(inJson('/3/0', '3303', '/')).toBeUndefined()
    for (const contentFormat of [112, lwm2mCbor]) {
      expect(prefixOfNames(contentFormat, encode(contentFormat, [], [company, battery]))).toBe('d01')
    }
    expect(prefixOfNames(lwm2mCbor, hex('a103a100a1091864'))).toBeUndefined()
    expect(prefixOfNames(11_542, hex('c10964'))).toBeUndefined()
    expect(prefixOfNames(undefined, hex(''))).toBeUndefined()
  })

  test('is one thing', () => {
    const several = expect.objectContaining({ code: 'NOT_IMPLEMENTED' })
    expect(() => inJson('/d01/3', '/d02/3')).toThrow(several)
    expect(() => inJson('/d01/3', '/3')).toThrow(several)
    expect(() => inJson('/3', '/d01/3')).toThrow(several)
  })

  test('is found at once, however long the names are', () => {
    const records = Array.from({ length: 20_000 }, () => ({ n: 'd01' }))
    const payload = Buffer.from(JSON.stringify([{ bn: 'x'.repeat(500_000) }, ...records]))
    expect(prefixOfNames(110, payload)).toMatch(/^x{34}/)
  })
})
