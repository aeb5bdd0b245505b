import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConsoleError } from '../../../server/console/console-error.ts'
import { hexEscaped } from '../../../server/console/python-text.ts'
import { TlvBuilder } from '../../../server/console/tlv-builder.ts'
import { tlvValue } from '../../../server/console/tlv-value.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')
const integer = (digits: string) => tlvValue('int', bytes(digits))
const payload = (builder: TlvBuilder) => hexEscaped(builder.serialize())

/** Two instances: one with a multiple resource, one with two resources; the second is selected. */
function twoInstances(): TlvBuilder {
  const builder = new TlvBuilder()
  builder.addInstance(0)
  builder.addMultipleResource(0)
  builder.addResourceInstances([
    [0, bytes('\x02')],
    [1, bytes('\x05')],
  ])
  builder.addInstance(1)
  builder.addResource(1, integer('11'))
  builder.addResource(3, integer('1'))
  return builder
}

const twoInstancesPayload = String.raw`\x08\x00\x08\x86\x00\x41\x00\x02\x41\x01\x05\x06\x01\xc1\x01\x0b\xc1\x03\x01`

describe('a payload of instances', () => {
  test('is put together element by element', () => {
    const builder = twoInstances()
    expect(builder.show()).toBe(String.raw`  path    value
---------------
  0       instance (1 resources)
  0/0       multiple resource (2 instances)
  0/0/0       resource instance = b'\x02' (int: 2)
  0/0/1       resource instance = b'\x05' (int: 5)
* 1       instance (2 resources)
  1/1       resource = b'\x0b' (int: 11)
  1/3       resource = b'\x01' (int: 1)`)
    expect(payload(builder)).toBe(twoInstancesPayload)
  })

  test('grows and shrinks where something is selected', () => {
    const builder = twoInstances()
    expect(builder.select('0')).toBe('selected: 0 instance 0 (1 resources)')
    expect(builder.select('0/0')).toBe('selected: 0/0 multiple resource 0 (2 instances)')
    builder.addResourceInstance(7, integer('300'))
    expect(builder.show().split('\n').slice(2, 7)).toEqual([
      '  0       instance (1 resources)',
      '* 0/0       multiple resource (3 instances)',
      String.raw`  0/0/0       resource instance = b'\x02' (int: 2)`,
      String.raw`  0/0/1       resource instance = b'\x05' (int: 5)`,
      String.raw`  0/0/7       resource instance = b'\x01,' (int: 300)`,
    ])
    expect(() => builder.addResource(9, bytes('hello'))).toThrow(new ConsoleError('cannot add a RESOURCE'))
    expect(builder.select('1')).toBe('selected: 1 instance 1 (2 resources)')
    builder.addResource(9, bytes('hello'))
    builder.addResource(10, tlvValue('double', bytes('1.5')))
    builder.addResource(11, bytes('\x00\xff\x41'))
    expect(builder.show().split('\n').slice(7)).toEqual([
      '* 1       instance (5 resources)',
      String.raw`  1/1       resource = b'\x0b' (int: 11)`,
      String.raw`  1/3       resource = b'\x01' (int: 1)`,
      String.raw`  1/9       resource = b'hello' (int: 448378203247)`,
      String.raw`  1/10      resource = b'?\xf8\x00\x00\x00\x00\x00\x00' (int: 4609434218613702656, double: 1.500000)`,
      String.raw`  1/11      resource = b'\x00\xffA' (int: 65345)`,
    ])
    expect(payload(builder)).toBe(
      String.raw`\x08\x00\x0d\x88\x00\x0a\x41\x00\x02\x41\x01\x05\x42\x07\x01\x2c\x08\x01\x1d\xc1\x01\x0b\xc1\x03\x01\xc5\x09\x68\x65\x6c\x6c\x6f\xc8\x0a\x08\x3f\xf8\x00\x00\x00\x00\x00\x00\xc3\x0b\x00\xff\x41`,
    )
    builder.remove('0/0/7')
    builder.remove('1/10')
    expect(() => builder.remove('7')).toThrow(new ConsoleError('instance or resource 7 does not exist'))
    expect(() => builder.select('5')).toThrow(new ConsoleError('Incorrect path'))
    expect(() => builder.select('1/9')).toThrow(new ConsoleError('resource 1/9 is RESOURCE, cannot be selected'))
    expect(() => builder.addInstance(1)).toThrow(new ConsoleError('Element with such ID and parent already exists'))
    expect(builder.show()).toBe(String.raw`  path    value
---------------
  0       instance (1 resources)
  0/0       multiple resource (2 instances)
  0/0/0       resource instance = b'\x02' (int: 2)
  0/0/1       resource instance = b'\x05' (int: 5)
  1       instance (4 resources)
  1/1       resource = b'\x0b' (int: 11)
  1/3       resource = b'\x01' (int: 1)
  1/9       resource = b'hello' (int: 448378203247)
  1/11      resource = b'\x00\xffA' (int: 65345)`)
    expect(payload(builder)).toBe(
      String.raw`\x08\x00\x08\x86\x00\x41\x00\x02\x41\x01\x05\x08\x01\x12\xc1\x01\x0b\xc1\x03\x01\xc5\x09\x68\x65\x6c\x6c\x6f\xc3\x0b\x00\xff\x41`,
    )
  })

  test('is loaded from bytes', () => {
    const builder = twoInstances()
    const table = builder.show().replace('*', ' ')
    expect(builder.deserialize(builder.serialize())).toBe(table)
    expect(() => builder.deserialize(bytes('\x08\x00'))).toThrow(
      new ConsoleError('attempted to take 1 bytes, but only 0 available'),
    )
    expect(builder.show()).toBe(table)
    expect(builder.deserialize(bytes('\xc8\x00\x05hello'))).toBe(String.raw`  path    value
---------------
  0       resource = b'hello' (int: 448378203247)`)
    expect(payload(builder)).toBe(String.raw`\xc5\x00\x68\x65\x6c\x6c\x6f`)
  })
})

