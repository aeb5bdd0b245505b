import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '../../client/fingerprint.ts'
import { ShapeError } from '../../client/json-reader.ts'
import { decodeState, encodeState, type SavedServer, type SavedState } from '../../client/saved-state.ts'
import { attributeTable } from '../../objects/attributes/attributes.ts'
import { formatPath } from '../../objects/path.ts'
import type { PathValue } from '../../objects/path-value.ts'
import { restoreSnapshot, takeSnapshot } from '../../objects/snapshot.ts'
import { ObjectStore } from '../../objects/store.ts'
import type { Value } from '../../objects/value.ts'
import { numberedState } from '../helpers/saved-states.ts'
import { setUp } from '../objects/operations/setting.ts'

const id = fc.integer({ min: 0, max: 65534 })
const linkId = fc.integer({ min: 0, max: 65535 })
const value: fc.Arbitrary<Value> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.boolean(),
  fc.double(),
  fc.constantFrom(-0, Number.NaN, Infinity, -Infinity, Number.MAX_SAFE_INTEGER),
  fc.bigInt(-(2n ** 63n), 2n ** 64n - 1n),
  fc.uint8Array({ maxLength: 64 }),
  fc.record({ objectId: linkId, instanceId: linkId }),
)
const objectIds = [0, 1, 2, 21]
const entry: fc.Arbitrary<PathValue> = fc
  .record({
    objectId: fc.constantFrom(...objectIds),
    below: fc.array(id, { minLength: 1, maxLength: 3 }),
    value: fc.option(value, { nil: undefined }),
  })
  .map(({ objectId, below, value: content }) => {
    const path = [objectId, ...below]
    if (path.length === 2) return { path }
    return content === undefined && path.length === 3 ? { path } : { path, value: content ?? 0 }
  })

const timeMs = fc.double({ min: 0, max: 1e15, noNaN: true })
/** `-0` in what its owner keeps as JSON is 0, as everywhere in JSON. */
const positiveZero = (data: unknown): unknown => JSON.parse(JSON.stringify(data))
const attributes = fc.dictionary(
  fc.array(id, { minLength: 1, maxLength: 4 }).map(formatPath),
  fc
    .record(Object.fromEntries(attributeTable.map(({ name }) => [name, fc.constantFrom(0, 1)])), { requiredKeys: [] })
    .filter(one => Object.keys(one).length > 0),
)
const reporting = { attributes, observations: fc.array(fc.jsonValue({ noUnicodeString: false }).map(positiveZero)) }
const server: fc.Arbitrary<SavedServer> = fc.record(
  {
    location: fc.array(fc.string({ unit: 'binary' })),
    version: fc.constantFrom('1.0' as const, '1.1' as const, '1.2' as const),
    registeredUntilMs: timeMs,
    told: fc.record({ lifetimeSeconds: fc.nat(), binding: fc.string(), links: fc.string(), others: fc.string() }),
    localPort: fc.integer({ min: 1, max: 65535 }),
    disabled: fc.record({ untilMs: timeMs }, { requiredKeys: [] }),
    ...reporting,
    devices: fc.dictionary(fc.constantFrom('d01', 'd02'), fc.record({ deviceId: fc.string(), ...reporting })),
  },
  { requiredKeys: ['location', 'attributes', 'observations'] },
)
const state: fc.Arbitrary<SavedState> = fc.record(
  {
    fingerprint: fc.string(),
    objects: fc.array(entry).map(entries => ({ objectIds, entries })),
    servers: fc.dictionary(fc.integer({ min: 1, max: 65534 }).map(String), server),
    bootstrapExpiry: fc.record({ securityInstanceId: id, atMs: timeMs }),
  },
  { requiredKeys: ['fingerprint', 'objects', 'servers'] },
)

const throughText = (saved: SavedState) => decodeState(JSON.parse(canonicalJson(encodeState(saved))))

test('what is encoded is decoded without loss, through text', () => {
  fc.assert(
    fc.property(state, original => {
      expect(throughText(original)).toStrictEqual(plain(original))
    }),
    { seed: 1, numRuns: 300 },
  )
})

test('the objects of a store are the same after a restart', () => {
  const { store } = setUp()
  store.createInstance(3303, 0, [{ path: [3303, 0, 5700], value: -0 }])
  store.set([32000, 0, 10], { objectId: 65535, instanceId: 65535 })
  store.set([32000, 0, 11], {})
  store.set([1, 0, 14], 2n ** 64n - 1n)
  store.set([3, 0, 13], -(2 ** 53 - 1))
  const restarted = new ObjectStore()
  for (const definition of store.objects()) restarted.define(definition)
  restoreSnapshot(restarted, throughText({ ...numberedState(1), objects: takeSnapshot(store) }).objects)
  expect(restarted.entries([])).toEqual(store.entries([]))
})

