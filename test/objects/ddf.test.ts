import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { maxDdfLength, parseDdf } from '../../objects/ddf.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import { DdfError } from '../../objects/errors.ts'

const fixture = (name: string) => readFileSync(new URL(`ddf/${name}.xml`, import.meta.url))

const everyType = {
  id: 32769,
  name: 'Every Type',
  mandatory: true,
  resources: {
    text: { id: 0, type: 'string', operations: 'RW', range: [1, 64] },
    signed: { id: 1, type: 'integer', operations: 'R', units: 'Cel', range: [-40, 85] },
    counter: { id: 2, type: 'unsigned', operations: 'R' },
    ratio: { id: 3, type: 'float', operations: 'R', range: [0, 1] },
    onOff: { id: 4, type: 'boolean', operations: 'RW' },
    secretKeys: { id: 5, type: 'opaque', operations: 'W' },
    since: { id: 6, type: 'time', operations: 'R' },
    link: { id: 7, type: 'objectLink', operations: '' },
    links: { id: 8, type: 'coreLink', operations: 'R', multiple: true },
    restart: { id: 9, type: 'none', operations: 'E', mandatory: true },
  },
}

test('a definition file gives the same as the literal', () => {
  expect(parseDdf(fixture('temperature'))).toStrictEqual([temperature])
})

test('a file may declare several objects, of every type', () => {
  const nothing = { id: 32770, name: 'Nothing', version: '2.13', resources: {} }
  expect(parseDdf(fixture('two-objects'))).toStrictEqual([everyType, nothing])
})

test('text and bytes, with byte order mark and any line ends, read alike', () => {
  const text = fixture('temperature').toString()
  expect(parseDdf(text)).toEqual([temperature])
  expect(parseDdf(Buffer.from(`\ufeff${text.replaceAll('\n', '\r\n')}`))).toEqual([temperature])
  expect(parseDdf(text.replace('UTF-8', 'UTF-16'))).toEqual([temperature])
})

test('names that a program would trip over are made safe', () => {
  const names = ['constructor', '__proto__', 'prototype', 'then', 'Level', 'level', '温度', '2nd level', 'delete']
  const items = names.map((name, id) => item({ id: String(id), name }))
  const [definition] = parseDdf(object({ resources: items.join('') }))
  expect(Object.keys(definition?.resources ?? {})).toEqual([
    'constructor_0',
    'proto',
    'prototype_2',
    'then_3',
    'level',
    'level_5',
    'unnamed_6',
    '_2ndLevel',
    'delete',
  ])
})

interface ItemParts {
  readonly id?: string
  readonly name?: string
  readonly rest?: string
}

function item({
  id = '1',
  name = 'A',
  rest = '<Operations>R</Operations><Type>Integer</Type>',
}: ItemParts = {}): string {
  return `<Item ID="${id}"><Name>${name}</Name>${rest}</Item>`
}

interface ObjectParts {
  readonly id?: string
  readonly name?: string
  readonly rest?: string
  readonly resources?: string
}

function object({ id = '1', name = 'A', rest = '', resources = '' }: ObjectParts = {}): string {
  return `<LWM2M>\n<Object><Name>${name}</Name><ObjectID>${id}</ObjectID>${rest}\n<Resources>${resources}</Resources></Object>\n</LWM2M>`
}

