import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OperationError } from '../../../objects/errors.ts'
import { decodeDatagram, encodeDatagram } from '../../../transport/coap/codec.ts'
import { type CoapMessage, Code } from '../../../transport/coap/message.ts'
import { findStrings, findUint, OptionNumber, stringOption } from '../../../transport/coap/options.ts'
import {
  type BootstrapPackRequest,
  type BootstrapRequest,
  decodeBootstrapPackRequest,
  decodeBootstrapRequest,
  encodeBootstrapPackRequest,
  encodeBootstrapRequest,
} from '../../../transport/lwm2m/bootstrap-request.ts'
import { request } from '../../helpers/coap-site.ts'
import { datagramOf } from '../../helpers/coap-wire.ts'

const overTheWire = (message: CoapMessage) => decodeDatagram(encodeDatagram(datagramOf(message)))

function raw(code: number, path: string, ...query: string[]): CoapMessage {
  const { options, payload } = request(code, path)
  return { code, payload, options: [...options, ...query.map(text => stringOption(OptionNumber.uriQuery, text))] }
}

const endpoint = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
const contentFormat = fc.integer({ min: 0, max: 65_535 })
const instance = fc.tuple(fc.constantFrom(0, 21), fc.integer({ min: 0, max: 65_534 }))

/** Parameters as a peer may send them. */
const hostileQuery = fc.array(
  fc.oneof(
    fc.tuple(fc.constantFrom('ep=', 'pct=', 'acc=', 'x='), fc.string({ unit: 'binary' })).map(parts => parts.join('')),
    fc.string({ unit: 'binary' }),
  ),
  { maxLength: 4 },
)

/** A decoder gives a result or an OperationError, whatever it reads. */
function isTotal(decode: () => unknown): void {
  try {
    decode()
  } catch (error) {
    expect(error).toBeInstanceOf(OperationError)
  }
}

describe('Bootstrap-Request (LwM2M Core 1.2.2 §6.1.7.1)', () => {
  test('what the client encodes the server decodes', () => {
    const requests = fc.record({ endpoint, preferredContentFormat: contentFormat }, { requiredKeys: [] })
    fc.assert(
      fc.property(requests as fc.Arbitrary<BootstrapRequest>, asked => {
        expect(decodeBootstrapRequest(overTheWire(encodeBootstrapRequest(asked)))).toEqual(asked)
      }),
      { seed: 1, numRuns: 200 },
    )
  })

  test('as it goes out', () => {
    const message = encodeBootstrapRequest({ endpoint: 'urn:dev:os:1', preferredContentFormat: 112 })
    expect(message.code).toBe(Code.post)
    expect(findStrings(message, OptionNumber.uriPath)).toEqual(['bs'])
    expect(findStrings(message, OptionNumber.uriQuery)).toEqual(['ep=urn:dev:os:1', 'pct=112'])
    expect(message.payload).toHaveLength(0)
  })

  test('unknown parameters are no obstacle', () => {
    expect(decodeBootstrapRequest(raw(Code.post, 'bs', 'ep=a=b', 'x', 'y=1'))).toEqual({ endpoint: 'a=b' })
  })

  test.each([
    ['an empty endpoint name', ['ep=']],
    ['a parameter twice', ['ep=a', 'ep=a']],
    ['a content format without a value', ['ep=a', 'pct']],
    ['a negative content format', ['ep=a', 'pct=-1']],
    ['a content format beyond two bytes', ['ep=a', 'pct=65536']],
    ['an endless content format', ['ep=a', `pct=${'1'.repeat(200)}`]],
  ])('%s: BAD_REQUEST', (_name, query) => {
    expect(() => decodeBootstrapRequest(raw(Code.post, 'bs', ...query))).toThrow(
      expect.objectContaining({ code: 'BAD_REQUEST' }),
    )
  })

  test('what is none', () => {
    for (const message of [
      raw(Code.get, 'bs', 'ep='),
      raw(Code.post, 'rd', 'ep='),
      raw(Code.post, 'bs/1'),
      raw(Code.post, ''),
    ]) {
      expect(decodeBootstrapRequest(message)).toBeUndefined()
    }
  })

  test('whatever is sent, a request or an OperationError', () => {
    const check = (query: string[]) => isTotal(() => decodeBootstrapRequest(raw(Code.post, 'bs', ...query)))
    fc.assert(fc.property(hostileQuery, check), { seed: 2, numRuns: 500 })
  })
})

describe('Bootstrap-Pack-Request (LwM2M Core 1.2.2 §6.1.7.7)', () => {
  test('what the client encodes the server decodes', () => {
    const accountInstances = fc.array(instance, { minLength: 1, maxLength: 3 })
    const requests = fc.record({ endpoint, accept: contentFormat, accountInstances }, { requiredKeys: [] })
    fc.assert(
      fc.property(requests as fc.Arbitrary<BootstrapPackRequest>, asked => {
        expect(decodeBootstrapPackRequest(overTheWire(encodeBootstrapPackRequest(asked)))).toEqual(asked)
      }),
      { seed: 3, numRuns: 200 },
    )
  })

  test('as it goes out', () => {
    const message = encodeBootstrapPackRequest({
      endpoint: 'dev',
      accept: 112,
      accountInstances: [
        [0, 1],
        [21, 0],
      ],
    })
    expect(message.code).toBe(Code.get)
    expect(findStrings(message, OptionNumber.uriPath)).toEqual(['bspack'])
    expect(findStrings(message, OptionNumber.uriQuery)).toEqual(['ep=dev', 'acc=</0/1>,</21/0>'])
    expect(findUint(message, OptionNumber.accept)).toBe(112)
  })

  test.each([
    ['an empty endpoint name', ['ep=']],
    ['a parameter twice', ['acc=</0/1>', 'acc=</0/2>']],
    ['an account that is no list of links', ['acc=0/1']],
    ['an account that is no instance', ['acc=</0>']],
    ['an account that is no path', ['acc=</a/b>']],
  ])('%s: BAD_REQUEST', (_name, query) => {
    expect(() => decodeBootstrapPackRequest(raw(Code.get, 'bspack', ...query))).toThrow(
      expect.objectContaining({ code: 'BAD_REQUEST' }),
    )
  })

  test('what is none', () => {
    for (const message of [raw(Code.post, 'bspack', 'ep='), raw(Code.get, 'bs', 'ep='), raw(Code.get, 'bspack/1')]) {
      expect(decodeBootstrapPackRequest(message)).toBeUndefined()
    }
  })

  test('whatever is sent, a request or an OperationError', () => {
    const check = (query: string[]) => isTotal(() => decodeBootstrapPackRequest(raw(Code.get, 'bspack', ...query)))
    fc.assert(fc.property(hostileQuery, check), { seed: 4, numRuns: 500 })
  })
})
