import { runInThisContext } from 'node:vm'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ObjectDefinition, Operations } from '../../objects/definition.ts'
import { connectivityMonitoring10 } from '../../objects/definitions/connectivity-monitoring.ts'
import { location } from '../../objects/definitions/location.ts'
import { formatDefinition } from '../../objects/format-definition.ts'
import type { ResourceType } from '../../objects/value.ts'

test('a definition is written as the definitions of this project are', () => {
  expect(formatDefinition(location)).toBe(`\
export const location = defineObject({
  id: 6,
  name: 'Location',
  resources: {
    latitude: { id: 0, type: 'float', operations: 'R', mandatory: true, units: 'lat' },
    longitude: { id: 1, type: 'float', operations: 'R', mandatory: true, units: 'lon' },
    altitude: { id: 2, type: 'float', operations: 'R', units: 'm' },
    radius: { id: 3, type: 'float', operations: 'R', units: 'm' },
    velocity: { id: 4, type: 'opaque', operations: 'R' },
    timestamp: { id: 5, type: 'time', operations: 'R', mandatory: true },
    speed: { id: 6, type: 'float', operations: 'R', units: 'm/s' },
  },
})
`)
})

test('a line of more than 120 characters is broken', () => {
  expect(formatDefinition(connectivityMonitoring10)).toContain(`
    availableNetworkBearer: {
      id: 1,
      type: 'integer',
      operations: 'R',
      multiple: true,
      mandatory: true,
      range: [0, 50],
    },
`)
})

test('a name is quoted as the formatter does, and shows what it hides', () => {
  const named = (name: string) => formatDefinition({ id: 1, name, resources: {} }, 'x').split('\n')[2]
  expect(named(`Bob's`)).toBe(`  name: "Bob's",`)
  expect(named(`Bob's "x"`)).toBe(String.raw`  name: 'Bob\'s "x"',`)
  expect(named('a\\b\n\u202e')).toBe(String.raw`  name: 'a\\b\u{a}\u{202e}',`)
})

const types: readonly ResourceType[] = ['string', 'integer', 'unsigned', 'float', 'boolean', 'opaque', 'time', 'none']
const operations: readonly Operations[] = ['', 'R', 'W', 'RW', 'E']
const hostileText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(`'"\\`, '${x}', '*/', '__proto__', '\u2028'),
)
const yes = fc.constant(true)

const resource = fc.record(
  {
    id: fc.nat(65_534),
    type: fc.constantFrom(...types),
    operations: fc.constantFrom(...operations),
    multiple: yes,
    mandatory: yes,
    units: hostileText,
    range: fc.tuple(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer()),
  },
  { requiredKeys: ['id', 'type', 'operations'] },
)

const definitions: fc.Arbitrary<ObjectDefinition> = fc.record(
  {
    id: fc.nat(65_534),
    name: hostileText,
    version: fc.constantFrom('1.1', '2.0'),
    multiple: yes,
    mandatory: yes,
    // Defines each key as an own property, `__proto__` too.
    resources: fc.array(fc.tuple(hostileText, resource), { maxLength: 4 }).map(entries => Object.fromEntries(entries)),
  },
  { requiredKeys: ['id', 'name', 'resources'] },
)

test('what is written is a program that gives the definition again', () => {
  fc.assert(
    fc.property(definitions, definition => {
      const source = formatDefinition(definition).replace(/^export const \w+ = /, '')
      const program = runInThisContext(`defineObject => (${source})`) as (
        define: (value: unknown) => unknown,
      ) => unknown
      expect(program(value => value)).toEqual(definition)
    }),
    { seed: 1, numRuns: 300 },
  )
})
