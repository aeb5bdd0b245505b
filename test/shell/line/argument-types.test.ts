import { describe, expect, test } from 'vitest'
import { bool, bytes, float, int, oneOf, text } from '../../../shell/line/argument-types.ts'
import { list, tuple } from '../../../shell/line/collection-types.ts'
import {
  code,
  contentFormat,
  expectedMessage,
  messageType,
  option,
  securityMode,
} from '../../../shell/line/message-types.ts'

describe('values', () => {
  test.each([
    [int, '5', 5],
    [int, ' -1 ', -1],
    [int, '+1_000', 1000],
    [float, '0.01', 0.01],
    [float, '5.', 5],
    [float, '-.5e2', -50],
    [text, ' as "it" is ', ' as "it" is '],
    [bool, '', false],
    [bool, '0', false],
    [bool, 'False', false],
    [bool, 'false', false],
    [bool, 'no', true],
    [bytes, String.raw`\x41\n\101`, Buffer.from('A\nA')],
    [messageType, 'RESET', 3],
    [code, '4.04', 0x84],
    [code, 'RES_NOT_FOUND', 0x84],
    [contentFormat('AcceptOption'), '11542', 11542],
    [contentFormat('AcceptOption'), 'TEXT_PLAIN', 0],
    [securityMode, 'NoSec', 3],
    [expectedMessage, 'None', null],
    [list(int), '', []],
    [list(int), '[]', []],
    [list(int), '1, 2,3', [1, 2, 3]],
    [list(int), ' [1,2] ', [1, 2]],
    [list(text), '/3/0/0,/1/1/1', ['/3/0/0', '/1/1/1']],
    [list(text), 'a(1,2),"b,c",[d,e]', ['a(1,2)', '"b,c"', '[d,e]']],
    [list(list(int)), '[[1,2],[3]]', [[1, 2], [3]]],
    [
      list(tuple(int, text)),
      '[(1,a),(2,b)]',
      [
        [1, 'a'],
        [2, 'b'],
      ],
    ],
    [list(tuple(int, text)), '(1,a)', [[1, 'a']]],
    [tuple(int, text), '(7,x)', [7, 'x']],
  ])('$0.name %s', (type, typed, value) => {
    expect(type.parse(typed)).toEqual(value)
  })

  test('options', () => {
    expect(
      list(option)
        .parse('[URI_PATH("3"),OBSERVE(0)]')
        .map(({ number }) => number),
    ).toEqual([11, 6])
  })
})

describe('what is refused', () => {
  test.each([
    [int, '0x10', 'not a whole number: 0x10'],
    [int, '', 'not a whole number: '],
    [int, '9007199254740993', 'too large a number: 9007199254740993'],
    [float, 'nan', 'not a number: nan'],
    [float, '1e999', 'not a number: 1e999'],
    [float, '.', 'not a number: .'],
    [messageType, 'Foo', 'not a Type: Foo'],
    [contentFormat('AcceptOption'), '65536', 'not a Content-Format: 65536 (expected its number or name)'],
    [oneOf('Colour', new Map([['red', 1]])), 'blue', 'not a Colour: blue'],
    [list(int), '1,x', 'not a whole number: x'],
    [list(int), '1,', 'not a whole number: '],
    [list(text), '[a', 'nothing closes ['],
    [list(text), 'a)', 'nothing opens )'],
    [list(text), 'a"b,c', 'nothing closes "'],
    [tuple(int, text), '1,a', 'not of the form (int, str)'],
    [tuple(int, text), '(1,a,b)', 'expected 2 values as in (int, str), not 3'],
  ])('$0.name %s', (type, typed, message) => {
    expect(() => type.parse(typed)).toThrow(expect.objectContaining({ code: 'CONSOLE', message }))
  })

  test('with the place', () => {
    expect(() => list(int).parse('[1, 2, x]')).toThrow(expect.objectContaining({ position: 7 }))
    expect(() => list(tuple(int, int)).parse('[(1,2),(3,y)]')).toThrow(expect.objectContaining({ position: 10 }))
  })
})
