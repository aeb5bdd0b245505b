import { expect, test } from 'vitest'
import { defineObject } from '../../objects/definition.ts'
import { accessControl } from '../../objects/definitions/access-control.ts'
import { connectivityMonitoring } from '../../objects/definitions/connectivity-monitoring.ts'
import { device, device10, device12 } from '../../objects/definitions/device.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import { defaultObjectVersion } from '../../objects/enabler.ts'
import { registrationLinks } from '../../objects/links.ts'
import { ObjectStore } from '../../objects/store.ts'

// LwM2M 1.0.2, LwM2M Core 1.1.1 and LwM2M Core 1.2.2, Appendix E.
test.each([
  [0, 'Security', '1.0', '1.1', '1.2'],
  [1, 'Server', '1.0', '1.1', '1.2'],
  [2, 'Access Control', '1.0', '1.0', '1.1'],
  [3, 'Device', '1.0', '1.1', '1.2'],
  [4, 'Connectivity Monitoring', '1.0', '1.2', '1.3'],
  [5, 'Firmware Update', '1.0', '1.0', '1.1'],
  [6, 'Location', '1.0', '1.0', '1.0'],
  [7, 'Connectivity Statistics', '1.0', '1.0', '1.0'],
  [21, 'OSCORE', '1.0', '1.0', '1.1'],
  [3303, 'an object outside the enabler', '1.0', '1.0', '1.0'],
])('object %i, %s, is %s, %s or %s when nothing is said', (objectId, _name, ...versions) => {
  expect((['1.0', '1.1', '1.2'] as const).map(enabler => defaultObjectVersion(enabler, objectId))).toEqual(versions)
})

function storeOf(...definitions: Parameters<ObjectStore['define']>[0][]): ObjectStore {
  const store = new ObjectStore()
  for (const definition of definitions) store.define(definition)
  return store
}

test('a registration tells the versions that the enabler does not presume', () => {
  const root = '</>;rt="oma.lwm2m";ct=112'
  const objects = [
    accessControl,
    connectivityMonitoring,
    temperature,
    defineObject({ id: 5, name: 'x', resources: {} }),
  ]
  expect(registrationLinks(storeOf(device, ...objects), '1.1')).toBe(`${root},</2>,</3>,</4>,</5>,</3303>;ver=1.1`)
  expect(registrationLinks(storeOf(device10), '1.1')).toBe(`${root},</3>;ver=1.0`)
  expect(registrationLinks(storeOf(device12, ...objects), '1.2')).toBe(
    `${root},</2>;ver=1.0,</3>,</4>;ver=1.2,</5>;ver=1.0,</3303>;ver=1.1`,
  )
})

test('a registration with LwM2M 1.0 names no format that it does not know', () => {
  expect(registrationLinks(storeOf(device10), '1.0')).toBe('</>;rt="oma.lwm2m",</3>')
})
