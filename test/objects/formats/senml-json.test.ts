import { expect, test } from 'vitest'
import type { Path } from '../../../objects/path.ts'
import type { PathValue } from '../../../objects/path-value.ts'
import { badRequest, codec, device, malformed, typesObject } from './payloads.ts'

const senml = codec(110)
const write = (base: Path, values: readonly PathValue[]) => Buffer.from(senml.encode(base, values)).toString()
const read = (base: Path, text: string) => senml.decode(base, Buffer.from(text))

const deviceText =
  '[{"bn":"/3/0/","n":"0","vs":"Open Mobile Alliance"},{"n":"1","vs":"Lightweight M2M Client"},' +
  '{"n":"2","vs":"345000123"},{"n":"3","vs":"1.0"},{"n":"6/0","v":1},{"n":"6/1","v":5},{"n":"7/0","v":3800},' +
  '{"n":"7/1","v":5000},{"n":"8/0","v":125},{"n":"8/1","v":900},{"n":"9","v":100},{"n":"10","v":15},' +
  '{"n":"11/0","v":0},{"n":"13","v":1367491215},{"n":"14","vs":"+02:00"},{"n":"16","vs":"U"}]'

const at = (id: number) => [typesObject, 0, id]

test.each<[string, Path, string, readonly PathValue[]]>([
  ['Read /3/0', [3, 0], deviceText, device],
  ['a single resource', [3, 0, 0], '[{"bn":"/3/0/0","vs":"Open Mobile Alliance"}]', device.slice(0, 1)],
  ['a multiple resource', [3, 0, 7], '[{"bn":"/3/0/7/","n":"0","v":3800},{"n":"1","v":5000}]', device.slice(6, 8)],
  ['a resource instance', [3, 0, 7, 1], '[{"bn":"/3/0/7/1","v":5000}]', device.slice(7, 8)],
  ['an object', [3], '[{"bn":"/3/","n":"0/9","v":100}]', device.slice(10, 11)],
  [
    'several objects',
    [],
    '[{"bn":"/","n":"1/0/1","v":86400},{"n":"3/0/9","v":95}]',
    [
      { path: [1, 0, 1], value: 86400 },
      { path: [3, 0, 9], value: 95 },
    ],
  ],
  ['nothing', [3], '[]', []],
  ['unsigned', at(2), `[{"bn":"/9999/0/2","v":18446744073709551615}]`, [{ path: at(2), value: 2n ** 64n - 1n }]],
  ['integer', at(1), `[{"bn":"/9999/0/1","v":9223372036854775800}]`, [{ path: at(1), value: 9223372036854775800n }]],
  ['float', at(3), `[{"bn":"/9999/0/3","v":-0.5}]`, [{ path: at(3), value: -0.5 }]],
  ['boolean', at(4), `[{"bn":"/9999/0/4","vb":false}]`, [{ path: at(4), value: false }]],
  ['opaque', at(5), `[{"bn":"/9999/0/5","vd":"q83v"}]`, [{ path: at(5), value: new Uint8Array([0xab, 0xcd, 0xef]) }]],
  [
    'opaque in base64url',
    at(5),
    `[{"bn":"/9999/0/5","vd":"-_8"}]`,
    [{ path: at(5), value: new Uint8Array([251, 255]) }],
  ],
  ['time', at(6), `[{"bn":"/9999/0/6","v":1367491215}]`, [{ path: at(6), value: 1367491215 }]],
  [
    'object link',
    at(7),
    `[{"bn":"/9999/0/7","vlo":"3:65535"}]`,
    [{ path: at(7), value: { objectId: 3, instanceId: 65535 } }],
  ],
  ['core link', at(8), `[{"bn":"/9999/0/8","vs":"</3>;a=\\"b\\""}]`, [{ path: at(8), value: '</3>;a="b"' }]],
  ['removal', [3, 0, 7], `[{"bn":"/3/0/7/","n":"1","v":null}]`, [{ path: [3, 0, 7, 1], value: null }]],
])('%s', (_name, base, text, values) => {
  expect(write(base, values)).toBe(text)
  expect(read(base, text)).toEqual(values)
})

test('an object link may be a string', () => {
  const value = { objectId: 3, instanceId: 1 }
  expect(read(at(7), '[{"n":"/9999/0/7","vs":"3:1"}]')).toEqual([{ path: at(7), value }])
  expect(() => read(at(7), '[{"n":"/9999/0/7","vs":"3"}]')).toThrow(badRequest)
})

