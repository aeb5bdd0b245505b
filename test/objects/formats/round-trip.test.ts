import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { comparePaths, type Path } from '../../../objects/path.ts'
import type { PathValue } from '../../../objects/path-value.ts'
import { normalInteger, type ResourceType, sameValue, type Value } from '../../../objects/value.ts'
import { codec, types, typesObject } from './payloads.ts'

const edges = (bits: bigint) => [2n ** bits - 1n, 2n ** bits, 2n ** bits + 1n]
const magnitudes = [0n, 1n, ...[7n, 8n, 15n, 16n, 31n, 32n, 53n, 62n].flatMap(edges), 2n ** 63n - 1n]
const integers = [...magnitudes, ...magnitudes.map(value => -value), -(2n ** 63n)].map(normalInteger)
const unsigneds = [...magnitudes, ...edges(63n), 2n ** 64n - 1n].map(normalInteger)
const safeIntegers = integers.filter(value => typeof value === 'number')
const floats = [
  0,
  -0,
  -5e-324,
  2.2250738585072014e-308,
  -Number.MAX_VALUE,
  3.4028234663852886e38,
  1.401298464324817e-45,
  5.960464477539063e-8,
  65504,
  1 / 3,
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
  time: fc.oneof(fc.constantFrom(...safeIntegers), fc.maxSafeInteger()),
  objectLink: fc.record({ objectId: id, instanceId: id }, { noNullPrototype: true }),
  coreLink: string,
}
const valueOf = (type: ResourceType) => arbitraries[type] as fc.Arbitrary<Value>

/** Formats that carry several values, and those that carry one. */
const treeFormats = [110, 112, 1542, 1543, 11542, 11543, 11544]
const singleFormats = [0, 60, 1541, ...treeFormats]
const otherObject = typesObject + 1

/** What a store may hold below some objects, in tree order: values and empty multiple resources. */
const treeOf = (objectIds: readonly number[]) =>
  fc
    .uniqueArray(
      fc
        .tuple(fc.constantFrom(...objectIds), fc.nat(3), fc.nat(types.length - 1))
        .chain(([object, instance, index]) => {
          const value = valueOf(types[index] as ResourceType)
          const single = value.map((one): PathValue[] => [{ path: [object, instance, index], value: one }])
          const multiple = fc
            .uniqueArray(fc.tuple(fc.nat(65534), value), {
              maxLength: 4,
              selector: ([resourceInstance]) => resourceInstance,
            })
            .map(entries => contentOf([object, instance, index + 10], entries))
          return fc.oneof(single, multiple)
        }),
      { maxLength: 12, selector: values => values[0]?.path.slice(0, 3).join() },
    )
    .map(resources => resources.flat().sort((a, b) => comparePaths(a.path, b.path)))

function contentOf(path: Path, entries: readonly (readonly [number, Value])[]): PathValue[] {
  return entries.length === 0 ? [{ path }] : entries.map(([instance, value]) => ({ path: [...path, instance], value }))
}

/** What survives where a format has no form for emptiness. */
const withValues = (values: readonly PathValue[]) => values.filter(({ value }) => value !== undefined)
const saysEmptiness = (contentFormat: number) => [1542, 11542, 11544].includes(contentFormat)
const carried = (contentFormat: number, values: readonly PathValue[]) =>
  saysEmptiness(contentFormat) ? values : withValues(values)

function expectSame(read: readonly PathValue[], written: readonly PathValue[]): void {
  expect(read.map(({ path }) => path)).toEqual(written.map(({ path }) => path))
  for (const [index, { value }] of written.entries()) {
    const isSame = value === undefined ? read[index]?.value === undefined : isIdentical(read[index]?.value, value)
    expect(isSame, `${index}`).toBe(true)
  }
}

/** Equal to the bit: of two floats, zeros of different sign are different. */
function isIdentical(a: PathValue['value'], b: PathValue['value']): boolean {
  return typeof a === 'number' && typeof b === 'number' ? Object.is(a, b) : sameValue(a as Value, b as Value)
}

test.each(treeFormats)('%i carries an object there and back', contentFormat => {
  const { encode, decode } = codec(contentFormat)
  fc.assert(
    fc.property(treeOf([typesObject]), values =>
      expectSame(decode([typesObject], encode([typesObject], values)), carried(contentFormat, values)),
    ),
    { seed: 1, numRuns: 300 },
  )
})

