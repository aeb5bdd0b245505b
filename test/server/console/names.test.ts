import { describe, expect, test } from 'vitest'
import { ContentFormat } from '../../../objects/formats/format.ts'
import { ConsoleError } from '../../../server/console/console-error.ts'
import {
  codeName,
  codes,
  contentFormatName,
  contentFormats,
  messageTypes,
  numberedContentFormat,
  optionName,
  optionNumbers,
  parseCode,
  securityModes,
  typeNames,
} from '../../../server/console/names.ts'
import { Code, MessageType } from '../../../transport/coap/message.ts'
import { OptionNumber } from '../../../transport/coap/options.ts'

describe('codes', () => {
  test.each([
    [0x00, '0.00 (EMPTY)'],
    [0x02, '0.02 (REQ_POST)'],
    [0x45, '2.05 (RES_CONTENT)'],
    [0x5f, '2.31 (RES_CONTINUE)'],
    [0x84, '4.04 (RES_NOT_FOUND)'],
    [0x86, '4.06 (RES_NOT_ACCEPTABLE)'],
    [0xe1, '7.01 (SIGNALING_CSM)'],
    [0x46, '2.06'],
  ])('%i is %s', (code, name) => {
    expect(codeName(code)).toBe(name)
  })

  test('every code the engine knows has a name', () => {
    const named = new Set(codes.values())
    expect(Object.values(Code).filter(code => !named.has(code))).toEqual([])
  })

  test('every byte is read from what it is written as', () => {
    for (let code = 0; code < 256; code += 1) {
      const [number, name] = codeName(code).replace(')', '').split(' (') as [string, string | undefined]
      expect(parseCode(number)).toBe(code)
      if (name !== undefined) expect(parseCode(name)).toBe(code)
    }
  })

  test.each([
    '',
    '4',
    '4.4',
    '4.32',
    '8.00',
    '4.040',
    ' 4.04',
    '4.04 (RES_NOT_FOUND)',
    'NOT_FOUND',
    'toString',
    '٤.٠٤',
  ])('%j is none', text => {
    expect(() => parseCode(text)).toThrow(ConsoleError)
  })
})

describe('Content-Formats', () => {
  test('by number and by name', () => {
    expect(contentFormatName(11542)).toBe('APPLICATION_LWM2M_TLV')
    expect(numberedContentFormat(11542)).toBe('11542 (APPLICATION_LWM2M_TLV)')
    expect(contentFormats.get('APPLICATION_LWM2M_OPAQUE_LEGACY')).toBe(1544)
  })

  test('one without a name is its number', () => {
    expect([contentFormatName(50), numberedContentFormat(50)]).toEqual(['50', '50'])
  })

  test('every one the engine knows has a name', () => {
    const named = new Set(contentFormats.values())
    expect(Object.values(ContentFormat).filter(format => !named.has(format))).toEqual([])
  })
})

test('options: every one the engine knows has a name, any other is unknown', () => {
  const named = new Set(optionNumbers.values())
  expect(Object.values(OptionNumber).filter(number => !named.has(number))).toEqual([])
  expect([optionName(11), optionName(27), optionName(2_053)]).toEqual(['URI_PATH', 'BLOCK1', 'unknown'])
})

test('message types: the names and the numbers agree', () => {
  expect(typeNames[MessageType.acknowledgement]).toBe('ACKNOWLEDGEMENT')
  expect([...messageTypes]).toEqual(typeNames.map((name, type) => [name, type]))
})

test('Security Modes are those of resource /0/x/2', () => {
  expect(Object.fromEntries(securityModes)).toEqual({
    PreSharedKey: 0,
    RawPublicKey: 1,
    Certificate: 2,
    NoSec: 3,
    CertificateWithEst: 4,
  })
})
