import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type JsonValue, parseJson } from '../../../objects/formats/number-json.ts'
import {
  bytesLiteral,
  escaped,
  floatLiteral,
  floatText,
  hexEscaped,
  numberLiteral,
  prettyLiteral,
  stringLiteral,
} from '../../../server/console/python-text.ts'

const hex = (digits: string): Buffer => Buffer.from(digits, 'hex')

describe('bytes literals', () => {
  test.each([
    ['', "b''"],
    ['09', "b'\\t'"],
    ['0a0d5c', "b'\\n\\r\\\\'"],
    ['00015180', "b'\\x00\\x01Q\\x80'"],
    ['83460000', "b'\\x83F\\x00\\x00'"],
    ['7ccf', "b'|\\xcf'"],
    ['846a4441fd45c184', "b'\\x84jDA\\xfdE\\xc1\\x84'"],
    ['0b0c7f', "b'\\x0b\\x0c\\x7f'"],
    ['6127', 'b"a\'"'],
    ['6122', "b'a\"'"],
    ['2722', "b'\\'\"'"],
  ])('%s', (bytes, literal) => {
    expect(bytesLiteral(hex(bytes))).toBe(literal)
  })
})

describe('escaped bytes', () => {
  test.each([
    ['d23f5908', '\\xd2?Y\\x08'],
    ['c5f4e32831ff8f84', '\\xc5\\xf4\\xe3(1\\xff\\x8f\\x84'],
    ['fc62b009a5a75fc8', '\\xfcb\\xb0\t\\xa5\\xa7_\\xc8'],
    ['090a0b0c0d0e', '\t\n\v\f\r\\x0e'],
    ['5c277f', "\\'\\x7f"],
  ])('%s', (bytes, text) => {
    expect(escaped(hex(bytes))).toBe(text)
  })

  test('each byte', () => {
    expect(hexEscaped(hex('6101ff'))).toBe('\\x61\\x01\\xff')
  })
})

describe('text literals', () => {
  test.each([
    ['', "''"],
    ["it's", '"it\'s"'],
    ['"it\'s"', "'\"it\\'s\"'"],
    ['a\tb\n\\', "'a\\tb\\n\\\\'"],
    ['é日😀', "'é日😀'"],
    ['\0\x7f\x85\xa0', "'\\x00\\x7f\\x85\\xa0'"],
    ['\u2028\u202e\ufeff\ue000', "'\\u2028\\u202e\\ufeff\\ue000'"],
    ['\u{e0001}', "'\\U000e0001'"],
    ['\ud800', "'\\ud800'"],
  ])('%j', (text, literal) => {
    expect(stringLiteral(text)).toBe(literal)
  })
})

describe('numbers', () => {
  test.each([
    [5, '5'],
    [-70_000, '-70000'],
    [1.25, '1.25'],
    [2n ** 63n, '9223372036854775808'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991'],
    [2 ** 53, '9007199254740992.0'],
    [1e16, '1e+16'],
    [1e300, '1e+300'],
    [0.0001, '0.0001'],
    [0.000_01, '1e-05'],
    [-1.5e-7, '-1.5e-07'],
    [-0, '-0.0'],
    [Number.NaN, 'nan'],
    [Number.NEGATIVE_INFINITY, '-inf'],
  ])('%d', (value, literal) => {
    expect(numberLiteral(value)).toBe(literal)
  })

  test('a float has a point or an exponent', () => {
    expect([0, 5, 1e15, 1e16].map(floatLiteral)).toEqual(['0.0', '5.0', '1000000000000000.0', '1e+16'])
  })

  test('a float literal reads back as the same float', () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
    fc.assert(
      fc.property(finite, value => Object.is(Number(floatLiteral(value)), value)),
      { seed: 1 },
    )
  })
})

describe('floats with all their digits', () => {
  test.each([
    ['6b020794', '157196143233404789241937920.000000'],
    ['75736572', '308541428712026015278372789157888.000000'],
    ['00015180', '0.000000'],
    ['83460000', '-0.000000'],
    ['3fc00000', '1.500000'],
    ['7f800000', 'inf'],
    ['ffc00000', 'nan'],
  ])('single %s', (bytes, text) => {
    expect(floatText(hex(bytes).readFloatBE())).toBe(text)
  })

  test('a double of 243 digits', () => {
    const digits = [
      '216743705247281722115898048204693622904372045091774853097147322714303466487600445939913124164225468170802481390572',
      '294200420434478410136270696779915777989056968154608396579156846344784177784110992486656643330096872424360947085557628928',
    ]
    expect(floatText(Buffer.from('password').readDoubleBE())).toBe(`${digits.join('')}.000000`)
  })

  test.each([
    ['3ff8000000000000', '1.500000'],
    ['8000000000000000', '-0.000000'],
  ])('double %s', (bytes, text) => {
    expect(floatText(hex(bytes).readDoubleBE())).toBe(text)
  })

  test.each([
    [1 / 128, '0.007812'],
    [3 / 128, '0.023438'],
    [-1 / 128, '-0.007812'],
    [12_345 + 1 / 128, '12345.007812'],
    [255 / 128, '1.992188'],
    [0.999_999_9, '1.000000'],
    [-1e-9, '-0.000000'],
    [2 ** 53 + 2, '9007199254740994.000000'],
  ])('%d is rounded to %s', (value, text) => {
    expect(floatText(value)).toBe(text)
  })

  test('it is the nearest of the decimals with six places', () => {
    const value = fc.double({ min: -1e6, max: 1e6, noNaN: true })
    fc.assert(
      fc.property(value, one => {
        expect(floatText(one)).toMatch(/^-?\d+\.\d{6}$/)
        expect(Math.abs(Number(floatText(one)) - one)).toBeLessThanOrEqual(5.000_1e-7)
      }),
      { seed: 1 },
    )
  })
})

