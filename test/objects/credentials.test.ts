import { expect, test } from 'vitest'
import { securityCredentials } from '../../objects/credentials.ts'
import { security, security10 } from '../../objects/definitions/security.ts'
import { ObjectsApi } from '../../objects/objects.ts'
import { ObjectStore } from '../../objects/store.ts'

const account = { lwm2mServerUri: 'coaps://h', bootstrapServer: false, securityMode: 0 }
const bytes = (...values: number[]) => new Uint8Array(values)

test('are byte for byte what is stored, of this instance', () => {
  const store = new ObjectStore()
  store.define(security)
  const objects = new ObjectsApi(store)
  const binary = Uint8Array.from({ length: 256 }, (_, index) => index)
  objects.create(security, 0, {
    ...account,
    publicKeyOrIdentity: bytes(1),
    serverPublicKey: bytes(),
    secretKey: bytes(2),
  })
  objects.create(security, 3, {
    ...account,
    publicKeyOrIdentity: binary,
    serverPublicKey: bytes(0, 0xff),
    secretKey: bytes(0x80, 0),
    dtlsTlsCiphersuite: { 0: 0xc0a8, 7: 0x00a8 },
  })
  expect(securityCredentials(store, 3)).toEqual({
    publicKeyOrIdentity: binary,
    serverPublicKey: bytes(0, 0xff),
    secretKey: bytes(0x80, 0),
    suites: [0xc0a8, 0x00a8],
  })
  expect(securityCredentials(store, 0)).toMatchObject({ publicKeyOrIdentity: bytes(1), suites: [] })
})

test('of an instance that is not there, or of LwM2M 1.0, are empty where nothing is', () => {
  const store = new ObjectStore()
  store.define(security10)
  const nothing = { publicKeyOrIdentity: bytes(), serverPublicKey: bytes(), secretKey: bytes(), suites: [] }
  expect(securityCredentials(store, 0)).toEqual(nothing)
  new ObjectsApi(store).create(security10, 0, {
    ...account,
    publicKeyOrIdentity: bytes(1),
    serverPublicKey: bytes(),
    secretKey: bytes(2),
  })
  expect(securityCredentials(store, 0)).toEqual({ ...nothing, publicKeyOrIdentity: bytes(1), secretKey: bytes(2) })
})