const refused: readonly (readonly [what: string, xml: string | Uint8Array, message: string | RegExp])[] = [
  ['nothing', '', /^line 1: /],
  ['no XML', 'hello', /^line 1: /],
  ['another root', '<html/>', 'line 1: the root element is html, not LWM2M'],
  ['no object', '<LWM2M/>', 'line 1: no Object is declared'],
  ['an element left open', object().replace('</LWM2M>', ''), /^line 4: unclosed tag: LWM2M/],
  ['elements that cross', '<LWM2M>\n<a><b></a></b></LWM2M>', /^line 2: unexpected close tag/],
  ['two roots', object() + object(), /^line 4: documents may contain only one root/],
  ['a DOCTYPE', `<!DOCTYPE LWM2M>${object()}`, 'line 1: a DOCTYPE is not allowed'],
  [
    'entities that grow',
    `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>${object({ name: '&b;' })}`,
    'line 1: a DOCTYPE is not allowed',
  ],
  ['an external entity', `<!DOCTYPE x SYSTEM "file:///etc/passwd">${object()}`, 'line 1: a DOCTYPE is not allowed'],
  ['an undeclared entity', object({ name: '&a;' }), 'line 2: undefined entity'],
  ['an inherited entity', object({ name: '&constructor;' }), 'line 2: undefined entity'],
  ['17 elements deep', '<LWM2M>' + '<a>'.repeat(16), 'line 1: elements are nested deeper than 16'],
  ['an element within a text', object({ name: 'A<b/>' }), 'line 2: b stands in an element that holds only text'],
  ['a long text', object({ rest: `<Description1>${'x'.repeat(65_537)}</Description1>` }), /^line 2: a text is longer/],
  ['a long text in pieces', object({ name: `${'x'.repeat(65_000)}<![CDATA[${'x'.repeat(537)}]]>` }), /longer/],
  ['bytes that are no UTF-8', Buffer.from(object({ name: 'é' }), 'latin1'), 'the document is not UTF-8'],
  [
    'another encoding',
    Buffer.from(`<?xml version="1.0" encoding="latin1"?>${object()}`),
    /^line 1: the encoding is latin1/,
  ],
  [
    'an object without id',
    object().replace(/<ObjectID>.*<\/ObjectID>/, ''),
    'line 2: ObjectID "" is no id of 0 to 65534',
  ],
  ['object id 65535', object({ id: '65535' }), 'line 2: ObjectID "65535" is no id of 0 to 65534'],
  ['object id -1', object({ id: '-1' }), /^line 2: ObjectID/],
  ['object id 1e3', object({ id: '1e3' }), /^line 2: ObjectID/],
  ['two object ids', object({ rest: '<ObjectID>2</ObjectID>' }), 'line 2: ObjectID is given twice'],
  ['the same object twice', object().replace(/<Object>.*<\/Object>/s, '$&\n$&'), 'line 4: object 1 is declared twice'],
  ['an object without name', object({ name: ' ' }), 'line 2: Name is missing'],
  ['a version of one number', object({ rest: '<ObjectVersion>1</ObjectVersion>' }), /^line 2: ObjectVersion "1"/],
  [
    'an unknown presence',
    object({ rest: '<Mandatory>Maybe</Mandatory>' }),
    'line 2: Mandatory "Maybe" is none of Optional, Mandatory',
  ],
  [
    'a resource without id',
    object({ resources: item().replace(/ ID=".*?"/, '') }),
    'line 3: ID "" is no id of 0 to 65534',
  ],
  ['resource id 65535', object({ resources: item({ id: '65535' }) }), 'line 3: ID "65535" is no id of 0 to 65534'],
  ['resource id 007', object({ resources: item({ id: '007' }) }), /^line 3: ID "007"/],
  ['the same resource twice', object({ resources: `${item()}\n${item()}` }), 'line 4: resource 1 is declared twice'],
  ['a resource without name', object({ resources: item({ name: '' }) }), 'line 3: Name is missing'],
  [
    'a resource of no type',
    object({ resources: item({ rest: '<Operations>R</Operations>' }) }),
    /^line 3: Type "" is none of/,
  ],
  ['an unknown type', object({ resources: item({ rest: '<Type>constructor</Type>' }) }), /^line 3: Type "constructor"/],
  [
    'unknown operations',
    object({ resources: item({ rest: '<Operations>RWE</Operations>' }) }),
    'line 3: Operations "RWE" is none of R, W, RW, E',
  ],
]

test.each(refused)('%s is refused', (_what, xml, message) => {
  const refusal: unknown = expect.objectContaining({
    name: 'DdfError',
    code: 'INVALID_DDF',
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  })
  expect(() => parseDdf(xml)).toThrow(refusal)
})

test('more than 4 MB is refused before it is read', () => {
  const comment = `<!--${'x'.repeat(maxDdfLength - object().length - '<!---->'.length)}-->`
  expect(parseDdf(object() + comment)).toHaveLength(1)
  expect(() => parseDdf(`no XML ${object()}${comment}`)).toThrow('the document is longer than 4 MB')
  expect(() => parseDdf(Buffer.alloc(50_000_000, 0xff))).toThrow('the document is longer than 4 MB')
})

test('10,000 resources are read, one more is refused', () => {
  const items = Array.from({ length: 10_000 }, (_, id) => item({ id: String(id) })).join('')
  const [definition] = parseDdf(object({ resources: items }))
  expect(Object.keys(definition?.resources ?? {})).toHaveLength(10_000)
  expect(() => parseDdf(object({ resources: items + item({ id: '10000' }) }))).toThrow(
    'line 3: more than 10000 resources',
  )
})

test('an error shows hostile text short and without control characters', () => {
  const name = `\u202e\u0085${'x'.repeat(1_000)}`
  expect(() => parseDdf(object({ id: name }))).toThrow(`ObjectID "??${'x'.repeat(62)}…" is no id`)
})

/** Reads `xml`; true for definitions or a DdfError of one short line. */
function endsAsItMay(xml: string | Uint8Array): boolean {
  try {
    return parseDdf(xml).length > 0
  } catch (error) {
    return error instanceof DdfError && /^[^\n\r]{1,300}$/.test(error.message)
  }
}

test('a document cut anywhere is refused', () => {
  const bytes = fixture('two-objects')
  const end = bytes.lastIndexOf('>')
  for (let length = 0; length < end; length++) expect(() => parseDdf(bytes.subarray(0, length))).toThrow(DdfError)
})

test('a changed document ends in definitions or a DdfError', () => {
  const bytes = fixture('two-objects')
  const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255))
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), changes => {
      const changed = Uint8Array.from(bytes)
      for (const [index, byte] of changes) changed[index] = byte
      return endsAsItMay(changed)
    }),
    { seed: 1, numRuns: 1_000 },
  )
})

test('a document with pieces moved ends in definitions or a DdfError', () => {
  const text = fixture('two-objects').toString()
  const hostile = fc.constantFrom(
    '<',
    '>',
    '&',
    ']]>',
    '<![CDATA[',
    '<!--',
    '<?',
    '<!DOCTYPE a',
    '\0',
    '\ud800',
    '&#0;',
  )
  const position = fc.nat(text.length)
  fc.assert(
    fc.property(position, position, position, hostile, (from, to, target, insert) => {
      const piece = text.slice(Math.min(from, to), Math.max(from, to))
      return endsAsItMay(text.slice(0, target) + piece + insert + text.slice(target))
    }),
    { seed: 2, numRuns: 1_000 },
  )
})
