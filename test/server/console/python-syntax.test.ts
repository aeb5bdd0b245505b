import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonValue } from '../../../objects/formats/number-json.ts'
import { ConsoleError } from '../../../server/console/console-error.ts'
import { type Expression, parseBytesBody, parseExpression } from '../../../server/console/python-syntax.ts'
import {
  bytesLiteral,
  floatLiteral,
  hexEscaped,
  numberLiteral,
  prettyLiteral,
  stringLiteral,
} from '../../../server/console/python-text.ts'

/** Without its positions. */
function plain(expression: Expression): unknown {
  switch (expression.kind) {
    case 'literal':
      return expression.value
    case 'name':
      return { name: expression.path.join('.') }
    case 'call': {
      const keywords = [...expression.keywords].map(([name, value]) => [name, plain(value)])
      return { call: expression.path.join('.'), args: expression.args.map(plain), keywords }
    }
    default:
      return { [expression.kind]: expression.items.map(plain) }
  }
}

function read(text: string): unknown {
  return plain(parseExpression(text))
}

function asRead(value: JsonValue): unknown {
  return Array.isArray(value) ? { list: value.map(asRead) } : value
}

function refusal(parse: () => unknown): ConsoleError {
  try {
    parse()
  } catch (error) {
    if (error instanceof ConsoleError) return error
    throw error
  }
  throw new Error('it was not refused')
}

describe('values', () => {
  test.each<[string, unknown]>([
    ['None', null],
    ['True', true],
    ['False', false],
    ['0', 0],
    ['-0', 0],
    ['-70000', -70_000],
    ['+5', 5],
    ['0x1F', 31],
    ['-0xff', -255],
    ['0o17', 15],
    ['0b101', 5],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['9007199254740992', 9_007_199_254_740_992n],
    ['1.25', 1.25],
    ['1.', 1],
    ['.5', 0.5],
    ['-1e-3', -0.001],
    ['1E5', 100_000],
    ['007.5', 7.5],
    ['1e999', Number.POSITIVE_INFINITY],
    ["''", ''],
    ['"it\'s"', "it's"],
    ["'a' \"b\"\n'c'", 'abc'],
    ['[]', { list: [] }],
    ['[1, "a",]', { list: [1, 'a'] }],
    ['()', { tuple: [] }],
    ['(1)', 1],
    ['(1,)', { tuple: [1] }],
    ['((1, 2), [3])', { tuple: [{ tuple: [1, 2] }, { list: [3] }] }],
    ['ANY', { name: 'ANY' }],
    ['coap.Code.RES_CONTENT', { name: 'coap.Code.RES_CONTENT' }],
    ['coap . Code', { name: 'coap.Code' }],
    ['Nonesuch', { name: 'Nonesuch' }],
    ['b', { name: 'b' }],
    ['  1  ', 1],
  ])('%s', (text, value) => {
    expect(read(text)).toEqual(value)
  })

  test.each<[string, string]>([
    [String.raw`'\a\b\f\n\r\t\v\\\'\"'`, '\x07\b\f\n\r\t\v\\\'"'],
    [String.raw`'\0\7\101\1018\777'`, '\0\x07AA8\u01ff'],
    [String.raw`'\x41\u00e9\U0001f600'`, 'Aé😀'],
    [String.raw`'\q\8'`, String.raw`\q\8`],
    ["'a\\\nb'", 'ab'],
  ])('escapes of text: %s', (text, value) => {
    expect(read(text)).toBe(value)
  })

  test.each<[string, Buffer]>([
    ["b''", Buffer.alloc(0)],
    ['B"demo-client"', Buffer.from('demo-client')],
    [String.raw`b'\x00\xfF\101\n'`, Buffer.of(0, 255, 65, 10)],
    [String.raw`b'\777\u0041\N{DASH}'`, Buffer.from('\u00ff\\u0041\\N{DASH}', 'latin1')],
    ["b'a' b'b'", Buffer.from('ab')],
  ])('bytes: %s', (text, value) => {
    expect(read(text)).toEqual(value)
  })
})

