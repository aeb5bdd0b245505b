import { expect, test } from 'vitest'
import type { Path } from '../../../objects/path.ts'
import type { PathValue } from '../../../objects/path-value.ts'
import { badRequest, codec, device, hex, malformed, toHex, typesObject } from './payloads.ts'

const senml = codec(112)
const at = (id: number) => [typesObject, 0, id]
// {-2: "/9999/0/<id>", …} up to the value label.
const recordAt = (id: number) => `81a22169${toHex(Buffer.from(`/9999/0/${id}`))}`

const deviceBytes =
  '90a321652f332f302f00613003744f70656e204d6f62696c6520416c6c69616e6365a200613103764c6967687477656967687420' +
  '4d324d20436c69656e74a20061320369333435303030313233a20061330363312e30a20063362f300201a20063362f310205a20063372f' +
  '3002190ed8a20063372f3102191388a20063382f3002187da20063382f3102190384a2006139021864a200623130020fa2006431312f300200' +
  'a200623133021a5182428fa20062313403662b30323a3030a200623136036155'

test.each<[string, Path, string, readonly PathValue[]]>([
  ['Read /3/0', [3, 0], deviceBytes, device],
  ['nothing', [3], '80', []],
  ['integer', at(1), `${recordAt(1)}023b7fffffffffffffff`, [{ path: at(1), value: -(2n ** 63n) }]],
  ['integer of 33 bits', at(1), `${recordAt(1)}021b0000000100000000`, [{ path: at(1), value: 4294967296 }]],
  ['unsigned', at(2), `${recordAt(2)}021bffffffffffffffff`, [{ path: at(2), value: 2n ** 64n - 1n }]],
  ['float', at(3), `${recordAt(3)}02fb3ff199999999999a`, [{ path: at(3), value: 1.1 }]],
  ['boolean', at(4), `${recordAt(4)}04f5`, [{ path: at(4), value: true }]],
  ['opaque', at(5), `${recordAt(5)}0843abcdef`, [{ path: at(5), value: new Uint8Array([0xab, 0xcd, 0xef]) }]],
  ['time', at(6), `${recordAt(6)}021a5182428f`, [{ path: at(6), value: 1367491215 }]],
  ['object link', at(7), `${recordAt(7)}63766c6f63333a31`, [{ path: at(7), value: { objectId: 3, instanceId: 1 } }]],
  ['core link', at(8), `${recordAt(8)}03643c2f333e`, [{ path: at(8), value: '</3>' }]],
  ['removal', at(1), `${recordAt(1)}02f6`, [{ path: at(1), value: null }]],
  [
    'time of a value',
    at(1),
    `81a321692f393939392f302f31221a6553f10002 05`,
    [{ path: at(1), value: 5, timeSeconds: 1700000000 }],
  ],
])('%s', (_name, base, written, values) => {
  expect(toHex(senml.encode(base, values))).toBe(toHex(hex(written)))
  expect(senml.decode(base, hex(written))).toEqual(values)
})

test('an object link may be a string', () => {
  const value = { objectId: 3, instanceId: 1 }
  expect(senml.decode(at(7), hex(`${recordAt(7)}0363333a31`))).toEqual([{ path: at(7), value }])
})

test('times as decimal fractions are read', () => {
  const written =
    '83a321662f302f302f3022c482001a1dcd6504036c53616d706c65537472696e67a321662f302f302f3122c482001a1dcd650504f4' +
    'a321662f302f302f3222c482221a1dcd6506021901c8'
  expect(senml.decode([0], hex(written))).toEqual([
    { path: [0, 0, 0], value: 'SampleString', timeSeconds: 500000004 },
    { path: [0, 0, 1], value: false, timeSeconds: 500000005 },
    { path: [0, 0, 2], value: 456, timeSeconds: 500000.006 },
  ])
})

test.each([
  ['a half float', 'f95cb0', 300],
  ['a single float', 'fa43960000', 300],
  ['a double float', 'fb4072c00000000000', 300],
  ['a decimal fraction', 'c4820119001e', 300],
  ['an integer in more bytes than needed', '1b000000000000012c', 300],
])('a value may be %s', (_name, written, value) => {
  expect(senml.decode(at(1), hex(`${recordAt(1)}02${written}`))).toEqual([{ path: at(1), value }])
  expect(senml.decode(at(3), hex(`${recordAt(3)}02${written}`))).toEqual([{ path: at(3), value }])
})

test('a pack and its records may be of indefinite length', () => {
  expect(senml.decode([3, 0], hex('9fbf21652f332f302f0061390205ffbf006231300206ffff'))).toEqual([
    { path: [3, 0, 9], value: 5 },
    { path: [3, 0, 10], value: 6 },
  ])
})

test('text and bytes may come in chunks, each whole by itself', () => {
  expect(senml.decode(at(0), hex(`${recordAt(0)}037f6161606162ff`))).toEqual([{ path: at(0), value: 'ab' }])
  expect(senml.decode(at(5), hex(`${recordAt(5)}085f41014102ff`))).toEqual([
    { path: at(5), value: new Uint8Array([1, 2]) },
  ])
  for (const written of ['037f4161ff', '037f61c361a4ff', '085f5f4101ffff', '085f4101']) {
    expect(() => senml.decode([typesObject], hex(recordAt(0) + written))).toThrow(malformed)
  }
})

test('labels may be written in more bytes than needed, unknown ones are ignored', () => {
  expect(senml.decode([3, 0, 9], hex('81a4 1800 66 2f332f302f39 190200 80 6178 80 1802 05'))).toEqual([
    { path: [3, 0, 9], value: 5 },
  ])
})

test.each([
  ['a text key that must be understood', '81a30066 2f332f302f39 0205 62785f01'],
  ['a record that is an array', '8180'],
  ['a map', 'a0'],
  ['text as data', '81a20066 2f332f302f39 086171'],
  ['undefined as a value', '81a20066 2f332f302f39 02f7'],
  ['data that is not UTF-8 as a name', '81a20046 2f332f302f39 0205'],
  ['a sum', '81a30066 2f332f302f39 0205 0501'],
  ['a time that is no number', '81a30066 2f332f302f39 0205 06f97e00'],
  ['a label twice', '81a30066 2f332f302f39 0205 0205'],
  ['a tag around the pack', 'd9d9f780'],
])('%s is malformed', (_name, written) => {
  expect(() => senml.decode([3, 0], hex(written))).toThrow(malformed)
})

test('a value that is no number is a bad request', () => {
  expect(() => senml.decode(at(3), hex(`${recordAt(3)}02f97e00`))).toThrow(badRequest)
  expect(() => senml.decode(at(3), hex(`${recordAt(3)}02c4821a7fffffff01`))).toThrow(badRequest)
})

test('bytes are copied out of the payload', () => {
  const payload = hex(`${recordAt(5)}0843abcdef`)
  const [read] = senml.decode(at(5), payload)
  payload.fill(0)
  expect(read?.value).toEqual(new Uint8Array([0xab, 0xcd, 0xef]))
})
