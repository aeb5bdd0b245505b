import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConsoleError } from '../../../server/console/console-error.ts'
import { dumpPayload } from '../../../server/console/payload-dump.ts'
import { describeTlvTree, parseTlvTree } from '../../../server/console/tlv-tree.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')

describe('text', () => {
  test.each([undefined, 0, 40, 1541])('of format %s is shown as it is', format => {
    expect(dumpPayload(bytes('</3/0/13>;pmin=1'), format)).toBe('ascii-ish:\n</3/0/13>;pmin=1\n')
    expect(dumpPayload(bytes('a\x1b\xff'), format)).toBe('ascii-ish:\na\\x1b\\xff\n')
    expect(dumpPayload(bytes(''), format)).toBe('ascii-ish:\n\n')
  })
})

describe('bytes', () => {
  test.each([42, 60, 1544, 11544, 99])('of format %i stay bytes', format => {
    expect(dumpPayload(bytes('abc'), format)).toBe(String.raw`binary:
\x61\x62\x63
`)
  })
})

describe('TLV', () => {
  const device = Buffer.from(
    [
      'c500416e6a6179 c8010b64656d6f2d636c69656e74 c8020b6d795f656e64706f696e74 c603332e31342e30',
      '8306410000 840742007ccf 8308410009 c10900 c10a00 830b410000 c40d6b020794 c60e2b30313a3030',
      'c80f0d4575726f70652f576172736177 c2105551 c011 c012 c013 c11400 c11500 8616440083460000',
    ]
      .join('')
      .replaceAll(' ', ''),
    'hex',
  )

  test('of a device', () => {
    expect(device).toHaveLength(124)
    expect(dumpPayload(device, 11542)).toBe(String.raw`TLV (20 elements):

  resource 0 = b'Anjay' (int: 281025339769)
  resource 1 = b'demo-client'
  resource 2 = b'my_endpoint'
  resource 3 = b'3.14.0' (int: 56273487015472)
  multiple resource 6 (1 instances)
    resource instance 0 = b'\x00' (int: 0)
  multiple resource 7 (1 instances)
    resource instance 0 = b'|\xcf' (int: 31951)
  multiple resource 8 (1 instances)
    resource instance 0 = b'\t' (int: 9)
  resource 9 = b'\x00' (int: 0)
  resource 10 = b'\x00' (int: 0)
  multiple resource 11 (1 instances)
    resource instance 0 = b'\x00' (int: 0)
  resource 13 = b'k\x02\x07\x94' (int: 1795295124, float: 157196143233404789241937920.000000, objlink: 27394:1940)
  resource 14 = b'+01:00' (int: 47485984321584)
  resource 15 = b'Europe/Warsaw'
  resource 16 = b'UQ' (int: 21841)
  resource 17 = b'' (int: 0)
  resource 18 = b'' (int: 0)
  resource 19 = b'' (int: 0)
  resource 20 = b'\x00' (int: 0)
  resource 21 = b'\x00' (int: 0)
  multiple resource 22 (1 instances)
    resource instance 0 = b'\x83F\x00\x00' (int: 2202402816, float: -0.000000, objlink: 33606:0)`)
  })

  test('of a security instance, with an empty multiple resource', () => {
    const security = Buffer.from(
      [
        '080137',
        'c80016636f6170733a2f2f3132372e302e302e313a39353031',
        'c10100 c10200 c40375736572 c004 c8050870617373776f7264 c10a01 8010',
      ]
        .join('')
        .replaceAll(' ', ''),
      'hex',
    )
    expect(security).toHaveLength(58)
    expect(dumpPayload(security, 11542)).toBe(String.raw`TLV (1 elements):

  instance 1 (8 resources)
    resource 0 = b'coaps://127.0.0.1:9501'
    resource 1 = b'\x00' (int: 0)
    resource 2 = b'\x00' (int: 0)
    resource 3 = b'user' (int: 1970496882, float: 308541428712026015278372789157888.000000, objlink: 30067:25970)
    resource 4 = b'' (int: 0)
    resource 5 = b'password' (int: 8097880544751088228, double: 216743705247281722115898048204693622904372045091774853097147322714303466487600445939913124164225468170802481390572294200420434478410136270696779915777989056968154608396579156846344784177784110992486656643330096872424360947085557628928.000000)
    resource 10 = b'\x01' (int: 1)
    multiple resource 16 (0 instances)
`)
  })

  test('of nothing', () => {
    expect(dumpPayload(bytes(''), 11542)).toBe('TLV (0 elements):\n\n')
  })

  test('that is JSON', () => {
    const json = bytes(`{"bn":"/1/1"${' '.repeat(224)}`)
    expect(json).toHaveLength(236)
    expect(() => parseTlvTree(json)).toThrow(
      new ConsoleError('attempted to take 7217722 bytes, but only 230 available'),
    )
    expect(dumpPayload(json, 11542)).toMatch(
      /^attempted to take 7217722 bytes, but only 230 available\n\nbinary:\n\\x7b\\x22/,
    )
  })

  test.each([
    ['08', 'attempted to take 1 bytes, but only 0 available'],
    ['0800', 'attempted to take 1 bytes, but only 0 available'],
    ['2800', 'attempted to take 2 bytes, but only 1 available'],
    ['c300ab', 'attempted to take 3 bytes, but only 1 available'],
    ['0300c300', 'attempted to take 3 bytes, but only 2 available'],
    ['0200c200', 'attempted to take 2 bytes, but only 0 available'],
    ['02000000', 'instance 0 lies in a TLV of kind instance'],
    ['82004000', undefined],
    ['8200c000', 'resource 0 lies in a TLV of kind multiple resource'],
    ['02004000', 'resource instance 0 lies in a TLV of kind instance'],
  ])('%s: %s', (hex, error) => {
    const parse = () => parseTlvTree(Buffer.from(hex, 'hex'))
    if (error === undefined) expect(parse()).toHaveLength(1)
    else expect(parse).toThrow(new ConsoleError(error))
  })

  test('of 65,536 instances one in the other is refused at the second', () => {
    const nested = Buffer.alloc(0x10000 * 2, 0)
    for (let index = 0; index + 5 < nested.length; index += 5) {
      nested.writeUInt16BE(0x1800, index)
      nested.writeUIntBE(nested.length - index - 5, index + 2, 3)
    }
    expect(() => parseTlvTree(nested)).toThrow('instance 0 lies in a TLV of kind instance')
  })
})

