import { expect, test } from 'vitest'
import type { Path } from '../../../objects/path.ts'
import type { PathValue } from '../../../objects/path-value.ts'
import { badRequest, codec, device, invalidValue, malformed, notAcceptable, typesObject } from './payloads.ts'

const json = codec(11543)
const write = (base: Path, values: readonly PathValue[]) => Buffer.from(json.encode(base, values)).toString()
const read = (base: Path, text: string) => json.decode(base, Buffer.from(text))
const at = (id: number) => [typesObject, 0, id]

const deviceText =
  '{"bn":"/3/0/","e":[{"n":"0","sv":"Open Mobile Alliance"},{"n":"1","sv":"Lightweight M2M Client"},' +
  '{"n":"2","sv":"345000123"},{"n":"3","sv":"1.0"},{"n":"6/0","v":1},{"n":"6/1","v":5},{"n":"7/0","v":3800},' +
  '{"n":"7/1","v":5000},{"n":"8/0","v":125},{"n":"8/1","v":900},{"n":"9","v":100},{"n":"10","v":15},' +
  '{"n":"11/0","v":0},{"n":"13","v":1367491215},{"n":"14","sv":"+02:00"},{"n":"16","sv":"U"}]}'

const history = [500, 510, 520].map((timeSeconds, index) => ({ path: [3303, 0, 5700], value: index, timeSeconds }))

test.each<[string, Path, string, readonly PathValue[]]>([
  ['§7.5.6.1 Read /3/0', [3, 0], deviceText, device],
  ['a single resource', [3, 0, 0], '{"bn":"/3/0/0","e":[{"sv":"Open Mobile Alliance"}]}', device.slice(0, 1)],
  ['a multiple resource', [3, 0, 6], '{"bn":"/3/0/6/","e":[{"n":"0","v":1},{"n":"1","v":5}]}', device.slice(4, 6)],
  ['a resource instance', [3, 0, 7, 1], '{"bn":"/3/0/7/1","e":[{"v":5000}]}', device.slice(7, 8)],
  ['an object', [3], '{"bn":"/3/","e":[{"n":"0/9","v":100}]}', device.slice(10, 11)],
  ['several objects', [], '{"bn":"/","e":[{"n":"3/0/9","v":100}]}', device.slice(10, 11)],
  ['nothing', [3, 0, 7], '{"bn":"/3/0/7/","e":[]}', []],
  [
    'a history',
    [3303, 0, 5700],
    '{"bn":"/3303/0/5700","e":[{"v":0,"t":500},{"v":1,"t":510},{"v":2,"t":520}]}',
    history,
  ],
  ['unsigned', at(2), '{"bn":"/9999/0/2","e":[{"v":18446744073709551615}]}', [{ path: at(2), value: 2n ** 64n - 1n }]],
  ['float', at(3), '{"bn":"/9999/0/3","e":[{"v":-0.987}]}', [{ path: at(3), value: -0.987 }]],
  ['boolean', at(4), '{"bn":"/9999/0/4","e":[{"bv":true}]}', [{ path: at(4), value: true }]],
  ['opaque', at(5), '{"bn":"/9999/0/5","e":[{"sv":"-wE="}]}', [{ path: at(5), value: new Uint8Array([251, 1]) }]],
  [
    'object link',
    at(7),
    '{"bn":"/9999/0/7","e":[{"ov":"66:0"}]}',
    [{ path: at(7), value: { objectId: 66, instanceId: 0 } }],
  ],
  ['core link', at(8), '{"bn":"/9999/0/8","e":[{"sv":"</3>"}]}', [{ path: at(8), value: '</3>' }]],
])('%s', (_name, base, text, values) => {
  expect(write(base, values)).toBe(text.replace('-wE=', '+wE='))
  expect(read(base, text.replace('-wE=', '+wE='))).toEqual(values)
})

test.each([
  ['absolute names', [3, 0], '{"e":[{"n":"/3/0/9","v":1}]}'],
  ['relative names', [3, 0], '{"e":[{"n":"9","v":1}]}'],
  ['relative names below the root', [], '{"e":[{"n":"3/0/9","v":1}]}'],
  ['no name', [3, 0, 9], '{"e":[{"v":1}]}'],
  ['an empty name', [3, 0, 9], '{"bn":"","e":[{"n":"","v":1}]}'],
  ['the root as base name', [3, 0], '{"bn":"/","e":[{"n":"3/0/9","v":1}]}'],
  ['a base name without its slash', [3, 0], '{"bn":"3/0/","e":[{"n":"9","v":1}]}'],
  ['unknown fields', [3, 0], '{"x":{},"e":[{"n":"9","y":[],"v":1}],"bn":"/3/0/"}'],
])('%s', (_name, base, text) => {
  expect(read(base, text)).toEqual([{ path: [3, 0, 9], value: 1 }])
})

