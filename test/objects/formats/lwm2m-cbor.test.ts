import { expect, test } from 'vitest'
import type { Path } from '../../../objects/path.ts'
import type { PathValue } from '../../../objects/path-value.ts'
import { badRequest, codec, device, hex, malformed, notAcceptable, toHex, typesObject } from './payloads.ts'

const cbor = codec(11544)
const at = (id: number) => [typesObject, 0, id]
/** {[9999, 0, id]: …} */
const entryAt = (id: number) => `a18319270f00${id.toString(16).padStart(2, '0')}`

const oma = '744f70656e204d6f62696c6520416c6c69616e6365'
const deviceMap =
  `ad00${oma}01764c69676874776569676874204d324d20436c69656e7402693334353030303132330363312e3006a20001010507` +
  'a200190ed80119138808a200187d011903840918640a0f0ba100000d1a5182428f0e662b30323a3030106155'
const serverMap = (id: string, minimum: string, storing: string) =>
  `a700${id}011a0001518002${minimum}03191770051a0001518006${storing}076155`

const servers: readonly PathValue[] = [
  [101, 300, true],
  [102, 600, false],
].flatMap(([id, minimum, storing], instance) => [
  { path: [1, instance, 0], value: id as number },
  { path: [1, instance, 1], value: 86400 },
  { path: [1, instance, 2], value: minimum as number },
  { path: [1, instance, 3], value: 6000 },
  { path: [1, instance, 5], value: 86400 },
  { path: [1, instance, 6], value: storing as boolean },
  { path: [1, instance, 7], value: 'U' },
])

test.each<[clause: string, base: Path, written: string, values: readonly PathValue[]]>([
  ['§7.5.4.1 Read /3/0/0', [3, 0, 0], `a183030000${oma}`, device.slice(0, 1)],
  ['§7.5.4.2 Read /3/0/6', [3, 0, 6], 'a183030006a200010105', device.slice(4, 6)],
  ['§7.5.4.3 Read /3/0', [3, 0], `a1820300${deviceMap}`, device],
  [
    '§7.5.4.4 Read /1',
    [1],
    `a101a200${serverMap('1865', '19012c', 'f5')}01${serverMap('1866', '190258', 'f4')}`,
    servers,
  ],
  [
    '§7.5.4.5 Read-Composite',
    [],
    `a2820300a200${oma}091864 830100011a00015180`,
    [
      { path: [3, 0, 0], value: 'Open Mobile Alliance' },
      { path: [3, 0, 9], value: 100 },
      { path: [1, 0, 1], value: 86400 },
    ],
  ],
  ['a resource instance', [3, 0, 7, 1], 'a18403000701191388', device.slice(7, 8)],
  ['an empty instance', [3, 0], 'a1820300a0', [{ path: [3, 0] }]],
  ['an empty instance among others', [2], 'a102a200a001a10005', [{ path: [2, 0] }, { path: [2, 1, 0], value: 5 }]],
  ['an empty multiple resource', [3, 0, 7], 'a183030007a0', [{ path: [3, 0, 7] }]],
  ['nothing', [3], 'a0', []],
  ['integer', at(1), `${entryAt(1)}3b7fffffffffffffff`, [{ path: at(1), value: -(2n ** 63n) }]],
  ['unsigned', at(2), `${entryAt(2)}1bffffffffffffffff`, [{ path: at(2), value: 2n ** 64n - 1n }]],
  ['float', at(3), `${entryAt(3)}f94200`, [{ path: at(3), value: 3 }]],
  ['boolean', at(4), `${entryAt(4)}f4`, [{ path: at(4), value: false }]],
  ['opaque', at(5), `${entryAt(5)}430102ff`, [{ path: at(5), value: new Uint8Array([1, 2, 255]) }]],
  ['time', at(6), `${entryAt(6)}20`, [{ path: at(6), value: -1 }]],
  ['object link', at(7), `${entryAt(7)}63333a31`, [{ path: at(7), value: { objectId: 3, instanceId: 1 } }]],
  ['core link', at(8), `${entryAt(8)}643c2f333e`, [{ path: at(8), value: '</3>' }]],
])('%s', (_clause, base, written, values) => {
  expect(toHex(cbor.encode(base, values))).toBe(toHex(hex(written)))
  expect(cbor.decode(base, hex(written))).toEqual(values)
})

test.each([
  ['§7.5.4.1, a map a level', `a103a100a100${oma}`],
  ['arrays of one identifier', `a18103a18100a18100${oma}`],
  ['an array below an identifier', `a103a1820000${oma}`],
  ['maps of indefinite length', `bf03bf00bf00${oma}ffffff`],
  ['an array of indefinite length', `a19f030000ff${oma}`],
  ['identifiers in more bytes than needed', `a1831803190000180 0${oma}`],
  ['text in chunks', 'a1830300007f644f70656e60 70204d6f62696c6520416c6c69616e6365 ff'],
])('%s', (_name, written) => {
  expect(cbor.decode([3, 0, 0], hex(written))).toEqual(device.slice(0, 1))
})

