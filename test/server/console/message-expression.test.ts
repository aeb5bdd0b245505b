import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConsoleError } from '../../../server/console/console-error.ts'
import { messageClasses } from '../../../server/console/message-classes.ts'
import { parseExpected } from '../../../server/console/message-expression.ts'
import { optionHints } from '../../../server/console/option-values.ts'
import { ANY } from '../../../server/console/template.ts'
import { built, refusal, templateText } from '../../helpers/template-text.ts'

describe('what is expected, as test scripts write it', () => {
  test('None is that nothing comes, ANY whatever comes', () => {
    expect(parseExpected('None')).toBeNull()
    expect(parseExpected(' ANY ')).toBe(ANY)
  })

  test('a message may have spaces, keywords in any order and a path of its own class', () => {
    const same = templateText(built('Lwm2mUpdate("/rd/demo",query=["lt=5"],content=b"")'))
    expect(templateText(built("Lwm2mUpdate( content = b'' , query = ('lt=5',), path = '/rd/demo' )"))).toBe(same)
    expect(templateText(built('Lwm2mUpdate(CoapPath("/rd/demo"), ["lt=5"], content=b"")'))).toBe(same)
  })

  test('the names of codes, types, formats and options stand for their numbers', () => {
    const message = built(
      'coap.Packet(coap.Type.NON_CONFIRMABLE, coap.Code.RES_CONTENT, 1, b"a", [coap.Option.CONTENT_FORMAT.TEXT_PLAIN])',
    )
    expect(templateText(message)).toBe(`nonConfirmable 2.05 (RES_CONTENT) | 12=h'0000' | h''`)
  })

  test.each([
    ['5', 'neither a message such as Lwm2mRead("/3/0/0") nor None nor ANY: 5'],
    ['"a"', 'neither a message such as Lwm2mRead("/3/0/0") nor None nor ANY: "a"'],
    ['[None]', 'neither a message such as Lwm2mRead("/3/0/0") nor None nor ANY: [None]'],
    ['URI_PATH("3")', 'neither a message such as Lwm2mRead("/3/0/0") nor None nor ANY: URI_PATH("3")'],
    ['Lwm2mContent.matching(None)', 'unknown name: Lwm2mContent.matching'],
    ['Lwm2mRead', 'unknown name: Lwm2mRead'],
    ['coap.Code.RES_NOT_FOUNT', 'unknown name: coap.Code.RES_NOT_FOUNT'],
    ['coap.Code.RES_NOT_FOUND.x', 'unknown name: coap.Code.RES_NOT_FOUND.x'],
    ['Lwm2mRead(CoapPath(3))', 'unknown name: CoapPath'],
  ])('%s is no message', (text, message) => {
    expect(refusal(() => parseExpected(text))).toBe(message)
  })

  test('an error tells where', () => {
    const errorOf = (text: string) => {
      try {
        return parseExpected(text)
      } catch (error) {
        return error
      }
    }
    expect(errorOf('  Lwm2mRead("0/3")')).toMatchObject({ code: 'CONSOLE', position: 2 })
    expect(errorOf('Lwm2mRead("/3", options=[foo()])')).toMatchObject({ code: 'CONSOLE', position: 25 })
  })

  test.each([
    '__import__("os").system("id")',
    'exec("1")',
    'open("/etc/passwd")',
    'constructor("return process")()',
    '__proto__',
    'toString()',
    'coap.Code.constructor',
    'coap.Option.__proto__("3")',
    'Lwm2mRead.constructor("return 1")',
    'Lwm2mRead("/3", __proto__=1)',
    'Lwm2mRead("/3", constructor=1)',
    'lambda: 1',
    '1 if True else 2',
    '[x for x in (1,)]',
    'process.exit(1)',
  ])('%s is not evaluated', text => {
    expect(() => parseExpected(text)).toThrow(ConsoleError)
  })
})

const word = fc.constantFrom(
  ...messageClasses.keys(),
  ...optionHints.keys(),
  'coap.Option.URI_PATH',
  'coap.Code.RES_CONTENT',
  'coap.Type.RESET',
  'coap.ContentFormat.TEXT_PLAIN',
  'Option',
  'CoapPath',
  'ANY',
  'None',
  'constructor',
)
const parameter = fc.constantFrom(...[...messageClasses.values()].flatMap(({ parameters }) => parameters))
const literal = fc.oneof(
  fc.constantFrom(
    '""',
    '"/3"',
    '"/3/0/1"',
    '"/\\n\\x1b[2J"',
    'b""',
    'b"abc"',
    '-1',
    '0',
    '1',
    '112',
    '65536',
    '1e400',
    '0x10',
    'True',
  ),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
)
const { expression } = fc.letrec<{ expression: string; call: string }>(tie => ({
  expression: fc.oneof({ depthSize: 'small', withCrossShrink: true }, literal, word, tie('call')),
  call: fc
    .tuple(
      word,
      fc.array(tie('expression'), { maxLength: 6 }),
      fc.array(fc.tuple(parameter, tie('expression')), { maxLength: 3 }),
      fc.constantFrom('(', '['),
    )
    .map(([name, args, keywords, bracket]) =>
      bracket === '['
        ? `[${args.join(', ')}]`
        : `${name}(${[...args, ...keywords.map(([key, value]) => `${key}=${value}`)].join(', ')})`,
    ),
}))

describe('whatever is typed', () => {
  const parsesOrRefuses = (text: string) => {
    try {
      parseExpected(text)
    } catch (error) {
      expect(error).toBeInstanceOf(ConsoleError)
      // One line that fits on a screen.
      expect((error as Error).message).toMatch(/^[^\p{Cc}\p{Cf}\p{Cs}]{1,250}$/u)
    }
  }

  test('text of any kind is a message or an error of the console', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), parsesOrRefuses), { seed: 1, numRuns: 2_000 })
  })

  test('so are calls of known names with arguments that make no sense', () => {
    fc.assert(fc.property(expression, parsesOrRefuses), { seed: 1, numRuns: 5_000 })
  })

  test('so is what is left of a message when characters are changed', () => {
    const message =
      'Lwm2mContent(msg_id=ANY, token=b"\\x01a", content=b"Anjay", options=[coap.Option.BLOCK2(0, True, 64)])'
    const change = fc.tuple(fc.nat(message.length), fc.nat(3), fc.string({ maxLength: 3 }))
    fc.assert(
      fc.property(change, ([start, length, text]) =>
        parsesOrRefuses(message.slice(0, start) + text + message.slice(start + length)),
      ),
      { seed: 1, numRuns: 3_000 },
    )
  })
})