describe('calls', () => {
  test.each<[string, unknown]>([
    ['f()', { call: 'f', args: [], keywords: [] }],
    ['BLOCK1(0,True,64)', { call: 'BLOCK1', args: [0, true, 64], keywords: [] }],
    [
      'Lwm2mContent(msg_id=ANY, token=ANY, content=b"Anjay")',
      {
        call: 'Lwm2mContent',
        args: [],
        keywords: [
          ['msg_id', { name: 'ANY' }],
          ['token', { name: 'ANY' }],
          ['content', Buffer.from('Anjay')],
        ],
      },
    ],
    [
      'Lwm2mUpdate("/rd/demo",query=["lt=5"],content=b"",)',
      {
        call: 'Lwm2mUpdate',
        args: ['/rd/demo'],
        keywords: [
          ['query', { list: ['lt=5'] }],
          ['content', Buffer.alloc(0)],
        ],
      },
    ],
    [
      'Lwm2mErrorResponse(code = coap.Code.RES_NOT_FOUND)',
      { call: 'Lwm2mErrorResponse', args: [], keywords: [['code', { name: 'coap.Code.RES_NOT_FOUND' }]] },
    ],
    ['[coap.Option.URI_PATH("3")]', { list: [{ call: 'coap.Option.URI_PATH', args: ['3'], keywords: [] }] }],
    ['f(__proto__=1)', { call: 'f', args: [], keywords: [['__proto__', 1]] }],
  ])('%s', (text, call) => {
    expect(read(text)).toEqual(call)
  })

  test('every part knows where it stands', () => {
    const call = parseExpression(' f(1, k=[x])')
    if (call.kind !== 'call') throw new Error('no call')
    const list = call.keywords.get('k')
    if (list?.kind !== 'list') throw new Error('no list')
    expect([call, call.args[0], list, list.items[0]].map(part => part?.position)).toEqual([1, 3, 8, 9])
  })
})

describe('what is refused', () => {
  test.each<[string, string, number]>([
    ['', 'a value is missing (character 1)', 0],
    ['foo(', '( is never closed (character 4)', 3],
    ['f([1, 2)', "unexpected ')'; expected , or ] (character 8)", 7],
    ['1 2', "unexpected '2' (character 3)", 2],
    ['1 + 2', "unexpected '+' (character 3)", 2],
    ['-x', "unexpected '-' (character 1)", 0],
    ['[,]', "unexpected ',' (character 2)", 1],
    ['{}', "unexpected '{' (character 1)", 0],
    ['lambda: 1', "unexpected ':' (character 7)", 6],
    ['f()()', "unexpected '(' (character 4)", 3],
    ['f().x', "unexpected '.' (character 4)", 3],
    ['None()', "unexpected '(' (character 5)", 4],
    ['[0][0]', "unexpected '[' (character 4)", 3],
    ['a.', "a name is missing after 'a' (character 3)", 2],
    ['f(a=1, 2)', 'an argument without a name follows one with a name (character 8)', 7],
    ['f(a=1, a=2)', 'a is given twice (character 8)', 7],
    ['f(a==1)', "unexpected '='; expected , or ) (character 4)", 3],
    ['007', "not a number: '007' (character 1)", 0],
    ['1.2.3', "not a number: '1.2.3' (character 1)", 0],
    ['12abc', "not a number: '12abc' (character 1)", 0],
    ['0xe-5', "not a number: '0xe-5' (character 1)", 0],
    ['1j', "not a number: '1j' (character 1)", 0],
    ["'abc", "the quote ' is never closed (character 1)", 0],
    ['["a\nb"]', 'the quote " is never closed (character 2)', 1],
    ["'abc\\'", "the quote ' is never closed (character 1)", 0],
    ["f'x'", 'unexpected "\'" (character 2)', 1],
    ["'a' b'b'", 'text and bytes cannot be joined (character 5)', 4],
    ["'\\x4'", String.raw`too few hexadecimal digits follow \x (character 2)`, 1],
    ["'ab\\u123'", String.raw`too few hexadecimal digits follow \u (character 4)`, 3],
    ["'\\U00110000'", String.raw`\U00110000 is no character (character 2)`, 1],
    ["'\\N{DASH}'", 'no names of characters are known (character 2)', 1],
    ["b'aé'", String.raw`bytes are written in ASCII: \xc3\xa9 for 'é' (character 4)`, 3],
    ['é', "unexpected 'é' (character 1)", 0],
    ['\0', "unexpected '\\x00' (character 1)", 0],
  ])('%j', (text, message, position) => {
    expect(refusal(() => parseExpression(text))).toMatchObject({ message, position })
  })

  test('what is nested too deeply, too long, or too long a number', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
    expect(() => parseExpression(nested(33))).not.toThrow()
    expect(refusal(() => parseExpression(nested(34))).message).toMatch(/^nested more than 32 deep/)
    expect(refusal(() => parseExpression('f('.repeat(500_000))).position).toBe(66)
    expect(() => parseExpression(' '.repeat(1_048_575) + 1)).not.toThrow()
    expect(refusal(() => parseExpression(' '.repeat(1_048_576) + 1)).message).toBe('longer than 1048576 characters')
    expect(refusal(() => parseExpression('9'.repeat(1_000_000))).message).toMatch(/^a number of more than 4300 digits/)
  })

  test('an error repeats no more than a few characters', () => {
    expect(refusal(() => parseExpression(`1${'x'.repeat(4_000)}`)).message.length).toBeLessThan(100)
    expect(refusal(() => parseExpression(`${'x'.repeat(4_000)}.`)).message.length).toBeLessThan(100)
  })
})

