import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ResponseCode } from '../../../objects/errors.ts'
import { ContentFormat } from '../../../objects/formats/format.ts'
import type { Operation } from '../../../objects/operations/operation.ts'
import { decodeDatagram, encodeDatagram } from '../../../transport/coap/codec.ts'
import { type CoapMessage, type CoapOption, Code, noPayload } from '../../../transport/coap/message.ts'
import { findStrings, OptionNumber, stringOption, uintOption, withOption } from '../../../transport/coap/options.ts'
import {
  decodeOperation,
  decodeOutcome,
  encodeOperation,
  encodeOutcome,
  findPrefix,
  withPrefix,
} from '../../../transport/lwm2m/downlink.ts'
import { request } from '../../helpers/coap-site.ts'
import { codeOf, datagramOf } from '../../helpers/coap-wire.ts'

function withOptions(message: CoapMessage, ...options: CoapOption[]): CoapMessage {
  return options.reduce(
    (built, option) => ({ ...built, options: withOption(built.options, option.number, option) }),
    message,
  )
}

/** The kind of the operation, or the code of the error. */
function kindOf(message: CoapMessage): Promise<unknown> {
  return Promise.resolve()
    .then(() => decodeOperation(message))
    .then(
      operation => (operation.kind === 'write' ? `write ${operation.mode}` : operation.kind),
      (error: unknown) => codeOf(Promise.reject(error)),
    )
}

describe('method × path (LwM2M Transport 1.2.2 §6.4.4)', () => {
  const body = Buffer.from('1')
  const methods: [name: string, build: (path: string) => CoapMessage, kinds: string[], root?: string][] = [
    ['GET', path => request(Code.get, path), ['read', 'read', 'read', 'read']],
    [
      'GET with Observe 0',
      path => withOptions(request(Code.get, path), uintOption(OptionNumber.observe, 0)),
      ['observe', 'observe', 'observe', 'observe'],
    ],
    [
      'GET with Observe 1',
      path => withOptions(request(Code.get, path), uintOption(OptionNumber.observe, 1)),
      ['cancelObservation', 'cancelObservation', 'cancelObservation', 'cancelObservation'],
    ],
    [
      'GET with Accept 40',
      path => withOptions(request(Code.get, path), uintOption(OptionNumber.accept, 40)),
      ['discover', 'discover', 'discover', 'discover'],
    ],
    [
      'PUT with a payload',
      path => request(Code.put, path, body),
      ['write replace', 'write replace', 'write replace', 'write replace'],
    ],
    [
      'PUT of an empty text',
      path => withOptions(request(Code.put, path), uintOption(OptionNumber.contentFormat, 0)),
      ['write replace', 'write replace', 'write replace', 'write replace'],
    ],
    [
      'PUT without payload',
      path => withOptions(request(Code.put, path), stringOption(OptionNumber.uriQuery, 'pmin=1')),
      ['writeAttributes', 'writeAttributes', 'writeAttributes', 'writeAttributes'],
    ],
    ['POST', path => request(Code.post, path, body), ['create', 'write update', 'execute', 'METHOD_NOT_ALLOWED']],
    [
      'POST in a format for several values',
      path => withOptions(request(Code.post, path, body), uintOption(OptionNumber.contentFormat, 110)),
      ['create', 'write update', 'write update', 'METHOD_NOT_ALLOWED'],
    ],
    ['DELETE', path => request(Code.delete, path), ['delete', 'delete', 'delete', 'delete']],
    ['FETCH', path => request(Code.fetch, path, body), Array<string>(4).fill('METHOD_NOT_ALLOWED'), 'readComposite'],
    ['iPATCH', path => request(Code.iPatch, path, body), Array<string>(4).fill('METHOD_NOT_ALLOWED'), 'writeComposite'],
    ['a method without a name', path => request(0x1f, path), Array<string>(4).fill('METHOD_NOT_ALLOWED')],
  ]
  const paths = ['/3', '/3/0', '/3/0/1', '/3/0/6/1']
  for (const [name, build, kinds, root = 'METHOD_NOT_ALLOWED'] of methods) {
    test(name, async () => {
      expect(await Promise.all(paths.map(path => kindOf(build(path))))).toEqual(kinds)
      expect(await kindOf(build(''))).toBe(root)
    })
  }

  for (const path of ['bs', 'a/b', '65535', '3/0/1/0/0', '03', '-1', '3.0', '99999999999']) {
    test(`/${path} is no path: NOT_FOUND`, async () => expect(await kindOf(request(Code.get, path))).toBe('NOT_FOUND'))
  }

  test('an empty segment is no path', async () => {
    const options = [stringOption(OptionNumber.uriPath, '3'), stringOption(OptionNumber.uriPath, '')]
    expect(await kindOf({ code: Code.get, options, payload: noPayload })).toBe('NOT_FOUND')
  })
})