describe('values over several lines', () => {
  const pretty = (json: string): string => prettyLiteral(parseJson(json))

  test('LwM2M JSON: keys in order, what is nested is indented by what stands before it', () => {
    expect(
      pretty(
        '{"bn":"/1/1","e":[{"n":"/0","v":1},{"n":"/1","v":86400},{"n":"/6","bv":true},{"n":"/7","sv":"U"},{"n":"/23","bv":false}]}',
      ),
    ).toBe(
      [
        "{'bn': '/1/1',",
        " 'e': [{'n': '/0', 'v': 1},",
        "       {'n': '/1', 'v': 86400},",
        "       {'bv': True, 'n': '/6'},",
        "       {'n': '/7', 'sv': 'U'},",
        "       {'bv': False, 'n': '/23'}]}",
      ].join('\n'),
    )
  })

  test('SenML JSON', () => {
    expect(pretty('[{"bn":"/1/1","n":"/0","v":1},{"n":"/1","v":86400},{"n":"/6","vb":true},{"n":"/7","vs":"U"}]')).toBe(
      [
        "[{'bn': '/1/1', 'n': '/0', 'v': 1},",
        " {'n': '/1', 'v': 86400},",
        " {'n': '/6', 'vb': True},",
        " {'n': '/7', 'vs': 'U'}]",
      ].join('\n'),
    )
  })

  test('80 columns are one line, 81 are not', () => {
    const list = (last: string): string => `["${'a'.repeat(70)}", ${last}]`
    expect(pretty(list('1.25'))).toBe(`['${'a'.repeat(70)}', 1.25]`)
    expect(pretty(list('10.25'))).toBe(`['${'a'.repeat(70)}',\n 10.25]`)
  })

  test('a closing bracket counts, and an astral character counts once', () => {
    expect(pretty(`[["${'😀'.repeat(74)}"]]`)).toBe(`[['${'😀'.repeat(74)}']]`)
    expect(pretty(`[1, ["${'😀'.repeat(74)}"]]`)).toBe(`[1,\n ['${'😀'.repeat(74)}']]`)
  })

  test('a long text is broken between words and after line ends', () => {
    const words = 'eleven char '.repeat(8).trimEnd()
    expect(pretty(JSON.stringify(words))).toBe(`('${'eleven char '.repeat(6)}'\n 'eleven char eleven char')`)
    expect(pretty(JSON.stringify(['one\ntwo', 'x'.repeat(80)]))).toBe(`['one\\ntwo',\n '${'x'.repeat(80)}']`)
    expect(pretty(JSON.stringify({ key: `${'x'.repeat(70)}\r\nend` }))).toBe(
      `{'key': '${'x'.repeat(70)}\\r\\n'\n        'end'}`,
    )
    expect(pretty(JSON.stringify('x'.repeat(90)))).toBe(`'${'x'.repeat(90)}'`)
  })

  test('null, empty lists and objects, integers beyond 2^53', () => {
    expect(pretty('[null, [], {}, "", 18446744073709551615]')).toBe("[None, [], {}, '', 18446744073709551615]")
  })

  test('keys are in the order of their code points', () => {
    expect(pretty('{"\u{1f600}": 1, "\\uffe6": 2, "B": 3, "a": 4}')).toBe("{'B': 3, 'a': 4, '￦': 2, '😀': 1}")
  })

  const { value } = fc.letrec<{ value: JsonValue }>(tie => ({
    value: fc.oneof(
      { depthSize: 'large', maxDepth: 6 },
      fc.constantFrom(null, true, false),
      fc.string({ unit: 'binary', maxLength: 100 }),
      fc.double({ noNaN: true }),
      fc.bigInt(),
      fc.array(tie('value'), { maxLength: 8 }),
      fc.array(fc.tuple(fc.string({ maxLength: 20 }), tie('value')), { maxLength: 8 }).map(entries => new Map(entries)),
    ),
  }))

  test('what is on several lines needs more than 80 columns', () => {
    fc.assert(
      fc.property(value, one => {
        const lines = prettyLiteral(one).split('\n')
        expect(lines.length === 1 || lines.map(line => line.trimStart()).join(' ').length > 80).toBe(true)
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  test('a long key does not multiply', () => {
    const words = 'a '.repeat(200_000)
    expect(prettyLiteral(new Map([['k'.repeat(60_000), words]])).length).toBeLessThan(100_000_000)
    expect(prettyLiteral(new Map([['k'.repeat(500), [words]]])).split('\n').length).toBe(200_000)
  })

  test('a text of a million characters and a list of a hundred thousand are no burden', () => {
    expect(prettyLiteral('a b\n'.repeat(250_000)).length).toBeGreaterThan(1_000_000)
    expect(prettyLiteral(Array.from({ length: 100_000 }, (_, index) => index)).split('\n').length).toBe(100_000)
  })
})