describe('JSON', () => {
  test('of LwM2M 1.0', () => {
    const json =
      '{"bn":"/1/1","e":[{"n":"/0","v":1},{"n":"/1","v":86400},{"n":"/6","bv":true},{"n":"/7","sv":"U"},{"n":"/14","v":0},{"n":"/16","bv":true},{"n":"/17","v":5},{"n":"/18","v":60},{"n":"/19","v":86400},{"n":"/20","v":1},{"n":"/23","bv":false}]}'
    expect(json).toHaveLength(238)
    expect(dumpPayload(bytes(json), 11543)).toBe(`{'bn': '/1/1',
 'e': [{'n': '/0', 'v': 1},
       {'n': '/1', 'v': 86400},
       {'bv': True, 'n': '/6'},
       {'n': '/7', 'sv': 'U'},
       {'n': '/14', 'v': 0},
       {'bv': True, 'n': '/16'},
       {'n': '/17', 'v': 5},
       {'n': '/18', 'v': 60},
       {'n': '/19', 'v': 86400},
       {'n': '/20', 'v': 1},
       {'bv': False, 'n': '/23'}]}`)
  })

  test.each([110, 320])('of SenML, format %i', format => {
    const json =
      '[{"bn":"/1/1","n":"/0","v":1},{"n":"/1","v":86400},{"n":"/6","vb":true},{"n":"/7","vs":"U"},{"n":"/23","vb":false}]'
    expect(dumpPayload(bytes(json), format)).toBe(`[{'bn': '/1/1', 'n': '/0', 'v': 1},
 {'n': '/1', 'v': 86400},
 {'n': '/6', 'vb': True},
 {'n': '/7', 'vs': 'U'},
 {'n': '/23', 'vb': False}]`)
  })

  test('that is none', () => {
    expect(dumpPayload(bytes('[1'), 110)).toMatch(/^JSON: .*\n\nbinary:\n\\x5b\\x31\n$/)
    expect(dumpPayload(bytes('"\xff"'), 110)).toMatch(/UTF-8\n\nbinary:\n/)
    expect(dumpPayload(bytes('['.repeat(100_000)), 11543)).toMatch(/^JSON: nested too deeply/)
  })
})