test('a base name may end within an identifier', () => {
  expect(read([3, 0, 11], '{"bn":"3/0/1","e":[{"n":"1/0","v":0},{"n":"1/1","v":0}]}')).toEqual([
    { path: [3, 0, 11, 0], value: 0 },
    { path: [3, 0, 11, 1], value: 0 },
  ])
})

test('times are relative to the base time, wherever it stands', () => {
  const text = '{"e":[{"n":"5700","v":22.9,"t":-30},{"n":"5700","v":22.4,"t":-5.5}],"bt":25462634,"bn":"/3303/0/"}'
  expect(read([3303, 0], text)).toEqual([
    { path: [3303, 0, 5700], value: 22.9, timeSeconds: 25462604 },
    { path: [3303, 0, 5700], value: 22.4, timeSeconds: 25462628.5 },
  ])
})

test('no bytes are no values', () => {
  expect(read([3, 0], '')).toEqual([])
  expect(() => read([3, 0, 9], '')).toThrow(badRequest)
  expect(() => read([3, 0, 9], '{"e":[]}')).toThrow(badRequest)
})

test.each([
  ['no entries', '{}'],
  ['an array', '[]'],
  ['entries that are no array', '{"e":{}}'],
  ['an entry that is no object', '{"e":[1]}'],
  ['an entry without a value', '{"bn":"/3/0/","e":[{"n":"9"}]}'],
  ['an entry of two values', '{"bn":"/3/0/","e":[{"n":"9","v":1,"sv":"1"}]}'],
  ['text as a number', '{"bn":"/3/0/","e":[{"n":"9","v":"1"}]}'],
  ['a number as text', '{"bn":"/3/0/","e":[{"n":"0","sv":1}]}'],
  ['null', '{"bn":"/3/0/","e":[{"n":"9","v":null}]}'],
  ['a number as a boolean', '{"bn":"/3/0/","e":[{"n":"9","bv":1}]}'],
  ['a link that is none', '{"bn":"/3/0/","e":[{"n":"9","ov":"3"}]}'],
  ['a place twice', '{"bn":"/3/0/","e":[{"n":"9","v":1},{"n":"9","v":2}]}'],
  ['a name that is no path', '{"bn":"/3/0/","e":[{"n":"x","v":1}]}'],
  ['a number as a name', '{"bn":"/3/0/","e":[{"n":9,"v":1}]}'],
  ['a number as a base name', '{"bn":3,"e":[{"n":"9","v":1}]}'],
  ['a base name that is no path', '{"bn":"urn:dev/","e":[{"n":"9","v":1}]}'],
  ['text as a time', '{"bn":"/3/0/","e":[{"n":"9","v":1,"t":"1"}]}'],
  ['a time out of range', '{"bn":"/3/0/","bt":1e308,"e":[{"n":"9","v":1,"t":1e308}]}'],
  ['a name of five identifiers', '{"bn":"/3/0/7/0/","e":[{"n":"0","v":1}]}'],
])('%s is malformed', (_name, text) => {
  expect(() => read([3, 0], text)).toThrow(malformed)
})

test('an object link may be a string', () => {
  const value = { objectId: 3, instanceId: 1 }
  expect(read(at(7), '{"bn":"/9999/0/7","e":[{"sv":"3:1"}]}')).toEqual([{ path: at(7), value }])
  expect(() => read(at(7), '{"bn":"/9999/0/7","e":[{"sv":"3"}]}')).toThrow(badRequest)
})

test('opaque that is not base64 is malformed', () => {
  expect(() => read(at(5), '{"bn":"/9999/0/5","e":[{"sv":"-wE="}]}')).toThrow(malformed)
})

test.each([
  ['a place outside', '{"bn":"/3/1/","e":[{"n":"9","v":1}]}'],
  ['text for an integer', '{"bn":"/3/0/","e":[{"n":"9","sv":"1"}]}'],
  ['a fraction for an integer', '{"bn":"/3/0/","e":[{"n":"9","v":1.5}]}'],
  ['a value of an instance', '{"bn":"/3/","e":[{"n":"0","v":1}]}'],
])('%s is a bad request', (_name, text) => {
  expect(() => read([3, 0], text)).toThrow(badRequest)
})

test('what JSON cannot say is not written', () => {
  expect(() => write([3, 0, 9], [{ path: [3, 0, 9], value: null }])).toThrow(notAcceptable)
  expect(() => write(at(3), [{ path: at(3), value: Number.NaN }])).toThrow(invalidValue)
})
