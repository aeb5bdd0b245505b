import { expect, test } from 'vitest'
import { codec, notAcceptable, typesObject, unsupported } from './payloads.ts'

const opaque = codec(42)
const path = [typesObject, 0, 5]

test('an opaque resource is its bytes, and the bytes are copied', () => {
  const value = new Uint8Array([0, 255, 1])
  const written = opaque.encodeOne(path, value)
  const payload = Uint8Array.from(written)
  const read = opaque.decodeOne(path, payload)
  value.fill(7)
  payload.fill(7)
  expect([...written]).toEqual([0, 255, 1])
  expect(read).toEqual(new Uint8Array([0, 255, 1]))
})

test('no bytes are an empty value', () => {
  expect(opaque.decodeOne(path, new Uint8Array())).toEqual(new Uint8Array())
})

test('an opaque resource instance is its bytes', () => {
  expect(opaque.decodeOne([typesObject, 0, 15, 3], new Uint8Array([1]))).toEqual(new Uint8Array([1]))
})

test('a resource of another type is neither written nor read', () => {
  expect(() => opaque.encodeOne([3, 0, 9], 100)).toThrow(notAcceptable)
  expect(() => opaque.decode([3, 0, 9], new Uint8Array([1]))).toThrow(unsupported)
})

test('a multiple resource and an instance are neither written nor read', () => {
  expect(() => opaque.encode([3, 0], [])).toThrow(notAcceptable)
  expect(() => opaque.decode([3, 0], new Uint8Array([1]))).toThrow(unsupported)
  expect(() => opaque.decode([typesObject, 0, 15], new Uint8Array([1]))).toThrow(unsupported)
})

test('a resource of unknown type is read as opaque', () => {
  expect(opaque.decodeOne([4711, 0, 1], new Uint8Array([1]))).toEqual(new Uint8Array([1]))
})
