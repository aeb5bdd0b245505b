import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Identifiers } from '../../objects/identifiers.ts'

test.each([
  ['LWM2M  Server URI', 'lwm2mServerUri'],
  ['LwM2M v1.1 Test Object', 'lwm2mV11TestObject'],
  ['DTLS/TLS Ciphersuite', 'dtlsTlsCiphersuite'],
  ['Bootstrap-Server', 'bootstrapServer'],
  ['SMS Binding Secret Key(s)', 'smsBindingSecretKeys'],
  ['num_prach_repetition', 'numPrachRepetition'],
  ['ExtDevInfo', 'extDevInfo'],
  ['IPv4 Address', 'ipv4Address'],
  ['eDRX', 'edrx'],
  ['On/Off', 'onOff'],
  ['5QI', '_5qi'],
  ['Température ²', 'temperature2'],
  ['温度', 'unnamed_7'],
  ['', 'unnamed_7'],
  ['to string', 'toString_7'],
  ['__proto__', 'proto'],
  ['constructor', 'constructor_7'],
  ['Delete', 'delete'],
])('"%s" is %s', (name, identifier) => {
  expect(new Identifiers('property').take(name, 7)).toBe(identifier)
})

test('a variable keeps clear of reserved words, too', () => {
  const identifiers = new Identifiers('variable')
  expect(identifiers.take('Delete', 1)).toBe('delete_1')
  expect(identifiers.take('Switch', 2)).toBe('switch_2')
})

test('any names give different identifiers that no object inherits', () => {
  const name = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('a', 'A', 'a 1', 'a_1', '1', '_1', 'unnamed', 'unnamed 1', '__proto__', 'valueOf', ''),
  )
  fc.assert(
    fc.property(fc.array(name, { maxLength: 20 }), names => {
      const identifiers = new Identifiers('property')
      const taken = names.map((text, id) => identifiers.take(text, id))
      expect(new Set(taken).size).toBe(names.length)
      for (const identifier of taken) {
        expect(identifier).toMatch(/^[a-z_][A-Za-z0-9]*(?:_\d+)?$/)
        expect(identifier in {}).toBe(false)
      }
    }),
    { seed: 1, numRuns: 500 },
  )
})