describe('a payload of resources', () => {
  test('has multiple ones, but no instance', () => {
    const builder = new TlvBuilder()
    expect(builder.addResource(1, integer('-5'))).toBe('Selected top-level: resource')
    expect(builder.addResource(2, integer('70000'))).toBeUndefined()
    builder.addResource(3, integer('5000000000'))
    builder.addResource(300, bytes('abc'))
    expect(() => builder.addInstance(4)).toThrow(new ConsoleError('cannot add a INSTANCE'))
    expect(() => builder.addResourceInstance(4, bytes(''))).toThrow(new ConsoleError('cannot add a RESOURCE_INSTANCE'))
    expect(builder.addMultipleResource(5)).toBeUndefined()
    builder.addResourceInstance(0, bytes('abc'))
    expect(() => builder.addMultipleResource(6)).toThrow(new ConsoleError('cannot add a MULTIPLE_RESOURCE'))
    expect(builder.show()).toBe(String.raw`  path    value
---------------
  1       resource = b'\xfb' (int: 251)
  2       resource = b'\x00\x01\x11p' (int: 70000, float: 0.000000, objlink: 1:4464)
  3       resource = b'\x00\x00\x00\x01*\x05\xf2\x00' (int: 5000000000, double: 0.000000)
  300     resource = b'abc' (int: 6382179)
* 5       multiple resource (1 instances)
  5/0       resource instance = b'abc' (int: 6382179)`)
    expect(payload(builder)).toBe(
      String.raw`\xc1\x01\xfb\xc4\x02\x00\x01\x11\x70\xc8\x03\x08\x00\x00\x00\x01\x2a\x05\xf2\x00\xe3\x01\x2c\x61\x62\x63\x85\x05\x43\x00\x61\x62\x63`,
    )
    expect(builder.select('5')).toBe('selected: 5 multiple resource 5 (1 instances)')
  })
})

describe('a payload of resource instances', () => {
  test('has nothing else', () => {
    const builder = new TlvBuilder()
    expect(builder.addResourceInstance(0, integer('1'))).toBe('Selected top-level: resource instance')
    expect(builder.addResourceInstance(1, bytes('xyz'))).toBeUndefined()
    expect(() => builder.addResource(2, bytes(''))).toThrow(new ConsoleError('cannot add a RESOURCE'))
    expect(builder.show()).toBe(String.raw`  path    value
---------------
  0       resource instance = b'\x01' (int: 1)
  1       resource instance = b'xyz' (int: 7895418)`)
    expect(payload(builder)).toBe(String.raw`\x41\x00\x01\x43\x01\x78\x79\x7a`)
    expect(() => builder.select('0')).toThrow('resource 0 is RESOURCE_INSTANCE, cannot be selected')
  })

  test('gets all of several, or none', () => {
    const builder = new TlvBuilder()
    expect(builder.addResourceInstances([])).toBeUndefined()
    const empty = builder.show()
    expect(() =>
      builder.addResourceInstances([
        [1, bytes('a')],
        [1, bytes('b')],
      ]),
    ).toThrow('already exists')
    expect(() =>
      builder.addResourceInstances([
        [1, bytes('a')],
        [65536, bytes('b')],
      ]),
    ).toThrow('65536')
    expect(builder.show()).toBe(empty)
    expect(builder.addResourceInstances([[1, bytes('a')]])).toBe('Selected top-level: resource instance')
  })
})

test('nothing at all is no bytes', () => {
  expect(payload(new TlvBuilder())).toBe('')
  expect(new TlvBuilder().show()).toBe('  path    value\n---------------')
})

