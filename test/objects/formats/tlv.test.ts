import { expect, test } from 'vitest'
import type { Path } from '../../../objects/path.ts'
import type { PathValue } from '../../../objects/path-value.ts'
import { badRequest, codec, device, hex, malformed, notAcceptable, toHex, typesObject } from './payloads.ts'

const tlv = codec(11542)
const at = (id: number) => [typesObject, 0, id]

const deviceResources =
  'c800144f70656e204d6f62696c6520416c6c69616e6365c801164c69676874776569676874204d324d20436c69656e74c80209333435303030313233' +
  'c303312e30860641000141010588070842000ed842011388870841007d42010384c10964c10a0f830b410000c40d5182428fc60e2b30323a3030c11055'

const vectors: readonly (readonly [name: string, base: Path, written: string, values: readonly PathValue[]])[] = [
  ['Read /3/0', [3, 0], deviceResources, device],
  ['Read /3', [3], `080079${deviceResources}`, device],
  [
    'Read /2, two instances',
    [2],
    '08000ec10001c101008302417f07c1037f 080212c10003c101008702417f0761013601c1037f',
    [
      { path: [2, 0, 0], value: 1 },
      { path: [2, 0, 1], value: 0 },
      { path: [2, 0, 2, 127], value: 7 },
      { path: [2, 0, 3], value: 127 },
      { path: [2, 2, 0], value: 3 },
      { path: [2, 2, 1], value: 0 },
      { path: [2, 2, 2, 127], value: 7 },
      { path: [2, 2, 2, 310], value: 1 },
      { path: [2, 2, 3], value: 127 },
    ],
  ],
  [
    'Read /1',
    [1],
    '08000fc10001c40100015180c10601c10755',
    [
      { path: [1, 0, 0], value: 1 },
      { path: [1, 0, 1], value: 86400 },
      { path: [1, 0, 6], value: true },
      { path: [1, 0, 7], value: 'U' },
    ],
  ],
  [
    'Read /65/0, object links',
    [65, 0],
    '88000c440000420000440100420001c8010d38363133383030373535353030c40212345678',
    [
      { path: [65, 0, 0, 0], value: { objectId: 66, instanceId: 0 } },
      { path: [65, 0, 0, 1], value: { objectId: 66, instanceId: 1 } },
      { path: [65, 0, 1], value: '8613800755500' },
      { path: [65, 0, 2], value: 305419896 },
    ],
  ],
  [
    'Read /66, a null link',
    [66],
    '080026c8000b6d79536572766963652031c8010f496e7465726e65742e31352e323334c40200430000' +
      '080126c8000b6d79536572766963652032c8010f496e7465726e65742e31352e323335c402ffffffff',
    [
      { path: [66, 0, 0], value: 'myService 1' },
      { path: [66, 0, 1], value: 'Internet.15.234' },
      { path: [66, 0, 2], value: { objectId: 67, instanceId: 0 } },
      { path: [66, 1, 0], value: 'myService 2' },
      { path: [66, 1, 1], value: 'Internet.15.235' },
      { path: [66, 1, 2], value: { objectId: 65535, instanceId: 65535 } },
    ],
  ],
  ['Read /3/0/9', [3, 0, 9], 'c10964', [{ path: [3, 0, 9], value: 100 }]],
  [
    'Read /3/0/6',
    [3, 0, 6],
    '8606410001410105',
    [
      { path: [3, 0, 6, 0], value: 1 },
      { path: [3, 0, 6, 1], value: 5 },
    ],
  ],
  ['Read /3/0/6/1', [3, 0, 6, 1], '410105', [{ path: [3, 0, 6, 1], value: 5 }]],
  ['an empty object', [3], '', []],
  ['an empty instance among others', [2], '00000301c10005', [{ path: [2, 0] }, { path: [2, 1, 0], value: 5 }]],
  ['an empty multiple resource', [3, 0], '8007', [{ path: [3, 0, 7] }]],
  ['an empty multiple resource by itself', [3, 0, 7], '8007', [{ path: [3, 0, 7] }]],
]

test.each(vectors)('%s', (_name, base, written, values) => {
  expect(toHex(tlv.encode(base, values))).toBe(toHex(hex(written)))
  expect(tlv.decode(base, hex(written))).toEqual(values)
})

test('an empty instance by itself is no bytes', () => {
  expect(toHex(tlv.encode([3, 0], [{ path: [3, 0] }]))).toBe('')
  expect(tlv.decode([3, 0], hex(''))).toEqual([])
})

