import type { ResourceType, Value } from '../../../objects/index.ts'
import { isObjectLink } from '../../../objects/value.ts'
import type { LeshanValue } from './model.ts'

export type SampleType = Exclude<ResourceType, 'none'>

/** The single resource of each type in the LwM2M v1.1 Test Object; the multiple one has its id plus 1000. */
export const resourceIds: { readonly [T in SampleType]: number } = {
  string: 110,
  integer: 120,
  unsigned: 125,
  float: 130,
  boolean: 140,
  opaque: 150,
  time: 160,
  objectLink: 170,
  coreLink: 180,
}

export const sampleTypes = Object.keys(resourceIds) as readonly SampleType[]

/**
 * The values that every format must carry, by names for the limits of a peer. Together they stay below the 8,192 bytes that
 * Leshan's CoAP takes by default.
 */
export const samples: { readonly [T in SampleType]: { readonly [name: string]: Value } } = {
  string: {
    word: 'Leshan',
    empty: '',
    unicode: 'žluťoučký kůň, 日本, 🐎, e\u0301, \uffff',
    escapes: '"quotes", \\, /, \b\f\n\r\t and \u007f',
    controls: '\u0000\u001f\u0085\u2028',
    markup: '<a href="b&amp;">%20+</a>',
    digits: '0123',
    'byte order mark': '\ufeffmark',
    '255 characters': 'x'.repeat(255),
    '256 characters': 'y'.repeat(256),
    'several blocks': 'z'.repeat(900),
  },
  integer: {
    '0': 0,
    '-1': -1,
    '23': 23,
    '-25': -25,
    '2^7 - 1': 127,
    '2^7': 128,
    '-2^7': -128,
    '-2^7 - 1': -129,
    '2^15': 32_768,
    '-2^15': -32_768,
    '2^16': 65_536,
    '2^31 - 1': 2_147_483_647,
    '2^31': 2_147_483_648,
    '-2^31': -2_147_483_648,
    '-2^31 - 1': -2_147_483_649,
    '2^32': 4_294_967_296,
    '2^53 - 1': Number.MAX_SAFE_INTEGER,
    '2^53 + 1': 9_007_199_254_740_993n,
    '-2^53 - 1': -9_007_199_254_740_993n,
    '2^63 - 1': 9_223_372_036_854_775_807n,
    '-2^63': -9_223_372_036_854_775_808n,
  },
  unsigned: {
    '0': 0,
    '2^7': 128,
    '2^8 - 1': 255,
    '2^8': 256,
    '2^15': 32_768,
    '2^16 - 1': 65_535,
    '2^31': 2_147_483_648,
    '2^32 - 1': 4_294_967_295,
    '2^32': 4_294_967_296,
    '2^53 + 1': 9_007_199_254_740_993n,
    '2^63 - 1': 9_223_372_036_854_775_807n,
    '2^63': 9_223_372_036_854_775_808n,
    '2^64 - 2^31': 18_446_744_071_562_067_968n,
    '2^64 - 1': 18_446_744_073_709_551_615n,
  },
  float: {
    '0': 0,
    '-0': -0,
    '1': 1,
    '-1.5': -1.5,
    '0.1': 0.1,
    '1e21': 1e21,
    '2^53': 2 ** 53,
    '2^63': 2 ** 63,
    '2^64': 2 ** 64,
    '1e308': 1e308,
    largest: Number.MAX_VALUE,
    'most negative': -Number.MAX_VALUE,
    'smallest normal': 2 ** -1022,
    denormal: 1e-310,
    smallest: Number.MIN_VALUE,
    'single precision': Math.fround(3.4e38),
    'single denormal': 2 ** -149,
    'half precision': 65_504,
    'half denormal': 2 ** -24,
  },
  boolean: { true: true, false: false },
  opaque: {
    'a byte': Uint8Array.of(0),
    empty: new Uint8Array(),
    'two bytes': Uint8Array.of(0xff, 0xfe),
    'every byte': Uint8Array.from({ length: 256 }, (_, byte) => byte),
    'several blocks': new Uint8Array(600).fill(0xa5),
  },
  time: {
    '2023': 1_700_000_000,
    '1970': 0,
    'a second before 1970': -1,
    '1906': -2_000_000_000,
    '2^31': 2_147_483_648,
    '2^32': 4_294_967_296,
    'the end of 9999': 253_402_300_799,
    'year 275760': 8_640_000_000_000,
    'year -271821': -8_640_000_000_000,
  },
  objectLink: {
    instance: { objectId: 3442, instanceId: 0 },
    'null link': { objectId: 65_535, instanceId: 65_535 },
    'small ids': { objectId: 1, instanceId: 0 },
    'last ids': { objectId: 65_534, instanceId: 65_534 },
  },
  coreLink: {
    link: '</3/0>',
    empty: '',
    attributes: '</3442/0>;pmin=10,</3442/0/120>;gt=-42.5,</3442/0/1120>;dim=3',
    quoted: '</3303/0>;title="a, <b>; c"',
    escaped: '</3303/0>;title="a \\"b\\" \\\\"',
    'other path': '</sensors/temperature>;if="sensor"',
    'quoted version': '</3303>;ver="1.1"',
    many: Array.from({ length: 40 }, (_, id) => `</3442/${id}>`).join(),
  },
}

/** The value as a node of Leshan has it. */
export function leshanValue(type: SampleType, value: Value): LeshanValue {
  if (type === 'time') return isoTime(value as number)
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return isObjectLink(value) ? `${value.objectId}:${value.instanceId}` : value
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z')
}
