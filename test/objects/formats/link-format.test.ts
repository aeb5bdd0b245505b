import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatLinks, parseLinks } from '../../../objects/formats/link-format.ts'
import { endsAsADecoderMay, malformed } from './payloads.ts'

const registration = '</>;rt="oma.lwm2m";ct=112,</1/0>,</3>;ver=1.1,</3/0>,</5>'

test('a registration is written with bare numbers and quoted text', () => {
  expect(
    formatLinks([
      { target: '/', attributes: { rt: 'oma.lwm2m', ct: 112 } },
      { target: '/1/0', attributes: {} },
      { target: '/3', attributes: { ver: '1.1' } },
      { target: '/3/0', attributes: {} },
      { target: '/5', attributes: {} },
    ]),
  ).toBe(registration)
})

test('a registration is read', () => {
  expect(parseLinks(registration)).toEqual([
    { target: '/', attributes: { rt: 'oma.lwm2m', ct: '112' } },
    { target: '/1/0', attributes: {} },
    { target: '/3', attributes: { ver: '1.1' } },
    { target: '/3/0', attributes: {} },
    { target: '/5', attributes: {} },
  ])
})

test('a discovery with attributes is read', () => {
  expect(
    parseLinks('</3/0/6>;dim=8,</3/0/7>;dim=8;pmin=10;gt=50;lt=-42.2,</0/1>;ssid=101;uri="coaps://h:5684"'),
  ).toEqual([
    { target: '/3/0/6', attributes: { dim: '8' } },
    { target: '/3/0/7', attributes: { dim: '8', pmin: '10', gt: '50', lt: '-42.2' } },
    { target: '/0/1', attributes: { ssid: '101', uri: 'coaps://h:5684' } },
  ])
})

test('numbers are written without an exponent, attributes without a value by name', () => {
  expect(formatLinks([{ target: '/3/0/7', attributes: { st: 1e-7, lt: -42.2, obs: true } }])).toBe(
    '</3/0/7>;st=0.0000001;lt=-42.2;obs',
  )
})

test('commas, semicolons, quotes and backslashes may be quoted', () => {
  expect(parseLinks(String.raw`</a>;title="a,b;c\"d\\e>"`)).toEqual([
    { target: '/a', attributes: { title: String.raw`a,b;c"d\e>` } },
  ])
})

test('an attribute of any name is an attribute', () => {
  expect(Object.keys(parseLinks('</a>;__proto__=1;constructor')[0]?.attributes ?? {})).toEqual([
    '__proto__',
    'constructor',
  ])
})

test('tokens may hold angle brackets and slashes', () => {
  expect(parseLinks('</a>;x=<b>/c')).toEqual([{ target: '/a', attributes: { x: '<b>/c' } }])
})

test('no text is no links', () => {
  expect(parseLinks('')).toEqual([])
  expect(formatLinks([])).toBe('')
})

test.each([
  '<>',
  '</a',
  '/a',
  '<a>',
  '<coap://h/a>',
  '</a b>',
  '</é>',
  '</%4>',
  '</%zz>',
  '</a>,',
  ',</a>',
  '</a>,,</b>',
  '</a>;',
  '</a>;;b',
  '</a>;=1',
  '</a>;b=',
  '</a>;b="',
  '</a>;b="c',
  '</a>;b="c\\',
  '</a>;b="c"d',
  '</a>;b="\u0000"',
  '</a>;b=é',
  '</a> ;b',
  '</a>, </b>',
  '</a>;b=1;b=2',
  ' ',
])('%j is malformed', text => {
  expect(() => parseLinks(text)).toThrow(malformed)
})

test('links, attributes and targets are bounded', () => {
  const list = (count: number) => Array.from({ length: count }, () => '</a>').join(',')
  const link = (count: number) => `</a>${Array.from({ length: count }, (_, index) => `;a${index}`).join('')}`
  expect(parseLinks(list(10_000))).toHaveLength(10_000)
  expect(() => parseLinks(list(10_001))).toThrow(malformed)
  expect(() => parseLinks(link(32))).not.toThrow()
  expect(() => parseLinks(link(33))).toThrow(malformed)
  expect(() => parseLinks(`</${'a'.repeat(255)}>`)).not.toThrow()
  expect(() => parseLinks(`</${'a'.repeat(256)}>`)).toThrow(malformed)
})

test('a value of a megabyte is read, or refused, like a short one', () => {
  expect(() => parseLinks(`</a>;b=${'c'.repeat(1_000_000)}`)).not.toThrow()
  expect(() => parseLinks(`</a>;b="${'\\"'.repeat(500_000)}`)).toThrow(malformed)
})

test('a name that is none is not written', () => {
  expect(() => formatLinks([{ target: '/', attributes: { 'a b': 1 } }])).toThrow(malformed)
})

test('what is written reads back', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/)
  const value = fc.oneof(fc.string(), fc.constant(true as const))
  const link = fc.record({
    target: fc.array(fc.nat(65534), { maxLength: 4 }).map(path => `/${path.join('/')}`),
    attributes: fc.dictionary(name, value, { maxKeys: 5, noNullPrototype: true }),
  })
  fc.assert(
    fc.property(fc.array(link, { maxLength: 5 }), links => {
      expect(parseLinks(formatLinks(links))).toEqual(links)
    }),
    { seed: 1, numRuns: 500 },
  )
})

test('any text ends in links or a typed error', () => {
  const unit = fc.constantFrom(...'</>;,="\\a1 %'.split(''))
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 24 }), text => endsAsADecoderMay(() => parseLinks(text))),
    { seed: 2, numRuns: 5_000 },
  )
  for (let length = 0; length < registration.length; length++) {
    expect(endsAsADecoderMay(() => parseLinks(registration.slice(0, length)))).toBe(true)
  }
})
