import { expect, test } from 'vitest'
import { AttributeTree } from '../../../objects/attributes/tree.ts'
import { temperature } from '../../../objects/definitions/temperature.ts'
import { ContentFormat } from '../../../objects/formats/format.ts'
import { perform } from '../../../objects/operations/perform.ts'
import { ObjectStore } from '../../../objects/store.ts'

test.each([
  ['1.0', ContentFormat.tlv],
  ['1.1', ContentFormat.senmlCbor],
  ['1.2', ContentFormat.senmlCbor],
] as const)('a Read without Accept of a client of LwM2M %s: Content-Format %i', (enablerVersion, contentFormat) => {
  const store = new ObjectStore()
  store.define(temperature)
  store.createInstance(3303, 0, [{ path: [3303, 0, 5700], value: 21.5 }])
  const context = { shortServerId: 1, attributes: new AttributeTree(), enablerVersion }
  for (const path of [[3303], [3303, 0], [3303, 0, 5700]]) {
    expect(perform(store, context, { kind: 'read', path })).toMatchObject({ contentFormat })
  }
})
