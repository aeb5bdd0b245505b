import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { DerError, DerReader, DerTag } from '../../../../transport/dtls/certificate/der.ts'

const reader = (hex: string) => new DerReader(Buffer.from(hex.replaceAll(' ', ''), 'hex'))

test('values in a sequence are read in their order', () => {
  const inside = reader('30 0f  01 01 ff  02 01 05  06 03 55 1d 0f  03 02 07 80').sequence()
  expect([inside.boolean(), inside.smallInteger(), inside.objectIdentifier(), inside.bitString()]).toEqual([
    true,
    5,
    '2.5.29.15',
    Buffer.of(0x80),
  ])
  expect(inside.isDone).toBe(true)
  inside.end()
})

test('lengths of one to three bytes more', () => {
  for (const length of [0, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000]) {
    const count = length < 0x80 ? 0 : length < 0x100 ? 1 : length < 0x10000 ? 2 : 3
    const prefix = Buffer.alloc(2 + count, 0x04)
    prefix.writeUInt8(count === 0 ? length : 0x80 | count, 1)
    if (count > 0) prefix.writeUIntBE(length, 2, count)
    const value = new DerReader(Buffer.concat([prefix, Buffer.alloc(length)])).value(DerTag.octetString)
    expect([value.content.length, value.encoded.length]).toEqual([length, length + 2 + count])
  }
})

test.each([
  ['nothing', '', 'nothing instead of sequence'],
  ['another tag', '0500', 'tag 0x05 instead of sequence'],
  ['no length', '30', 'ends too early'],
  ['less than its length', '3002 05', 'ends too early'],
  ['half a length', '3082 01', 'ends too early'],
  ['an indefinite length', '3080 0000', 'an indefinite length'],
  ['a length longer than needed', '308101 00', 'a length longer than needed'],
  ['a length with a zero before', '308200ff', 'a length longer than needed'],
  ['a huge length', '308401000000', 'a length beyond 16 MiB'],
])('%s is no sequence: %s', (_name, hex, message) => {
  expect(() => reader(hex).sequence()).toThrow(new DerError(message))
})

test('what follows, a tag of several bytes, too many levels', () => {
  expect(() => reader('3000 00').end()).toThrow(DerError)
  expect(() => reader('1f8100').any()).toThrow(new DerError('a tag above 30'))
  let deep = Buffer.alloc(0)
  for (let level = 0; level < 13; level++) deep = Buffer.concat([Buffer.of(0x30, deep.length), deep])
  expect(() => {
    for (let inner = new DerReader(deep); ; ) inner = inner.sequence()
  }).toThrow(new DerError('nested too deep'))
})

test.each([
  ['0101 01', 'boolean'],
  ['0100', 'boolean'],
  ['0200', 'smallInteger'],
  ['0202 0001', 'smallInteger'],
  ['0202 ff80', 'smallInteger'],
  ['0201 80', 'smallInteger'],
  ['0205 0100000000', 'smallInteger'],
  ['0300', 'bitString'],
  ['0301 01', 'bitString'],
  ['0302 08 00', 'bitString'],
  ['0302 01 01', 'bitString'],
  ['0600', 'objectIdentifier'],
  ['0601 80', 'objectIdentifier'],
  ['0602 8001', 'objectIdentifier'],
  ['0602 2a80', 'objectIdentifier'],
  [`0641${'2a'.repeat(65)}`, 'objectIdentifier'],
  ['060a 2affffffffffffffff7f', 'objectIdentifier'],
] as const)('%s is no %s', (hex, type) => {
  expect(() => reader(hex)[type]()).toThrow(DerError)
})

test.each([
  ['00', '0.0'],
  ['27', '0.39'],
  ['28', '1.0'],
  ['2a864886f70d', '1.2.840.113549'],
  ['883703', '2.999.3'],
])('the object identifier %s is %s', (content, id) => {
  const bytes = Buffer.from(content, 'hex')
  expect(new DerReader(Buffer.concat([Buffer.of(6, bytes.length), bytes])).objectIdentifier()).toBe(id)
})

function time(tag: number, text: string): number {
  return new DerReader(Buffer.concat([Buffer.of(tag, text.length), Buffer.from(text)])).timeMs()
}

test.each([
  ['491231235959Z', DerTag.utcTime, '2049-12-31T23:59:59Z'],
  ['500101000000Z', DerTag.utcTime, '1950-01-01T00:00:00Z'],
  ['20500101000000Z', DerTag.generalizedTime, '2050-01-01T00:00:00Z'],
  ['99991231235959Z', DerTag.generalizedTime, '9999-12-31T23:59:59Z'],
  ['240229000000Z', DerTag.utcTime, '2024-02-29T00:00:00Z'],
])('the time %s', (text, tag, iso) => expect(time(tag, text)).toBe(Date.parse(iso)))

test.each([
  ['2401010000Z', DerTag.utcTime],
  ['240101000000+0000', DerTag.utcTime],
  ['20240101000000Z', DerTag.utcTime],
  ['240101000000Z', DerTag.generalizedTime],
  ['20240101000000.5Z', DerTag.generalizedTime],
  ['230229000000Z', DerTag.utcTime],
  ['241301000000Z', DerTag.utcTime],
  ['240101240000Z', DerTag.utcTime],
  ['240101006000Z', DerTag.utcTime],
  ['240101000060Z', DerTag.utcTime],
  ['24010100000xZ', DerTag.utcTime],
  ['240101000000Z', DerTag.octetString],
])('%s with tag %i is no time', (text, tag) => expect(() => time(tag, text)).toThrow(DerError))

test('any bytes are read or throw DerError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), bytes => {
      const walk = (one: DerReader) => {
        while (!one.isDone) {
          const value = one.any()
          if ((value.tag & 0x20) !== 0) walk(one.open(value))
        }
      }
      try {
        walk(new DerReader(bytes))
      } catch (error) {
        expect(error).toBeInstanceOf(DerError)
      }
    }),
    { seed: 1, numRuns: 2000 },
  )
})