test('§7.5.4.6 Create: an array within an instance', () => {
  const values = (instanceId: number) => [
    { path: [2, instanceId, 0], value: 5 },
    { path: [2, instanceId, 1], value: 0 },
    { path: [2, instanceId, 2, 102], value: 0 },
    { path: [2, instanceId, 3], value: 101 },
  ]
  expect(cbor.decode([2], hex('a1820205a4000501008202186600031865'))).toEqual(values(5))
  expect(cbor.decode([2], hex('a1820219ffffa4000501008202186600031865'))).toEqual(values(65535))
})

test('an instance may be spread over several keys', () => {
  expect(cbor.decode([3, 0], hex('a2820300a10918648303000a0f'))).toEqual(device.slice(10, 12))
})

test.each([
  'c11a5182428f',
  'c074323031332d30352d30325431303a34303a31355a',
  `c07819${Buffer.from('2013-05-02T12:40:15+02:00').toString('hex')}`,
])('a time may have the tag of a time: %s', written => {
  expect(cbor.decodeOne(at(6), hex(entryAt(6) + written))).toBe(1367491215)
  expect(() => cbor.decode(at(1), hex(entryAt(1) + written))).toThrow(malformed)
})

test('objects come in the order of the values, what they hold in tree order', () => {
  const values = [
    { path: [3, 0, 9], value: 1 },
    { path: [1, 0, 1], value: 2 },
    { path: [3, 0, 0], value: 'a' },
  ]
  expect(toHex(cbor.encode([], values))).toBe('a2820300a200616109018301000102')
})

test.each([
  ['an array', '8100'],
  ['a number', '05'],
  ['text', '63616263'],
  ['null', 'f6'],
  ['a float as a key', 'a1f93c0005'],
  ['a negative key', 'a12005'],
  ['bytes as a key', 'a1410305'],
  ['text as a key', 'a16130a10005'],
  ['text within a key', 'a1830361300005'],
  ['an identifier of 65536', 'a18303001a0001000005'],
  ['the reserved identifier as an object', 'a119ffffa100a10005'],
  ['the reserved identifier as a resource', 'a183030019ffff05'],
  ['five identifiers', 'a185030006000005'],
  ['five levels', 'a18403000600a10005'],
  ['an empty map below a resource instance', 'a18403000600a0'],
  ['a value of an instance', 'a182030005'],
  ['a value of an object', 'a10305'],
  ['a key of no identifiers', 'a18005'],
  ['a key of no identifiers, of indefinite length', 'a19fff05'],
  ['a map cut short', 'a28303000905'],
  ['no break', 'bf8303000905'],
  ['a break instead of a value', 'bf83030009ff'],
  ['a break as a key', 'a1ff'],
  ['a key of indefinite length', 'a18303001f05'],
  ['bytes after the end', 'a1830300090500'],
  ['an array as a value', 'a1830300098105'],
  ['undefined', 'a183030009f7'],
  ['a bignum', 'a183030009c24101'],
  ['a map of two billion entries', 'ba7fffffff'],
  ['a key twice', 'a103a200a1090500a10a06'],
  ['an array twice', 'a2820300a10905820300a10a06'],
  ['a place twice', 'a2830300090503a100a10906'],
  ['a date that is none', 'a18303000dc063616263'],
  ['text that is not UTF-8', 'a18303000062c328'],
])('%s is malformed', (_name, written) => {
  expect(() => cbor.decode([3, 0], hex(written))).toThrow(malformed)
  expect(() => cbor.decode([], hex(written))).toThrow(malformed)
})

test.each([
  ['a place outside', 'a183030109 05'],
  ['null', 'a183030009f6'],
  ['text for an integer', 'a1830300096135'],
  ['an integer below 64 bits', 'a1830300093bffffffffffffffff'],
  ['a single value of a multiple resource', 'a18303000605'],
  ['an instance of a single resource', 'a1840300090005'],
  ['an empty single resource', 'a183030009a0'],
])('%s is a bad request', (_name, written) => {
  expect(() => cbor.decode([3, 0], hex(written))).toThrow(badRequest)
})

test('no bytes are no values', () => {
  expect(cbor.decode([3], hex(''))).toEqual([])
  expect(() => cbor.decode([3, 0, 9], hex(''))).toThrow(badRequest)
})

test('neither removals nor histories are written', () => {
  expect(() => cbor.encode([3, 0], [{ path: [3, 0, 9], value: null }])).toThrow(notAcceptable)
  const history = [1, 2].map(timeSeconds => ({ path: [3, 0, 9], value: 5, timeSeconds }))
  expect(() => cbor.encode([3, 0], history)).toThrow(notAcceptable)
})