describe('SenML CBOR', () => {
  test.each([112, 322])('of a server instance, format %i', format => {
    const pack = bytes(
      '\x8b\xa3!d/1/1\x00b/0\x02\x01\xa2\x00b/1\x02\x1a\x00\x01Q\x80\xa2\x00b/6\x04\xf5\xa2\x00b/7\x03aU\xa2\x00c/14\x02\x00\xa2\x00c/16\x04\xf5\xa2\x00c/17\x02\x05\xa2\x00c/18\x02\x18<\xa2\x00c/19\x02\x1a\x00\x01Q\x80\xa2\x00c/20\x02\x01\xa2\x00c/23\x04\xf4',
    )
    expect(pack).toHaveLength(101)
    expect(dumpPayload(pack, format)).toBe(`CBOR (11 elements):

  {<SenmlLabel.BASE_NAME: -2>: '/1/1', <SenmlLabel.NAME: 0>: '/0', <SenmlLabel.VALUE: 2>: 1}
  {<SenmlLabel.NAME: 0>: '/1', <SenmlLabel.VALUE: 2>: 86400}
  {<SenmlLabel.NAME: 0>: '/6', <SenmlLabel.BOOL: 4>: True}
  {<SenmlLabel.NAME: 0>: '/7', <SenmlLabel.STRING: 3>: 'U'}
  {<SenmlLabel.NAME: 0>: '/14', <SenmlLabel.VALUE: 2>: 0}
  {<SenmlLabel.NAME: 0>: '/16', <SenmlLabel.BOOL: 4>: True}
  {<SenmlLabel.NAME: 0>: '/17', <SenmlLabel.VALUE: 2>: 5}
  {<SenmlLabel.NAME: 0>: '/18', <SenmlLabel.VALUE: 2>: 60}
  {<SenmlLabel.NAME: 0>: '/19', <SenmlLabel.VALUE: 2>: 86400}
  {<SenmlLabel.NAME: 0>: '/20', <SenmlLabel.VALUE: 2>: 1}
  {<SenmlLabel.NAME: 0>: '/23', <SenmlLabel.BOOL: 4>: False}`)
  })

  test.each([
    ['80', 0, ''],
    ['9fff', 0, ''],
    ['81a0', 1, '{}'],
    ['81bf02fa40200000ff', 1, '{<SenmlLabel.VALUE: 2>: 2.5}'],
    ['81a102f94200', 1, '{<SenmlLabel.VALUE: 2>: 3.0}'],
    ['81a102c4822119 0112', 1, '{<SenmlLabel.VALUE: 2>: 2.74}'],
    ['81a1021bffffffffffffffff', 1, '{<SenmlLabel.VALUE: 2>: 18446744073709551615}'],
    ['81a102f6', 1, '{<SenmlLabel.VALUE: 2>: None}'],
    [
      '81a3 221a6b020794 0601 084100',
      1,
      String.raw`{<SenmlLabel.BASE_TIME: -3>: 1795295124, <SenmlLabel.TIME: 6>: 1, <SenmlLabel.OPAQUE: 8>: b'\x00'}`,
    ],
    ['81a2 63766c6f 63333a30 6161 1818', 1, "{<SenmlLabel.OBJLNK: 'vlo'>: '3:0', 'a': 24}"],
    ['81a2 0201 0202', 1, '{<SenmlLabel.VALUE: 2>: 1, <SenmlLabel.VALUE: 2>: 2}'],
    ['81a1 1863 01', 1, '{99: 1}'],
  ])('%s', (hex, count, record) => {
    const payload = Buffer.from(hex.replaceAll(' ', ''), 'hex')
    const lines = record === '' ? '' : `  ${record}`
    expect(dumpPayload(payload, 112)).toBe(`CBOR (${count} elements):\n\n${lines}`)
  })

  test.each(['', '01', 'a0', '8101', '82a0', '80 00', '9bffffffffffffffff', '81a102', '81a10280', '81a140 01'])(
    '%s is none',
    hex => {
      const payload = Buffer.from(hex.replaceAll(' ', ''), 'hex')
      expect(dumpPayload(payload, 112)).toMatch(/^CBOR: .*\n\nbinary:\n/)
    },
  )
})

test('whatever the bytes and the format, there is something to show, and not much more than there are bytes', () => {
  const format = fc.constantFrom(
    undefined,
    0,
    40,
    42,
    60,
    110,
    112,
    320,
    322,
    1541,
    1542,
    1543,
    1544,
    11542,
    11543,
    11544,
  )
  const payload = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map(text => Buffer.from(text)),
    fc
      .array(fc.constantFrom(0x00, 0x02, 0x08, 0x40, 0x42, 0x80, 0x81, 0x9f, 0xa1, 0xbf, 0xc1, 0xff))
      .map(list => Buffer.from(list)),
  )
  fc.assert(
    fc.property(payload, format, (one, contentFormat) => {
      const dump = dumpPayload(Buffer.from(one), contentFormat)
      expect(dump.length).toBeGreaterThan(0)
      expect(dump.length).toBeLessThan(400 + one.length * 400)
    }),
    { seed: 9, numRuns: 3000 },
  )
})

test('hostile TLV is a tree or a ConsoleError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), hostile => {
      try {
        describeTlvTree(parseTlvTree(hostile))
      } catch (error) {
        expect(error).toBeInstanceOf(ConsoleError)
      }
    }),
    { seed: 9, numRuns: 2000 },
  )
})