test.each([
  [0, '00'],
  [127, '7f'],
  [128, '0080'],
  [255, '00ff'],
  [32767, '7fff'],
  [32768, '00008000'],
  [2147483647, '7fffffff'],
  [2147483648, '0000000080000000'],
  [2 ** 53 - 1, '001fffffffffffff'],
  [2n ** 63n - 1n, '7fffffffffffffff'],
])('the integer %s takes the fewest bytes, signed and unsigned', (value, written) => {
  const length = (written.length / 2).toString(16)
  for (const id of typeof value === 'bigint' ? [1, 2] : [1, 2, 6]) {
    const bytes = written.length === 16 ? `c80${id}08${written}` : `c${length}0${id}${written}`
    expect(toHex(tlv.encodeOne(at(id), value))).toBe(bytes)
    expect(tlv.decodeOne(at(id), hex(bytes))).toBe(value)
  }
})

test.each([
  [-1, 'c101ff'],
  [-128, 'c10180'],
  [-129, 'c201ff7f'],
  [-32768, 'c2018000'],
  [-32769, 'c401ffff7fff'],
  [-2147483648, 'c40180000000'],
  [-2147483649, 'c80108ffffffff7fffffff'],
  [-(2n ** 63n), 'c801088000000000000000'],
])('the integer %s is in two’s complement', (value, written) => {
  expect(toHex(tlv.encodeOne(at(1), value))).toBe(written)
  expect(tlv.decodeOne(at(1), hex(written))).toBe(value)
})

test.each([
  ['c102ff', 255],
  ['c202ffff', 65535],
  ['c402ffffffff', 4294967295],
  ['c80208ffffffffffffffff', 2n ** 64n - 1n],
])('%s is unsigned', (written, value) => {
  expect(tlv.decodeOne(at(2), hex(written))).toBe(value)
})

test('2^64 − 1 takes eight bytes', () => {
  expect(toHex(tlv.encodeOne(at(2), 2n ** 64n - 1n))).toBe('c80208ffffffffffffffff')
})

test.each([
  [21.5, 'c40341ac0000'],
  [0.1, 'c803083fb999999999999a'],
  [1e300, 'c803087e37e43c8800759c'],
])('the float %s takes four bytes where nothing is lost', (value, written) => {
  expect(toHex(tlv.encodeOne(at(3), value))).toBe(written)
  expect(tlv.decodeOne(at(3), hex(written))).toBe(value)
})

test.each([0, 7, 8, 255, 256, 65535, 65536, 70000])('a length of %i', length => {
  const value = new Uint8Array(length).fill(0xab)
  const written = tlv.encodeOne(at(5), value)
  const header =
    length < 8
      ? `c${length}05`
      : length < 256
        ? `c805${toHex(Uint8Array.of(length))}`
        : length < 65536
          ? `d005${length.toString(16).padStart(4, '0')}`
          : `d805${length.toString(16).padStart(6, '0')}`
  expect(toHex(written.subarray(0, header.length / 2))).toBe(header)
  expect(written.length).toBe(header.length / 2 + length)
  expect(tlv.decodeOne(at(5), written)).toEqual(value)
})

test('a value of 2^24 bytes is not acceptable', () => {
  expect(() => tlv.encodeOne(at(5), new Uint8Array(2 ** 24))).toThrow(notAcceptable)
})

test.each([
  [255, 'c1ff01'],
  [256, 'e1010001'],
  [65534, 'e1fffe01'],
])('the identifier %i', (id, written) => {
  expect(toHex(tlv.encodeOne([4711, 0, id], 1))).toBe(written)
  expect(tlv.decodeOne([4711, 0, id], hex(written))).toEqual(new Uint8Array([1]))
})

test('an identifier below 256 may take two bytes', () => {
  expect(tlv.decodeOne([3, 0, 9], hex('e1000964'))).toBe(100)
})

test('a length below 8 may take a field, whatever the last bits of the type', () => {
  expect(tlv.decodeOne([3, 0, 9], hex('cf090164'))).toBe(100)
  expect(tlv.decodeOne([3, 0, 9], hex('d809 000001 64'))).toBe(100)
})

test('an enclosing instance or resource of the right identifier is tolerated', () => {
  expect(tlv.decode([3, 0], hex(`080079${deviceResources}`))).toEqual(device)
  expect(tlv.decode([3, 0, 9], hex('0300c10964'))).toEqual([{ path: [3, 0, 9], value: 100 }])
  expect(tlv.decode([3, 0, 6, 1], hex('8306410105'))).toEqual([{ path: [3, 0, 6, 1], value: 5 }])
})

test('resource instances may come without their resource', () => {
  expect(tlv.decode([3, 0, 6], hex('410001410105'))).toEqual([
    { path: [3, 0, 6, 0], value: 1 },
    { path: [3, 0, 6, 1], value: 5 },
  ])
})

