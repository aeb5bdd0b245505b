import { expect, test } from 'vitest'
import { ResponseCode } from '../../../objects/errors.ts'
import type { BootstrapOperation, Operation } from '../../../objects/operations/operation.ts'
import { type CoapMessage, Code, noPayload } from '../../../transport/coap/message.ts'
import { OptionNumber, pathOptions, stringOption, uintOption } from '../../../transport/coap/options.ts'
import {
  decodeBootstrapOperation,
  decodeOperation,
  decodeOutcome,
  encodeOperation,
  encodeOutcome,
} from '../../../transport/lwm2m/downlink.ts'

const payload = Buffer.from('[]')

const operations: readonly Operation[] = [
  { kind: 'read', path: [3] },
  { kind: 'read', path: [3, 0, 6, 1], accept: 110 },
  { kind: 'cancelObservation', path: [3, 0, 9], accept: 0 },
  { kind: 'discover', path: [3] },
  { kind: 'discover', path: [3, 0], depth: 3 },
  { kind: 'write', path: [3, 0], mode: 'replace', contentFormat: 11542, payload },
  { kind: 'write', path: [3, 0], mode: 'update', contentFormat: 110, payload },
  { kind: 'write', path: [3, 0, 6], mode: 'update', contentFormat: 110, payload },
  { kind: 'write', path: [3, 0, 6, 1], mode: 'replace', contentFormat: 0, payload },
  { kind: 'execute', path: [3, 0, 4], arguments: "0='x',2" },
  { kind: 'execute', path: [3, 0, 4], arguments: '' },
  { kind: 'create', path: [3303], contentFormat: 110, payload },
  { kind: 'create', path: [3303], payload: noPayload },
  { kind: 'delete', path: [3303, 1] },
  { kind: 'delete', path: [3303, 1, 4, 2] },
  { kind: 'writeAttributes', path: [3, 0, 9], attributes: ['pmin=10', 'gt=-1.5', 'lt'] },
  { kind: 'readComposite', path: [], contentFormat: 110, accept: 112, payload },
  { kind: 'readComposite', path: [], contentFormat: 320, payload },
  { kind: 'cancelObservationComposite', path: [], contentFormat: 110, accept: 112, payload },
  { kind: 'writeComposite', path: [], contentFormat: 322, payload },
]

test.each(operations)('the client decodes what the server encodes: %j', operation => {
  const request = encodeOperation(operation)
  const numbers = request.options.map(({ number }) => number)
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
  const decoded = decodeOperation(request)
  expect('payload' in decoded ? { ...decoded, payload: Buffer.from(decoded.payload) } : decoded).toEqual(
    'payload' in operation ? { ...operation, payload: Buffer.from(operation.payload) } : operation,
  )
})

const bootstrapOperations: readonly BootstrapOperation[] = [
  { kind: 'bootstrapRead', path: [1] },
  { kind: 'bootstrapRead', path: [1, 0], accept: 110 },
  { kind: 'bootstrapDiscover', path: [] },
  { kind: 'bootstrapDiscover', path: [0] },
  { kind: 'bootstrapWrite', path: [0, 1], contentFormat: 11542, payload },
  { kind: 'bootstrapDelete', path: [] },
  { kind: 'bootstrapDelete', path: [0] },
  { kind: 'bootstrapFinish' },
]

test.each(bootstrapOperations)('the client decodes what the Bootstrap-Server encodes: %j', operation => {
  expect(decodeBootstrapOperation(encodeOperation(operation))).toEqual(operation)
})

test.each([
  ['observe', 'observe', Code.get, [3]],
  ['observeComposite', 'observe-composite', Code.fetch, []],
] as const)('Observe 0 makes it %s', (kind, _name, code, path) => {
  const options = [uintOption(OptionNumber.observe, 0), ...pathOptions(OptionNumber.uriPath, path)]
  expect(decodeOperation({ code, options, payload: noPayload }).kind).toBe(kind)
})

const request = (
  code: number,
  path: readonly (string | number)[],
  queries: readonly string[] = [],
  observe?: number,
) => ({
  code,
  options: [
    ...(observe === undefined ? [] : [uintOption(OptionNumber.observe, observe)]),
    ...pathOptions(OptionNumber.uriPath, path),
    ...queries.map(query => stringOption(OptionNumber.uriQuery, query)),
    ...(queries.some(query => query.startsWith('depth')) ? [uintOption(OptionNumber.accept, 40)] : []),
  ],
  payload: noPayload,
})

test.each<[string, CoapMessage, string]>([
  ['GET of the root', request(Code.get, []), 'METHOD_NOT_ALLOWED'],
  ['PUT of the root', request(Code.put, []), 'METHOD_NOT_ALLOWED'],
  ['DELETE of the root', request(Code.delete, []), 'METHOD_NOT_ALLOWED'],
  ['FETCH of an object', request(Code.fetch, [3]), 'METHOD_NOT_ALLOWED'],
  ['iPATCH of an object', request(Code.iPatch, [3]), 'METHOD_NOT_ALLOWED'],
  ['POST of a resource instance', request(Code.post, [3, 0, 6, 1]), 'METHOD_NOT_ALLOWED'],
  ['POST of /bs outside of bootstrap', request(Code.post, ['bs']), 'NOT_FOUND'],
  ['a path that is none', request(Code.get, ['3', 'x']), 'NOT_FOUND'],
  ['a path of five', request(Code.get, [1, 2, 3, 4, 5]), 'NOT_FOUND'],
  ['an identifier of 65535', request(Code.delete, [3, 65535]), 'NOT_FOUND'],
  ['a depth of 4', request(Code.get, [3], ['depth=4']), 'BAD_REQUEST'],
  ['a depth that is no number', request(Code.get, [3], ['depth=']), 'BAD_REQUEST'],
])('%s is %s', (_name, message, code) => {
  expect(() => decodeOperation(message)).toThrow(expect.objectContaining({ code }))
})

test.each<[string, CoapMessage, string]>([
  ['POST of an object', request(Code.post, [3]), 'METHOD_NOT_ALLOWED'],
  ['FETCH', request(Code.fetch, []), 'METHOD_NOT_ALLOWED'],
  ['GET of /bs', request(Code.get, ['bs']), 'NOT_FOUND'],
  ['POST of /bs/1', request(Code.post, ['bs', '1']), 'NOT_FOUND'],
])('in bootstrap %s is %s', (_name, message, code) => {
  expect(() => decodeBootstrapOperation(message)).toThrow(expect.objectContaining({ code }))
})

test('Location-Path tells the instance that was created, and nothing else does', () => {
  const created = encodeOutcome({ responseCode: ResponseCode.created, location: [3303, 1] })
  expect(created.options).toEqual(pathOptions(OptionNumber.locationPath, [3303, 1]))
  expect(decodeOutcome(created)).toEqual({ responseCode: 0x41, payload: noPayload, location: [3303, 1] })
  const plain = encodeOutcome({ responseCode: ResponseCode.created })
  expect(decodeOutcome(plain)).toEqual({ responseCode: 0x41, payload: noPayload })
  const strange = { ...plain, options: pathOptions(OptionNumber.locationPath, ['rd', 'x']) }
  expect(decodeOutcome(strange)).toEqual({ responseCode: 0x41, payload: noPayload })
})