test('the first element tells what is on top', () => {
  expect(new TlvBuilder().addInstance(0)).toBe('Selected top-level: instance')
  expect(new TlvBuilder().addMultipleResource(0)).toBe('Selected top-level: resource')
  const builder = new TlvBuilder()
  builder.addInstance(0)
  builder.remove('0')
  expect(builder.addResource(0, bytes(''))).toBe('Selected top-level: resource')
})

test.each(['', '/', 'a', '1/', '1/2/3/4', '-1', '999999', '0x1'])('%j is no path', path => {
  expect(() => twoInstances().remove(path)).toThrow('not a path of 1-3 identifiers')
  expect(() => twoInstances().select(path)).toThrow('not a path of 1-2 identifiers')
})

test.each([-1, 1.5, 65536, Number.NaN])('%d is no identifier', id => {
  expect(() => new TlvBuilder().addInstance(id)).toThrow(ConsoleError)
})

describe('the value of a TLV', () => {
  test.each([
    ['0', '00'],
    ['127', '7f'],
    ['128', '0080'],
    ['-128', '80'],
    ['-129', 'ff7f'],
    ['32767', '7fff'],
    ['32768', '00008000'],
    ['2147483648', '0000000080000000'],
    ['9007199254740993', '0020000000000001'],
    ['9223372036854775807', '7fffffffffffffff'],
    ['-9223372036854775808', '8000000000000000'],
    [' +7 ', '07'],
  ])('%s is as short as an integer can be', (digits, hex) => {
    expect(Buffer.from(integer(digits)).toString('hex')).toBe(hex)
  })

  test.each(['', 'abc', '1.5', '0x10', '9223372036854775808', '-9223372036854775809', '9'.repeat(100_000)])(
    '%.20s is no integer',
    digits => {
      expect(() => integer(digits)).toThrow(/^not an integer/)
    },
  )

  test.each([
    ['1.5', 1.5],
    ['-2e3', -2000],
    ['.5', 0.5],
    ['inf', Infinity],
    ['NaN', Number.NaN],
  ])('%s is a double of eight bytes', (digits, value) => {
    expect(Buffer.from(tlvValue('double', bytes(digits))).readDoubleBE()).toBe(value)
  })

  test.each(['', 'abc', '1.5.', '0x10'])('%j is no double', digits => {
    expect(() => tlvValue('double', bytes(digits))).toThrow(`not a number: ${digits}`)
  })

  test('an object link is four bytes', () => {
    expect(hexEscaped(tlvValue('objlnk', bytes('3303:1')))).toBe(String.raw`\x0c\xe7\x00\x01`)
    expect(() => tlvValue('objlnk', bytes('3303'))).toThrow('not an object link')
  })

  test('a string and an opaque value are their bytes', () => {
    expect(hexEscaped(tlvValue('string', bytes('\xffa')))).toBe(String.raw`\xff\x61`)
    expect(hexEscaped(tlvValue('opaque', bytes('\xffa')))).toBe(String.raw`\xff\x61`)
  })
})

test('whatever is added, the bytes read back the same', () => {
  const id = fc.integer({ min: 0, max: 300 })
  const value = fc.uint8Array({ maxLength: 300 })
  const step = fc.oneof(
    fc.tuple(fc.constant('addInstance'), id),
    fc.tuple(fc.constant('addMultipleResource'), id),
    fc.tuple(fc.constant('addResource'), id, value),
    fc.tuple(fc.constant('addResourceInstance'), id, value),
    fc.tuple(fc.constant('select'), fc.constantFrom('0', '1', '0/0', '1/1')),
    fc.tuple(fc.constant('remove'), fc.constantFrom('0', '1', '0/0', '1/1', '0/0/0')),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), steps => {
      const builder = new TlvBuilder()
      for (const [method, ...args] of steps) {
        const before = builder.show()
        try {
          ;(builder[method as 'addResource'] as (...all: unknown[]) => unknown)(...args)
        } catch (error) {
          expect(error).toBeInstanceOf(ConsoleError)
          expect(builder.show()).toBe(before)
        }
      }
      const again = new TlvBuilder()
      expect(again.deserialize(builder.serialize())).toBe(builder.show().replace('* ', '  '))
      expect(again.serialize()).toEqual(builder.serialize())
    }),
    { seed: 9, numRuns: 500 },
  )
})

test('hostile bytes are a payload or a ConsoleError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), hostile => {
      const builder = new TlvBuilder()
      try {
        builder.deserialize(hostile)
      } catch (error) {
        expect(error).toBeInstanceOf(ConsoleError)
        return
      }
      builder.show()
      builder.serialize()
    }),
    { seed: 9, numRuns: 2000 },
  )
})
