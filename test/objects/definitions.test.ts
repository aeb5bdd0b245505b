import { expect, test } from 'vitest'
import type { InstanceValues, ObjectDefinition } from '../../objects/definition.ts'
import { tableOf } from '../../objects/definition-table.ts'
import { defaultObjectVersion } from '../../objects/enabler.ts'
import * as objects from '../../objects/index.ts'

function isDefinition(value: unknown): value is ObjectDefinition {
  return typeof value === 'object' && value !== null && 'id' in value && 'resources' in value
}

const definitions = Object.entries<unknown>(objects).flatMap(([name, value]) =>
  isDefinition(value) ? [[name, value] as const] : [],
)

test.each(definitions)('%s is consistent', (_name, definition) => {
  const { resources } = tableOf(definition)
  expect(resources.length).toBeGreaterThan(0)
  for (const { name, type, operations, range } of resources) {
    expect(name).toMatch(/^[a-z][A-Za-z0-9]*$/)
    expect(type === 'none').toBe(operations === 'E')
    if (range !== undefined) expect(range[0]).toBeLessThanOrEqual(range[1])
  }
})

test('every object and version has one literal, its name without a suffix for the version of LwM2M 1.1', () => {
  const places = definitions.map(([, { id, version }]) => `${id} ${version ?? '1.0'}`)
  expect(new Set(places).size).toBe(places.length)
  const versioned = definitions.filter(([, { id }]) => definitions.filter(([, other]) => other.id === id).length > 1)
  for (const [name, { id, version = '1.0' }] of versioned) {
    const isDefault = version === defaultObjectVersion('1.1', id)
    expect(/\d+$/.exec(name)?.[0]).toBe(isDefault ? undefined : version.replace('.', ''))
  }
})

test.each(['1.0', '1.1', '1.2'] as const)('LwM2M %s has a literal of each of its objects', enabler => {
  for (const id of [0, 1, 2, 3, 4, 6, 7]) {
    const versions = definitions
      .filter(([, definition]) => definition.id === id)
      .map(([, { version }]) => version ?? '1.0')
    expect(versions).toContain(defaultObjectVersion(enabler, id))
  }
})

test('a newer version keeps the exact types of the older', () => {
  const values: InstanceValues<typeof objects.device12> = { batteryLevel: 50, errorCode: { 0: 32 } }
  const later: InstanceValues<typeof objects.server12> = { lifetime: 60, supportedServerVersions: { 0: '1.2' } }
  const secret: InstanceValues<typeof objects.oscore20> = { oscoreMasterSecret: Uint8Array.of(1) }
  const sensed: InstanceValues<typeof objects.humidity> = { sensorValue: 40, timestamp: 0 }
  // @ts-expect-error -- multiple
  const single: InstanceValues<typeof objects.device12> = { errorCode: 32 }
  // @ts-expect-error -- new in 1.2
  const earlier: InstanceValues<typeof objects.server> = { supportedServerVersions: { 0: '1.2' } }
  // @ts-expect-error -- bytes since 2.0
  const text: InstanceValues<typeof objects.oscore20> = { oscoreMasterSecret: '00' }
  // @ts-expect-error -- executable
  const executable: InstanceValues<typeof objects.humidity> = { resetMinAndMaxMeasuredValues: 1 }
  expect([values, later, secret, sensed, single, earlier, text, executable]).toHaveLength(8)
})
