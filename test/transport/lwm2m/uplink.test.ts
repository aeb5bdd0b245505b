import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeDatagram, encodeDatagram } from '../../../transport/coap/codec.ts'
import { type CoapMessage, Code, noPayload } from '../../../transport/coap/message.ts'
import { findStrings, OptionNumber, pathOptions, stringOption, uintOption } from '../../../transport/coap/options.ts'
import {
  decodeDeregister,
  decodeRegister,
  decodeRegistered,
  decodeSend,
  decodeUpdate,
  encodeDeregister,
  encodeRegister,
  encodeRegistered,
  encodeSend,
  encodeUpdate,
  type RegisterParameters,
} from '../../../transport/lwm2m/uplink.ts'
import { request } from '../../helpers/coap-site.ts'
import { datagramOf } from '../../helpers/coap-wire.ts'

const overTheWire = (message: CoapMessage) => decodeDatagram(encodeDatagram(datagramOf(message)))

/** A request as another implementation may send it. */
function raw(path: string[], query: string[], links?: string, contentFormat?: number): CoapMessage {
  return {
    code: Code.post,
    options: [
      ...pathOptions(OptionNumber.uriPath, path),
      ...(contentFormat === undefined ? [] : [uintOption(OptionNumber.contentFormat, contentFormat)]),
      ...query.map(parameter => stringOption(OptionNumber.uriQuery, parameter)),
    ],
    payload: links === undefined ? noPayload : Buffer.from(links),
  }
}

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
const lifetimeSeconds = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const profileIds = fc.array(fc.constantFrom('6:1234abcd', 'oma:1', 'v:my-meter'), { minLength: 1, maxLength: 3 })

