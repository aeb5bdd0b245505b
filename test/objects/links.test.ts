import { expect, test } from 'vitest'
import { device, device10, device12 } from '../../objects/definitions/device.ts'
import { security } from '../../objects/definitions/security.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import type { EnablerVersion } from '../../objects/enabler.ts'
import { registrationLinks } from '../../objects/links.ts'
import { ObjectStore } from '../../objects/store.ts'

function storeWith(...definitions: Parameters<ObjectStore['define']>[0][]) {
  const store = new ObjectStore()
  for (const definition of definitions) store.define(definition)
  return store
}

test.each<[EnablerVersion, string]>([
  ['1.0', '</>;rt="oma.lwm2m",</3>;ver="1.1",</3/0>,</3303>;ver="1.1",</3303/0>,</3303/7>'],
  ['1.1', '</>;rt="oma.lwm2m";ct=112,</3/0>,</3303>;ver=1.1,</3303/0>,</3303/7>'],
  ['1.2', '</>;rt="oma.lwm2m";ct=112,</3>;ver=1.1,</3/0>,</3303>;ver=1.1,</3303/0>,</3303/7>'],
])('LwM2M %s tells the versions that it does not presume, in its own spelling', (enabler, links) => {
  const store = storeWith(device, temperature)
  store.createInstance(3, 0)
  store.createInstance(3303, 7)
  store.createInstance(3303, 0)
  expect(registrationLinks(store, enabler)).toBe(links)
})

test.each([
  ['1.0', device10],
  ['1.1', device],
  ['1.2', device12],
] as const)('LwM2M %s presumes its own version of Device', (enabler, definition) => {
  expect(registrationLinks(storeWith(definition), enabler)).toContain(',</3>')
  expect(registrationLinks(storeWith(definition), enabler)).not.toContain('ver')
})

test('an object without instances has a link, Security has none', () => {
  expect(registrationLinks(storeWith(security, device))).toBe('</>;rt="oma.lwm2m";ct=112,</3>')
})
