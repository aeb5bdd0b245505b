import { expect, test } from 'vitest'
import { CborBuilder } from '../../../server/console/cbor-builder.ts'
import { ConsoleError } from '../../../server/console/console-error.ts'
import { hexEscaped } from '../../../server/console/python-text.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')

test('records are added one after the other', () => {
  const builder = new CborBuilder()
  builder.addResource('0/0/0', 'int', bytes('2'))
  builder.addResource('0/0/1', 'int', bytes('5'))
  builder.addResource('1/1', 'int', bytes('11'))
  builder.addResource('1/3', 'int', bytes('1'))
  expect(builder.show()).toBe(`CBOR (4 elements):

  {<SenmlLabel.NAME: 0>: '0/0/0', <SenmlLabel.VALUE: 2>: 2}
  {<SenmlLabel.NAME: 0>: '0/0/1', <SenmlLabel.VALUE: 2>: 5}
  {<SenmlLabel.NAME: 0>: '1/1', <SenmlLabel.VALUE: 2>: 11}
  {<SenmlLabel.NAME: 0>: '1/3', <SenmlLabel.VALUE: 2>: 1} \n`)
  expect(hexEscaped(builder.serialize())).toBe(
    String.raw`\x84\xa2\x00\x65\x30\x2f\x30\x2f\x30\x02\x02\xa2\x00\x65\x30\x2f\x30\x2f\x31\x02\x05\xa2\x00\x63\x31\x2f\x31\x02\x0b\xa2\x00\x63\x31\x2f\x33\x02\x01`,
  )
})

test('of every type, with a base name, without a value', () => {
  const builder = new CborBuilder()
  builder.addResource('/5', 'string', bytes('hello'))
  builder.addResource('/6', 'double', bytes('1.25'))
  builder.addResource('/7', 'opaque', bytes('\x01\x02\xff'))
  builder.addResource('/8', 'objlnk', bytes('3:0'))
  builder.addResource('/9', 'int', bytes('-70000'))
  builder.addResource('/10', 'bool', bytes('true'))
  builder.addResource('/11')
  builder.addResource('/12', undefined, bytes('abc'))
  builder.addResource('/0', 'int', bytes('7'), '/3/0')
  builder.addResource('/5', 'int', bytes('1'))
  expect(builder.show()).toBe(String.raw`CBOR (9 elements):

  {<SenmlLabel.NAME: 0>: '/5', <SenmlLabel.STRING: 3>: 'hello'}
  {<SenmlLabel.NAME: 0>: '/6', <SenmlLabel.VALUE: 2>: 1.25}
  {<SenmlLabel.NAME: 0>: '/7', <SenmlLabel.OPAQUE: 8>: b'\x01\x02\xff'}
  {<SenmlLabel.NAME: 0>: '/8', <SenmlLabel.OBJLNK: 'vlo'>: '3:0'}
  {<SenmlLabel.NAME: 0>: '/9', <SenmlLabel.VALUE: 2>: -70000}
  {<SenmlLabel.NAME: 0>: '/10', <SenmlLabel.STRING: 3>: 'true'}
  {<SenmlLabel.NAME: 0>: '/11'}
  {<SenmlLabel.NAME: 0>: '/12', <SenmlLabel.STRING: 3>: 'abc'}
  {<SenmlLabel.NAME: 0>: '/0', <SenmlLabel.BASE_NAME: -2>: '/3/0', <SenmlLabel.VALUE: 2>: 7} ${'\n'}`)
  builder.remove('/7')
  expect(() => builder.remove('/77')).toThrow(new ConsoleError('Invalid name'))
  expect(builder.show()).toMatch(/^CBOR \(8 elements\)/)
  expect(hexEscaped(builder.serialize())).toBe(
    String.raw`\x88\xa2\x00\x62\x2f\x35\x03\x65\x68\x65\x6c\x6c\x6f\xa2\x00\x62\x2f\x36\x02\xfb\x3f\xf4\x00\x00\x00\x00\x00\x00\xa2\x00\x62\x2f\x38\x63\x76\x6c\x6f\x63\x33\x3a\x30\xa2\x00\x62\x2f\x39\x02\x3a\x00\x01\x11\x6f\xa2\x00\x63\x2f\x31\x30\x03\x64\x74\x72\x75\x65\xa1\x00\x63\x2f\x31\x31\xa2\x00\x63\x2f\x31\x32\x03\x63\x61\x62\x63\xa3\x00\x62\x2f\x30\x21\x64\x2f\x33\x2f\x30\x02\x07`,
  )
})

test('nothing at all is an empty array', () => {
  expect(new CborBuilder().show()).toBe('CBOR (0 elements):\n\n \n')
  expect(hexEscaped(new CborBuilder().serialize())).toBe(String.raw`\x80`)
})

test('a double that is integral stays one', () => {
  const builder = new CborBuilder()
  builder.addResource('/1', 'double', bytes('3'))
  expect(builder.show()).toContain('<SenmlLabel.VALUE: 2>: 3.0}')
})

test.each([
  ['int', 'abc'],
  ['int', '18446744073709551616'],
  ['double', 'abc'],
  ['string', '\xff'],
])('a %s is not %s', (type, value) => {
  const builder = new CborBuilder()
  expect(() => builder.addResource('/1', type, bytes(value))).toThrow(ConsoleError)
  expect(hexEscaped(builder.serialize())).toBe(String.raw`\x80`)
})

test('integers of 64 bits are exact', () => {
  const builder = new CborBuilder()
  builder.addResource('/1', 'int', bytes('18446744073709551615'))
  builder.addResource('/2', 'int', bytes('-9223372036854775808'))
  expect(builder.show()).toContain(': 18446744073709551615}')
  expect(builder.show()).toContain(': -9223372036854775808}')
})