describe('Register (LwM2M Core 1.2.2 §6.2.1)', () => {
  test('what the client encodes the server decodes', () => {
    const parameters = fc.record(
      {
        endpoint: text,
        version: fc.constantFrom('1.0' as const, '1.1' as const, '1.2' as const),
        lifetimeSeconds,
        binding: fc.constantFrom('UQ', 'T', 'UT'),
        queueMode: fc.constant(true),
        smsNumber: fc.constant('+4917012345'),
        profileIds,
        objectLinks: text,
      },
      { requiredKeys: ['version', 'lifetimeSeconds', 'objectLinks'] },
    ) as fc.Arbitrary<RegisterParameters>
    fc.assert(
      fc.property(parameters, register => {
        expect(decodeRegister(overTheWire(encodeRegister(register)))).toEqual(register)
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  test('as it goes out', () => {
    const message = encodeRegister({
      endpoint: 'urn:dev:os:1',
      version: '1.1',
      lifetimeSeconds: 300,
      binding: 'U',
      queueMode: true,
      objectLinks: '</1/0>,</3/0>',
    })
    expect(message.code).toBe(Code.post)
    expect(findStrings(message, OptionNumber.uriPath)).toEqual(['rd'])
    expect(findStrings(message, OptionNumber.uriQuery)).toEqual(['lwm2m=1.1', 'ep=urn:dev:os:1', 'lt=300', 'Q'])
    expect(Buffer.from(message.payload).toString()).toBe('</1/0>,</3/0>')
  })

  test('without a lifetime it is 86,400 s; unknown parameters are no obstacle', () => {
    const register = decodeRegister(raw(['rd'], ['lwm2m=1.0', 'ep=a=b', 'x', 'y=5'], '</3/0>'))
    expect(register).toEqual({ version: '1.0', endpoint: 'a=b', lifetimeSeconds: 86_400, objectLinks: '</3/0>' })
  })

  test('the parameters in the order that servers know', () => {
    const message = encodeRegister({
      profileIds: ['oma:1'],
      queueMode: true,
      binding: 'UT',
      smsNumber: '4917012345',
      lifetimeSeconds: 300,
      endpoint: 'a',
      version: '1.2',
      objectLinks: '',
    })
    const query = ['lwm2m=1.2', 'ep=a', 'lt=300', 'sms=4917012345', 'b=UT', 'Q', 'pid=oma:1']
    expect(findStrings(message, OptionNumber.uriQuery)).toEqual(query)
  })

  test.each([
    { query: ['pid=6:1234abcd'], profileIds: ['6:1234abcd'] },
    { query: ['pid="oma:1,v:a-b"'], profileIds: ['oma:1', 'v:a-b'] },
    { query: ['pid=oma:1', 'pid="v:a,v:b"'], profileIds: ['oma:1', 'v:a', 'v:b'] },
  ])('Profile IDs $query', ({ query, ...expected }) => {
    expect(decodeRegister(raw(['rd'], ['lwm2m=1.2', ...query]))).toMatchObject(expected)
  })

  const refused: [name: string, message: CoapMessage, code: string][] = [
    ['a Profile ID without a value', raw(['rd'], ['lwm2m=1.2', 'pid']), 'BAD_REQUEST'],
    ['a Profile ID that is none', raw(['rd'], ['lwm2m=1.2', 'pid=5']), 'BAD_REQUEST'],
    ['a Profile ID in half a pair of quotes', raw(['rd'], ['lwm2m=1.2', 'pid="oma:1']), 'BAD_REQUEST'],
    ['a Profile ID of another alphabet', raw(['rd'], ['lwm2m=1.2', 'pid=6:12ZZ']), 'BAD_REQUEST'],
    ['no version', raw(['rd'], ['ep=a', 'lt=1']), 'BAD_REQUEST'],
    ['a version without a value', raw(['rd'], ['lwm2m', 'ep=a']), 'PRECONDITION_FAILED'],
    ['an unknown version', raw(['rd'], ['lwm2m=2.0', 'ep=a']), 'PRECONDITION_FAILED'],
    ['a parameter twice', raw(['rd'], ['lwm2m=1.1', 'ep=a', 'ep=b']), 'BAD_REQUEST'],
    ['an endpoint name of no characters', raw(['rd'], ['lwm2m=1.1', 'ep=']), 'BAD_REQUEST'],
    ['a lifetime of no digits', raw(['rd'], ['lwm2m=1.1', 'lt=']), 'BAD_REQUEST'],
    ['a negative lifetime', raw(['rd'], ['lwm2m=1.1', 'lt=-1']), 'BAD_REQUEST'],
    ['a lifetime with a fraction', raw(['rd'], ['lwm2m=1.1', 'lt=1.5']), 'BAD_REQUEST'],
    ['a lifetime beyond all measure', raw(['rd'], ['lwm2m=1.1', `lt=${'9'.repeat(11)}`]), 'BAD_REQUEST'],
    ['objects in another format', raw(['rd'], ['lwm2m=1.1', 'ep=a'], 'x', 110), 'UNSUPPORTED_CONTENT_FORMAT'],
  ]
  for (const [name, message, code] of refused) {
    test(`${name}: ${code}`, () => {
      expect(() => decodeRegister(message)).toThrow(expect.objectContaining({ code }))
    })
  }

  test('what is none', () => {
    expect(decodeRegister(raw([], ['lwm2m=1.1']))).toBeUndefined()
    expect(decodeRegister(raw(['rd', '1'], ['lwm2m=1.1']))).toBeUndefined()
    expect(decodeRegister(raw(['bs'], ['ep=a']))).toBeUndefined()
    expect(decodeRegister({ ...raw(['rd'], ['lwm2m=1.1']), code: Code.put })).toBeUndefined()
  })

  test('the answer says where the registration is', () => {
    expect(decodeRegistered(overTheWire(encodeRegistered('5a3f')))).toEqual(['rd', '5a3f'])
    expect(decodeRegistered({ code: Code.created, options: [], payload: noPayload })).toBeUndefined()
  })
})

describe('Update (LwM2M Core 1.2.2 §6.2.2)', () => {
  test('what the client encodes the server decodes', () => {
    const parameters = fc.record(
      {
        lifetimeSeconds,
        binding: fc.constantFrom('U', 'UQ'),
        queueMode: fc.constant(true),
        smsNumber: fc.constant('+49'),
        profileIds,
        objectLinks: text,
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(parameters, text, (update, location) => {
        const decoded = decodeUpdate(overTheWire(encodeUpdate(['rd', location], update)))
        expect(decoded).toEqual({ location, parameters: update })
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  test('one that changes nothing is a request without query and payload', () => {
    const message = encodeUpdate(['rd', 'a'], {})
    expect(findStrings(message, OptionNumber.uriQuery)).toEqual([])
    expect(message.payload).toHaveLength(0)
  })

  test('bad parameters', () => {
    expect(() => decodeUpdate(raw(['rd', 'a'], ['lt=x']))).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
    expect(() => decodeUpdate(raw(['rd', 'a'], ['lt=1', 'lt=2']))).toThrow(
      expect.objectContaining({ code: 'BAD_REQUEST' }),
    )
    expect(() => decodeUpdate(raw(['rd', 'a'], [], 'x', 0))).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_CONTENT_FORMAT' }),
    )
  })

  test('what is none', () => {
    expect(decodeUpdate(raw(['rd'], []))).toBeUndefined()
    expect(decodeUpdate(raw(['rd', 'a', 'b'], []))).toBeUndefined()
    expect(decodeUpdate(raw(['3', '0'], []))).toBeUndefined()
    expect(decodeUpdate({ ...raw(['rd', 'a'], []), code: Code.put })).toBeUndefined()
  })
})

test('De-register', () => {
  expect(decodeDeregister(overTheWire(encodeDeregister(['rd', 'a'])))).toBe('a')
  expect(decodeDeregister(request(Code.delete, 'rd'))).toBeUndefined()
  expect(decodeDeregister(request(Code.post, 'rd/a'))).toBeUndefined()
})

describe('Send', () => {
  const send = { contentFormat: 112, payload: Buffer.from([0x80]) }

  test('is a POST /dp with its Content-Format', () => {
    const message = overTheWire(encodeSend(send))
    expect(message.code).toBe(Code.post)
    expect(findStrings(message, OptionNumber.uriPath)).toEqual(['dp'])
    expect(decodeSend(message)).toEqual(send)
  })

  test.each([
    ['GET', { ...encodeSend(send), code: Code.get }],
    ['another path', raw(['dp', 'x'], [], 'x', 112)],
    ['a registration', raw(['rd'], [], 'x', 112)],
    ['the root', raw([], [], 'x', 112)],
  ])('%s is none', (_name, message) => expect(decodeSend(message)).toBeUndefined())

  test('without a Content-Format it cannot be read', () => {
    expect(() => decodeSend(raw(['dp'], [], 'x'))).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_CONTENT_FORMAT' }),
    )
  })
})
