import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { comparePaths } from '../../../objects/path.ts'
import type { PathValue } from '../../../objects/path-value.ts'
import { normalInteger, type ResourceType, sameValue, type Value } from '../../../objects/value.ts'
import { codec, types, typesObject } from './payloads.ts'

const edges = (bits: bigint) => [2n ** bits - 1n, 2n ** bits, 2n ** bits + 1n]
const magnitudes = [0n, 1n, ...[7n, 8n, 15n, 16n, 31n, 32n, 53n, 62n].flatMap(edges), 2n ** 63n - 1n]
const integers = [...magnitudes, ...magnitudes.map(value => -value), -(2n ** 63n)].map(normalInteger)
const unsigneds = [...magnitudes, ...edges(63n), 2n ** 64n - 1n].map(normalInteger)
const floats = [
  0,
  21.5,
  0.1,
  1e21,
  -1e-7,
  5e-324,
  Number.MAX_VALUE,
  Number.MIN_SAFE_INTEGER,
  2 ** 53,
  2 ** 64,
  1.2345678901234567e19,
]

const integer = fc.oneof(
  fc.constantFrom(...integers),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(normalInteger),
)
const unsigned = fc.oneof(fc.constantFrom(...unsigneds), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(normalInteger))
const id = fc.nat(65535)
const string = fc.string({ unit: 'binary' })
const arbitraries: { readonly [T in ResourceType]?: fc.Arbitrary<Value> } = {
  string,
  integer,
  unsigned,
  float: fc.oneof(fc.constantFrom(...floats), fc.double({ noNaN: true, noDefaultInfinity: true })),
  boolean: fc.boolean(),
  opaque: fc.uint8Array({ maxLength: 300 }),
  time: integer,
  objectLink: fc.record({ objectId: id, instanceId: id }, { noNullPrototype: true }),
  coreLink: string,
}
const valueOf = (type: ResourceType) => arbitraries[type] as fc.Arbitrary<Value>

/** Single resources and resource instances of the types object, in tree order, each place once. */
const tree = fc
  .uniqueArray(
    fc.nat(types.length - 1).chain(index =>
      fc.tuple(fc.nat(3), fc.boolean(), fc.nat(65534), valueOf(types[index] as ResourceType)).map(
        ([instance, multiple, resourceInstance, value]): PathValue => ({
          path: multiple ? [typesObject, instance, index + 10, resourceInstance] : [typesObject, instance, index],
          value,
        }),
      ),
    ),
    { maxLength: 20, selector: ({ path }) => path.join() },
  )
  .map(values => values.sort((a, b) => comparePaths(a.path, b.path)))

function expectSame(read: readonly PathValue[], written: readonly PathValue[]): void {
  expect(read.map(({ path }) => path)).toEqual(written.map(({ path }) => path))
  for (const [index, { value }] of written.entries()) {
    expect(sameValue(read[index]?.value as Value, value as Value), `${index}`).toBe(true)
  }
}

test.each([110, 112, 11542])('%i carries an object there and back', contentFormat => {
  const { encode, decode } = codec(contentFormat)
  fc.assert(
    fc.property(tree, values => expectSame(decode([typesObject], encode([typesObject], values)), values)),
    { seed: 1, numRuns: 500 },
  )
})

test.each([110, 112, 11542])('%i carries an instance and each of its resources there and back', contentFormat => {
  const { encode, decode } = codec(contentFormat)
  fc.assert(
    fc.property(tree, values => {
      const instance = values.filter(({ path }) => path[1] === 0)
      const base = [typesObject, 0]
      expectSame(decode(base, encode(base, instance)), instance)
      for (const { path } of instance) {
        const resource = path.slice(0, 3)
        const content = instance.filter(value => value.path[2] === resource[2])
        expectSame(decode(resource, encode(resource, content)), content)
      }
    }),
    { seed: 2, numRuns: 200 },
  )
})

const single = [0, 60, 110, 112, 11542].flatMap(contentFormat => types.map(type => [contentFormat, type] as const))

test.each([...single, [42, 'opaque'] as const])('%i carries a single %s there and back', (contentFormat, type) => {
  const { encodeOne, decodeOne } = codec(contentFormat)
  const index = types.indexOf(type)
  fc.assert(
    fc.property(valueOf(type), value => {
      for (const path of [
        [typesObject, 0, index],
        [typesObject, 0, index + 10, 5],
      ]) {
        expect(sameValue(decodeOne(path, encodeOne(path, value)) ?? undefined, value)).toBe(true)
      }
    }),
    { seed: 3, numRuns: 200 },
  )
})

test.each([0, 60, 110, 112, 11542])('%i carries every edge of 64 bits', contentFormat => {
  const { encodeOne, decodeOne } = codec(contentFormat)
  for (const [index, values] of [[1, integers] as const, [2, unsigneds] as const, [3, floats] as const]) {
    const path = [typesObject, 0, index]
    for (const value of values) expect(decodeOne(path, encodeOne(path, value))).toBe(value === 0 ? 0 : value)
  }
})