describe('the body of a bytes literal', () => {
  test.each<[string, Buffer]>([
    ['', Buffer.alloc(0)],
    ['hello', Buffer.from('hello')],
    [String.raw`\x60\x00\x13\x38`, Buffer.of(0x60, 0, 0x13, 0x38)],
    [String.raw`\x41\n\\\'\"\60`, Buffer.from('A\n\\\'"0')],
    ["it's", Buffer.from("it's")],
    [String.raw`\d`, Buffer.from('\\d')],
  ])('%s', (text, bytes) => {
    expect(parseBytesBody(text)).toEqual(bytes)
  })

  test.each<[string, string, number]>([
    ['{"n":1}', String.raw`unexpected '"'; write \x22 (character 2)`, 1],
    ['a\nb', String.raw`unexpected '\n'; write \n or \r (character 2)`, 1],
    ['abc\\', 'nothing follows the last backslash (character 4)', 3],
    [String.raw`\xg0`, String.raw`too few hexadecimal digits follow \x (character 1)`, 0],
    ['Zürich', String.raw`bytes are written in ASCII: \xc3\xbc for 'ü' (character 2)`, 1],
  ])('%j is refused', (text, message, position) => {
    expect(refusal(() => parseBytesBody(text))).toMatchObject({ message, position })
  })
})

describe('for all', () => {
  const settings = { seed: 1, numRuns: 500 }
  const bytes = fc.uint8Array({ maxLength: 64 })

  test('bytes and text, what is printed is read back', () => {
    fc.assert(
      fc.property(bytes, fc.string({ unit: fc.nat(0xffff).map(code => String.fromCharCode(code)) }), (some, text) => {
        expect(read(bytesLiteral(some))).toEqual(Buffer.from(some))
        expect(read(stringLiteral(text))).toBe(text)
        expect(parseBytesBody(hexEscaped(some))).toEqual(Buffer.from(some))
      }),
      settings,
    )
  })

  test('lists, what is laid out on several lines is read back', () => {
    const { list } = fc.letrec<{ list: JsonValue[] }>(tie => ({
      list: fc.array(
        fc.oneof(
          { depthSize: 'large', maxDepth: 12 },
          fc.constantFrom(null, true, false),
          fc.string({ unit: 'binary', maxLength: 100 }),
          fc.double({ noNaN: true, noDefaultInfinity: true }),
          tie('list'),
        ),
        { maxLength: 8 },
      ),
    }))
    fc.assert(
      fc.property(list, one => {
        expect(read(prettyLiteral(one))).toEqual(asRead(one))
      }),
      settings,
    )
  })

  test('numbers, what is printed is read back', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.bigInt(), (float, integer) => {
        expect(read(floatLiteral(float))).toBe(float)
        expect(read(numberLiteral(integer))).toEqual(Number.isSafeInteger(Number(integer)) ? Number(integer) : integer)
      }),
      settings,
    )
  })

  const tokens = String.raw`( ) [ ] , = . - 0x 12 1e ' " b" \ \x4 é f None`.split(' ')
  const token = fc.constantFrom(...tokens, ' ', '\n', '\ud800')
  const scrawl = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(token, { maxLength: 40 }).map(parts => parts.join('')),
  )

  test('texts, one is read or refused at a place in it', () => {
    fc.assert(
      fc.property(scrawl, text => {
        for (const parse of [parseExpression, parseBytesBody]) {
          try {
            parse(text)
          } catch (error) {
            expect(error).toBeInstanceOf(ConsoleError)
            const { position } = error as ConsoleError
            expect(position).toBeGreaterThanOrEqual(0)
            expect(position).toBeLessThanOrEqual(text.length)
          }
        }
      }),
      { seed: 1, numRuns: 20_000 },
    )
  })
})