test('values with times are grouped by time, after those without', () => {
  const values = [
    { path: [3303, 0, 5700], value: 22.9, timeSeconds: 1.7e9 },
    { path: [3303, 0, 5700], value: 22.4, timeSeconds: 1.7e9 + 10.25 },
    { path: [3303, 0, 5701], value: 'Cel', timeSeconds: 1.7e9 },
    { path: [3303, 1, 5701], value: 'K' },
  ]
  const text =
    '[{"bn":"/3303/","n":"1/5701","vs":"K"},{"bt":1700000000,"n":"0/5700","v":22.9},{"n":"0/5701","vs":"Cel"},' +
    '{"bt":1700000010.25,"n":"0/5700","v":22.4}]'
  expect(write([3303], values)).toBe(text)
  expect(read([3303], text)).toEqual([values[3], values[0], values[2], values[1]])
})

test('places that are empty have no record', () => {
  expect(write([3], [{ path: [3, 0] }, { path: [3, 1, 7] }, { path: [3, 1, 9], value: 1 }])).toBe(
    '[{"bn":"/3/","n":"1/9","v":1}]',
  )
})

test('no bytes and an empty array are no values', () => {
  expect(read([3, 0, 7], '')).toEqual([])
  expect(read([3], '[]')).toEqual([])
  expect(() => read([3, 0, 9], '')).toThrow(badRequest)
  expect(() => read([3, 0, 7, 1], '[]')).toThrow(badRequest)
})

test.each([
  ['no base name', '[{"n":"/3/0/9","v":1}]'],
  ['no leading slash', '[{"bn":"3/0/","n":"9","v":1}]'],
  ['a base name cut within an identifier', '[{"bn":"/","n":"3/0/9","v":1}]'],
  ['fields in any order', '[{"v":1,"n":"9","bn":"/3/0/"}]'],
  ['a unit, an update time and unknown fields', '[{"bn":"/3/0/9","u":"%","bu":"%","ut":5,"bver":10,"x":[1,{}],"v":1}]'],
  ['a value as a fraction and with an exponent', '[{"n":"/3/0/9","v":10.0e-1}]'],
  ['a base value', '[{"n":"/3/0/9","bv":-4,"v":5}]'],
  ['a base value alone', '[{"n":"/3/0/9","bv":1}]'],
])('%s', (_name, text) => {
  expect(read([3, 0], text)).toEqual([{ path: [3, 0, 9], value: 1 }])
})

test('a base name may end within an identifier', () => {
  expect(read([3, 0, 11], '[{"bn":"/3/0/1","n":"1/0","v":0},{"n":"1/1","v":0}]')).toEqual([
    { path: [3, 0, 11, 0], value: 0 },
    { path: [3, 0, 11, 1], value: 0 },
  ])
})

test('base fields hold until they change', () => {
  const text =
    '[{"bn":"/3303/0/","bt":1699877805.766,"n":"5700","v":-128.8},{"n":"5701","t":-5,"vs":"a"},' +
    '{"bn":"/3303/1/","n":"5700","t":0.101,"v":-39.0},{"bt":1600000000,"n":"5700","v":1}]'
  expect(read([3303], text)).toEqual([
    { path: [3303, 0, 5700], value: -128.8, timeSeconds: 1699877805.766 },
    { path: [3303, 0, 5701], value: 'a', timeSeconds: 1699877800.766 },
    { path: [3303, 1, 5700], value: -39, timeSeconds: 1699877805.867 },
    { path: [3303, 1, 5700], value: 1, timeSeconds: 1600000000 },
  ])
})

test('a base value is added without losing digits', () => {
  expect(read(at(2), '[{"n":"/9999/0/2","bv":18446744073709551614,"v":1}]')[0]?.value).toBe(2n ** 64n - 1n)
  expect(read(at(3), '[{"n":"/9999/0/3","bv":0.5,"v":1}]')[0]?.value).toBe(1.5)
})

test('a time relative to now stays relative', () => {
  expect(read([3, 0, 9], '[{"n":"/3/0/9","t":-5,"v":1}]')).toEqual([{ path: [3, 0, 9], value: 1, timeSeconds: -5 }])
})

test.each([
  ['a place outside', '[{"n":"/3/1/9","v":1}]'],
  ['an integer with a fraction', '[{"n":"/3/0/9","v":5.5}]'],
  ['text for an integer', '[{"n":"/3/0/9","vs":"5"}]'],
  ['a boolean for an integer', '[{"n":"/3/0/9","vb":true}]'],
  ['a number for a string', '[{"n":"/3/0/0","v":5}]'],
  ['a number for a boolean', '[{"n":"/3/0/14","vb":true}]'],
  ['an integer of 65 bits', '[{"n":"/3/0/9","v":9223372036854775808}]'],
  ['a value of an instance', '[{"n":"/3/0","v":5}]'],
  ['a removal of an instance', '[{"n":"/3/0","v":null}]'],
  ['one value of a multiple resource', '[{"n":"/3/0/7","v":5}]'],
  ['an instance of a single resource', '[{"n":"/3/0/9/0","v":5}]'],
  ['half a surrogate pair', '[{"n":"/3/0/0","vs":"\\ud800"}]'],
])('%s is a bad request', (_name, text) => {
  expect(() => read([3, 0], text)).toThrow(badRequest)
})