/** Without the null prototypes of fast-check. */
function plain<T>(data: T): T {
  if (typeof data !== 'object' || data === null || data instanceof Uint8Array) return data
  if (Array.isArray(data)) return data.map(plain) as T
  return Object.fromEntries(Object.entries(data).map(([name, member]) => [name, plain(member)])) as T
}

test('any JSON is a state or a ShapeError', () => {
  fc.assert(
    fc.property(fc.jsonValue(), data => {
      expect(() => decodeState(data)).toThrow(ShapeError)
    }),
    { seed: 1, numRuns: 500 },
  )
})

/** A document of a state, one place of which is replaced. */
function damaged(place: string, replacement: unknown): unknown {
  const document = JSON.parse(canonicalJson(encodeState(numberedState(7)))) as { [name: string]: unknown }
  const names = place.split('/')
  const last = names.pop() as string
  const holder = names.reduce((holder_, name) => holder_[name] as { [name: string]: unknown }, document)
  holder[last] = replacement
  return document
}

test.each<[string, unknown]>([
  ['fingerprint', 1],
  ['objects', []],
  ['objects/objectIds', [65535]],
  ['objects/objectIds', ['0']],
  ['objects/objectIds', [1]],
  ['objects/entries/0', '/0/0/0'],
  ['objects/entries/0', []],
  ['objects/entries/0', ['/0/0/0', 1, 2]],
  ['objects/entries/0', ['/0', 1]],
  ['objects/entries/0', ['/0/0', 1]],
  ['objects/entries/0', ['/0/0/0/0']],
  ['objects/entries/0', ['/0/0/0/0/0', 1]],
  ['objects/entries/0', ['/0/0/65535', 1]],
  ['objects/entries/0', ['/3/0/0', 1]],
  ['objects/entries/0/1', null],
  ['objects/entries/0/1', []],
  ['objects/entries/0/1', {}],
  ['objects/entries/0/1', { bytes: 'AA==', link: '1:1' }],
  ['objects/entries/0/1', { bytes: 'A' }],
  ['objects/entries/0/1', { bytes: 5 }],
  ['objects/entries/0/1', { integer: '1.5' }],
  ['objects/entries/0/1', { integer: '9'.repeat(21) }],
  ['objects/entries/0/1', { number: '5' }],
  ['objects/entries/0/1', { link: '1:65536' }],
  ['objects/entries/0/1', { other: 'x' }],
  ['servers', []],
  ['servers/0', {}],
  ['servers/65535', {}],
  ['servers/x', {}],
  ['servers/1', null],
  ['servers/1/location', 'rd'],
  ['servers/1/location', [1]],
  ['servers/1/version', '1.3'],
  ['servers/1/registeredUntilMs', null],
  ['servers/1/registeredUntilMs', -1],
  ['servers/1/told', []],
  ['servers/1/told', { lifetimeSeconds: 5 }],
  ['servers/1/told/lifetimeSeconds', '5'],
  ['servers/1/told/binding', 5],
  ['servers/1/told/links', undefined],
  ['servers/1/told/others', null],
  ['servers/1/localPort', 0],
  ['servers/1/localPort', 5.5],
  ['servers/1/disabled', true],
  ['servers/1/disabled', { untilMs: true }],
  ['servers/1/attributes', []],
  ['servers/1/attributes', { '/3/0': 5 }],
  ['servers/1/attributes', { '/x': {} }],
  ['servers/1/attributes', { '/3': { pminSeconds: -1 } }],
  ['servers/1/observations', {}],
  ['bootstrapExpiry', 'soon'],
  ['bootstrapExpiry', { securityInstanceId: 0 }],
  ['bootstrapExpiry', { securityInstanceId: 65535, atMs: 1 }],
  ['bootstrapExpiry', { securityInstanceId: 0, atMs: 'soon' }],
])('%s = %j is refused', (place, replacement) => {
  expect(() => decodeState(damaged('fingerprint', 'x'))).not.toThrow()
  expect(() => decodeState(damaged(place, replacement))).toThrow(ShapeError)
})

test('an error names the place and no value', () => {
  const text = 'secret'
  expect(() => decodeState(damaged('objects/entries/1/1', { bytes: text }))).toThrow(
    'state/objects/entries/1/1/bytes is not base64',
  )
  expect(() => decodeState(damaged('objects/entries/1/0', text))).toThrow('state/objects/entries/1/0 is not a path')
})

test('a state that could not be read again is not encoded', () => {
  const forEver = { ...numberedState(1), bootstrapExpiry: { securityInstanceId: 0, atMs: Infinity } }
  expect(() => encodeState(forEver)).toThrow('state/bootstrapExpiry/atMs is not a number in its range')
})