test.each(treeFormats)('%i carries an instance and each of its resources there and back', contentFormat => {
  const { encode, decode } = codec(contentFormat)
  fc.assert(
    fc.property(treeOf([typesObject]), values => {
      const base = [typesObject, 0]
      const instance = values.filter(({ path }) => path[1] === 0)
      expectSame(decode(base, encode(base, instance)), carried(contentFormat, instance))
      for (const { path } of instance) {
        const resource = path.slice(0, 3)
        const content = instance.filter(value => value.path[2] === resource[2])
        expectSame(decode(resource, encode(resource, content)), carried(contentFormat, content))
      }
    }),
    { seed: 2, numRuns: 150 },
  )
})

test.each([110, 112, 320, 322, 1543, 11543, 11544])('%i carries a composite there and back', contentFormat => {
  const { encode, decode } = codec(contentFormat)
  fc.assert(
    fc.property(treeOf([typesObject, otherObject]), values =>
      expectSame(decode([], encode([], values)), carried(contentFormat, values)),
    ),
    { seed: 3, numRuns: 200 },
  )
})

test.each([110, 112, 320, 322])('%i carries removals and times there and back', contentFormat => {
  const { encode, decode } = codec(contentFormat)
  const time = fc.option(fc.oneof(fc.integer({ min: 1 }), fc.double({ min: 0.001, max: 4e9, noNaN: true })))
  fc.assert(
    fc.property(treeOf([typesObject]), fc.array(time), fc.array(fc.boolean()), (tree, times, removals) => {
      const values = withValues(tree).map(({ path, value }, index): PathValue => {
        const timeSeconds = times[index] ?? undefined
        const kept = removals[index] === true ? null : (value as Value)
        return timeSeconds === undefined ? { path, value: kept } : { path, value: kept, timeSeconds }
      })
      const read = decode([], encode([], values))
      const inOrder = (some: readonly PathValue[]) => [...some].sort((a, b) => comparePaths(a.path, b.path))
      expectSame(inOrder(read), inOrder(values))
      expect(inOrder(read).map(value => value.timeSeconds)).toEqual(inOrder(values).map(value => value.timeSeconds))
    }),
    { seed: 4, numRuns: 200 },
  )
})

const pairs = [
  ...singleFormats.flatMap(contentFormat => types.map(type => [contentFormat, type] as const)),
  ...[42, 1544].map(contentFormat => [contentFormat, 'opaque'] as const),
]

test.each(pairs)('%i carries a single %s there and back', (contentFormat, type) => {
  const { encodeOne, decodeOne } = codec(contentFormat)
  const index = types.indexOf(type)
  fc.assert(
    fc.property(valueOf(type), value => {
      for (const path of [
        [typesObject, 0, index],
        [typesObject, 0, index + 10, 5],
      ]) {
        expect(isIdentical(decodeOne(path, encodeOne(path, value)), value)).toBe(true)
      }
    }),
    { seed: 5, numRuns: 100 },
  )
})

test.each(singleFormats)('%i carries every edge of 64 bits, and of floats to the bit', contentFormat => {
  const { encodeOne, decodeOne } = codec(contentFormat)
  for (const [index, values] of [[1, integers] as const, [2, unsigneds] as const, [3, floats] as const]) {
    const path = [typesObject, 0, index]
    // toBe tells 0 from -0.
    for (const value of values) expect(decodeOne(path, encodeOne(path, value))).toBe(value)
  }
})

test.each(treeFormats.filter(saysEmptiness))('%i tells what is empty', contentFormat => {
  const { encode, decode } = codec(contentFormat)
  const empty = [{ path: [typesObject, 0] }, { path: [typesObject, 1, 11] }, { path: [typesObject, 2] }]
  expect(decode([typesObject], encode([typesObject], empty))).toEqual(empty)
})

test.each(treeFormats)('%i of an empty place is no values, and reads as such', contentFormat => {
  const { encode, decode } = codec(contentFormat)
  for (const base of [
    [typesObject, 0],
    [typesObject, 0, 11],
  ]) {
    expect(withValues(decode(base, encode(base, [{ path: base }])))).toEqual([])
  }
})