const path = fc.array(fc.integer({ min: 0, max: 65_534 }), { minLength: 1, maxLength: 4 })
const pathOf = (length: number) =>
  fc.array(fc.integer({ min: 0, max: 65_534 }), { minLength: length, maxLength: length })
const accept = fc.record(
  { accept: fc.integer({ min: 0, max: 65_535 }).filter(format => format !== ContentFormat.link) },
  { requiredKeys: [] },
)
const payload = fc.uint8Array({ maxLength: 50 }).map(bytes => Buffer.from(bytes))
const contentFormat = fc.integer({ min: 0, max: 65_535 })

const operations: fc.Arbitrary<Operation> = fc.oneof(
  fc
    .tuple(fc.constantFrom('read' as const, 'cancelObservation' as const), path, accept)
    .map(([kind, at, accepted]) => ({ kind, path: at, ...accepted })),
  path.map(at => ({ kind: 'discover' as const, path: at })),
  fc.record({
    kind: fc.constant('write' as const),
    path,
    mode: fc.constant('replace' as const),
    contentFormat,
    payload,
  }),
  fc.record({
    kind: fc.constant('write' as const),
    path: pathOf(2),
    mode: fc.constant('update' as const),
    contentFormat,
    payload,
  }),
  fc.record({ kind: fc.constant('execute' as const), path: pathOf(3), arguments: fc.string({ unit: 'grapheme' }) }),
  fc.record({
    kind: fc.constant('writeAttributes' as const),
    path,
    attributes: fc.array(fc.constantFrom('pmin=1', 'pmax=60', 'gt=3.5', 'lt=-1', 'st'), { maxLength: 4 }),
  }),
)

test('what the server encodes the client decodes, over the wire', () => {
  fc.assert(
    fc.property(operations, operation => {
      const datagram = encodeDatagram(datagramOf(encodeOperation(operation)))
      const decoded = decodeOperation(decodeDatagram(datagram))
      const plain = (it: Operation) =>
        'payload' in it ? { ...it, payload: Buffer.from(it.payload).toString('hex') } : it
      expect(plain(decoded)).toEqual(plain(operation))
    }),
    { seed: 1, numRuns: 500 },
  )
})

test('an observation is the same GET as a read; whoever opens it adds Observe', () => {
  const read = encodeOperation({ kind: 'read', path: [3, 0], accept: 11_542 })
  expect(encodeOperation({ kind: 'observe', path: [3, 0], accept: 11_542 })).toEqual(read)
  expect(decodeOperation(withOptions(read, uintOption(OptionNumber.observe, 0)))).toEqual({
    kind: 'observe',
    path: [3, 0],
    accept: 11_542,
  })
})

test('an outcome survives', () => {
  for (const [outcome, received] of [
    [{ responseCode: 0x44 }, { responseCode: 0x44, payload: '' }],
    [
      { responseCode: 0x45, contentFormat: 0, payload: Buffer.from('a') },
      { responseCode: 0x45, contentFormat: 0, payload: '61' },
    ],
    [
      { responseCode: 0x45, contentFormat: 11_542, payload: Buffer.alloc(0) },
      { responseCode: 0x45, contentFormat: 11_542, payload: '' },
    ],
    [{ responseCode: 0x84 }, { responseCode: 0x84, payload: '' }],
  ] as const) {
    const decoded = decodeOutcome(decodeDatagram(encodeDatagram(datagramOf(encodeOutcome(outcome)))))
    expect({ ...decoded, payload: Buffer.from(decoded.payload).toString('hex') }).toEqual(received)
  }
})

test('LwM2M Gateway 1.1 §8.3.1: a prefix comes first in the path of a request, and of what a Create made', () => {
  fc.assert(
    fc.property(operations, operation => {
      const message = withPrefix(encodeOperation(operation), 'd01')
      expect(findPrefix(message)).toBe('d01')
      expect(decodeOperation(decodeDatagram(encodeDatagram(datagramOf(message))), 'd01')).toEqual(
        decodeOperation(decodeDatagram(encodeDatagram(datagramOf(encodeOperation(operation))))),
      )
      expect(() => decodeOperation(message)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
    }),
    { seed: 1, numRuns: 200 },
  )
  expect(findPrefix(encodeOperation({ kind: 'read', path: [3, 0] }))).toBeUndefined()
  expect(findPrefix(encodeOperation({ kind: 'writeComposite', path: [], payload: noPayload }))).toBeUndefined()
  const created = encodeOutcome({ responseCode: ResponseCode.created, location: [3303, 7] }, 'd01')
  expect(findStrings(created, OptionNumber.locationPath)).toEqual(['d01', '3303', '7'])
})