test.each<[string, Path, string]>([
  ['an enclosing instance of another identifier', [3, 0], '0301c10964'],
  ['an enclosing instance of another identifier', [3, 0, 9], '0301c10964'],
  ['another resource', [3, 0, 9], 'c10a64'],
  ['another resource beside', [3, 0, 9], 'c10964c10a64'],
  ['another resource instance', [3, 0, 6, 0], '410105'],
  ['another resource instance beside', [3, 0, 6, 1], '410001410105'],
  ['a second instance', [3, 0], '0300c109640301c10964'],
  ['resources without an instance', [3], 'c10964'],
  ['resource instances without a resource', [3, 0], '410001'],
  ['a root', [], '0300c10964'],
  ['a single value of a multiple resource', [3, 0], 'c10601'],
  ['resource instances of a single resource', [3, 0], '8309410064'],
  ['no resource instances of a single resource', [3, 0], '8009'],
  ['no value of a single resource', [3, 0, 9], ''],
  ['no value of a resource instance', [3, 0, 6, 1], ''],
  ['a number that is none', at(3), 'c4037fc00000'],
])('%s at %j is a bad request', (_name, base, written) => {
  expect(() => tlv.decode(base, hex(written))).toThrow(badRequest)
})

test.each<[string, Path, string]>([
  ['a resource twice', [3, 0], 'c10964c10964'],
  ['a resource instance twice', [3, 0], '8606410001410005'],
  ['an instance twice', [2], '00000000'],
  ['an instance among resources', [3, 0], 'c109640300c10a64'],
  ['a resource within a resource', [3, 0], '8306c10964'],
  ['a resource instance within an instance', [3], '0300410001'],
  ['an instance within an instance', [3], '02000000'],
  ['a length beyond the end', [3, 0], 'c20964'],
  ['a length beyond the end of its instance', [3], '0300c20964'],
  ['24 bits of length', [3, 0], 'd809ffffff64'],
  ['11 bytes of garbage', [3, 0], 'ffffffffffffffffffffff'],
  ['the reserved identifier', [3, 0], 'e1ffff64'],
  ['an integer of no bytes', at(1), 'c001'],
  ['an integer of three bytes', at(1), 'c301000001'],
  ['an unsigned integer of five bytes', at(2), 'c5020000000001'],
  ['a float of two bytes', at(3), 'c2030000'],
  ['a boolean of 2', at(4), 'c10402'],
  ['a boolean of two bytes', at(4), 'c2040001'],
  ['an object link of three bytes', at(7), 'c307000000'],
  ['a string that is not UTF-8', at(0), 'c100ff'],
])('%s at %j is malformed', (_name, base, written) => {
  expect(() => tlv.decode(base, hex(written))).toThrow(malformed)
})

test('resources that the schema does not know, and executable ones, are read as opaque', () => {
  expect(tlv.decode([3, 0], hex('c10405'))).toEqual([{ path: [3, 0, 4], value: new Uint8Array([5]) }])
  expect(tlv.decode([4711, 0], hex('c100058301410007'))).toEqual([
    { path: [4711, 0, 0], value: new Uint8Array([5]) },
    { path: [4711, 0, 1, 0], value: new Uint8Array([7]) },
  ])
})

test('bytes are copied out of the payload', () => {
  const payload = hex('c105ab')
  const value = tlv.decodeOne(at(5), payload)
  payload.fill(0)
  expect(value).toEqual(new Uint8Array([0xab]))
})

test('what TLV cannot carry is not acceptable', () => {
  expect(() => tlv.encode([], device)).toThrow(notAcceptable)
  expect(() => tlv.encode([3, 0], [{ path: [3, 0, 9], value: null }])).toThrow(notAcceptable)
  expect(() => tlv.encode([3, 0], [{ path: [3, 0, 6, 0] }])).toThrow(notAcceptable)
  const twice = [20, 21].map(value => ({ path: [3, 0, 9], value, timeSeconds: 1.7e9 + value }))
  expect(() => tlv.encode([3, 0], twice)).toThrow(notAcceptable)
})

test('a value of another type is not written', () => {
  const wrong = expect.objectContaining({ code: 'INVALID_VALUE' })
  expect(() => tlv.encodeOne(at(1), 'a')).toThrow(wrong)
  expect(() => tlv.encodeOne(at(1), 5.5)).toThrow(wrong)
  expect(() => tlv.encodeOne(at(1), 2n ** 63n)).toThrow(wrong)
  expect(() => tlv.encodeOne(at(2), -1)).toThrow(wrong)
  expect(() => tlv.encodeOne(at(3), Number.NaN)).toThrow(wrong)
  expect(() => tlv.encodeOne(at(0), 5)).toThrow(wrong)
})