test.each([
  ['an object', '{}'],
  ['a number', '1'],
  ['a record that is no object', '[1]'],
  ['a record in an array', '[[{"n":"/3/0/9","v":1}]]'],
  ['a record without a value', '[{"n":"/3/0/9"}]'],
  ['a record without a name', '[{"v":1}]'],
  ['a record of base fields only', '[{"bn":"/3/0/"},{"n":"9","v":1}]'],
  ['two values', '[{"n":"/3/0/9","v":1,"vs":"1"}]'],
  ['a value twice', '[{"n":"/3/0/9","v":1,"v":1}]'],
  ['a place twice', '[{"n":"/3/0/9","v":1},{"n":"/3/0/10","v":1},{"n":"3/0/9","v":2}]'],
  ['a sum', '[{"n":"/3/0/9","v":1,"s":1}]'],
  ['a base sum', '[{"n":"/3/0/9","v":1,"bs":1}]'],
  ['a label to be understood', '[{"n":"/3/0/9","v":1,"x_":1}]'],
  ['a later version', '[{"n":"/3/0/9","v":1,"bver":11}]'],
  ['text as a value', '[{"n":"/3/0/9","v":"1"}]'],
  ['a number as text', '[{"n":"/3/0/0","vs":1}]'],
  ['null as text', '[{"n":"/3/0/0","vs":null}]'],
  ['a number as a boolean', '[{"n":"/3/0/9","vb":1}]'],
  ['data that is not base64url', '[{"n":"/3/0/9","vd":"+/8"}]'],
  ['data with padding', '[{"n":"/3/0/9","vd":"-_8="}]'],
  ['a link that is none', '[{"n":"/3/0/9","vlo":"3"}]'],
  ['text as a time', '[{"n":"/3/0/9","v":1,"t":"1"}]'],
  ['an infinite time', '[{"n":"/3/0/9","v":1,"t":1e999}]'],
  ['a number as a name', '[{"n":9,"v":1}]'],
  ['a name that is no path', '[{"n":"/3/0/x","v":1}]'],
  ['a name with an empty identifier', '[{"n":"/3//9","v":1}]'],
  ['a name of five identifiers', '[{"n":"/3/0/7/0/0","v":1}]'],
  ['a name with the reserved identifier', '[{"n":"/3/0/65535","v":1}]'],
  ['a name of a megabyte', `[{"bn":"/3/0/${'0'.repeat(1_000_000)}","n":"9","v":1}]`],
  ['text that is not JSON', '[{"n":"/3/0/9","v":01}]'],
])('%s is malformed', (_name, text) => {
  expect(() => read([3, 0], text)).toThrow(malformed)
})

test('text that is not UTF-8 is malformed', () => {
  expect(() => senml.decode([3, 0, 0], Buffer.from('[{"n":"/3/0/0","vs":"\xff"}]', 'latin1'))).toThrow(malformed)
})

test('resources that the schema does not know are what the record shows', () => {
  expect(read([4711], '[{"bn":"/4711/0/","n":"0","v":1.5},{"n":"1/0","vs":"a"},{"n":"2","vd":"q83v"}]')).toEqual([
    { path: [4711, 0, 0], value: 1.5 },
    { path: [4711, 0, 1, 0], value: 'a' },
    { path: [4711, 0, 2], value: new Uint8Array([0xab, 0xcd, 0xef]) },
  ])
})

test('Table 7.5.6.-4: the null link in hexadecimal', () => {
  expect(read([66], '[{"bn":"/","n":"66/1/2","vlo":"FFFF:FFFF"}]')).toEqual([
    { path: [66, 1, 2], value: { objectId: 65535, instanceId: 65535 } },
  ])
})

test('Table 7.5.6.-3: times of a historical notification', () => {
  const text = '[{"bn":"/3303/","bt":25462634,"n":"1/5700","v":22.4,"t":-5},{"n":"1/5700","v":22.9,"t":-30}]'
  expect(read([3303, 1, 5700], text)).toEqual([
    { path: [3303, 1, 5700], value: 22.4, timeSeconds: 25462629 },
    { path: [3303, 1, 5700], value: 22.9, timeSeconds: 25462604 },
  ])
})

test('neither NaN nor infinity is written', () => {
  expect(() => write([3303, 0, 5700], [{ path: [3303, 0, 5700], value: Number.NaN }])).toThrow(
    expect.objectContaining({ code: 'INVALID_VALUE' }),
  )
})

test('a value of an executable resource is left to the operation to refuse', () => {
  expect(read([3, 0], '[{"n":"/3/0/4","vs":"x"}]')).toEqual([{ path: [3, 0, 4], value: 'x' }])
})
