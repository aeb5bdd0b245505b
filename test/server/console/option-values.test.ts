import { describe, expect, test } from 'vitest'
import { optionNumbers } from '../../../server/console/names.ts'
import { optionHints, parseOption, sameOption } from '../../../server/console/option-values.ts'
import { refusal } from '../../helpers/template-text.ts'

describe('options as they are typed', () => {
  test.each([
    ['URI_PATH("3")', 11, '33'],
    ['URI_PATH("")', 11, ''],
    ["URI_HOST('é')", 3, 'c3a9'],
    ['coap.Option.LOCATION_PATH("rd")', 8, '7264'],
    ['URI_QUERY("lt=5")', 15, '6c743d35'],
    ['ETAG(b"\\x01\\xff")', 4, '01ff'],
    ['IF_MATCH(b"")', 1, ''],
    ['IF_NONE_MATCH', 5, ''],
    ['coap.Option.IF_NONE_MATCH', 5, ''],
    // As wide as test scripts know them.
    ['OBSERVE(0)', 6, '00'],
    ['OBSERVE(256)', 6, '0100'],
    ['URI_PORT(1)', 7, '0001'],
    ['CONTENT_FORMAT(0)', 12, '0000'],
    ['CONTENT_FORMAT(TEXT_PLAIN)', 12, '0000'],
    ['coap.Option.CONTENT_FORMAT.APPLICATION_LWM2M_TLV', 12, '2d16'],
    ['coap.ContentFormatOption.APPLICATION_LINK', 12, '0028'],
    ['ACCEPT(112)', 17, '0070'],
    ['coap.AcceptOption.APPLICATION_CBOR', 17, '003c'],
    ['coap.Option.ACCEPT(coap.ContentFormat.APPLICATION_LWM2M_CBOR)', 17, '2d18'],
    ['MAX_AGE(60)', 14, '0000003c'],
    ['SIZE1(4294967295)', 60, 'ffffffff'],
    // Blocks are as short as they can be.
    ['BLOCK1(0,True,64)', 27, '0a'],
    ['BLOCK1(0,False,16)', 27, ''],
    ['BLOCK2(1, 0, 1024)', 23, '16'],
    ['BLOCK2(seq_num=1048575, has_more=1, block_size=2048)', 23, 'ffffff'],
    ['Option(2049, b"a")', 2049, '61'],
    ['coap.Option(number=0, content=b"")', 0, ''],
  ])('%s', (typed, number, hex) => {
    const option = parseOption(typed)
    expect([option.number, Buffer.from(option.value).toString('hex')]).toEqual([number, hex])
  })

  test.each([
    ['URI_PATH(3)', 'URI_PATH needs text, such as URI_PATH("a")'],
    ['ETAG("a")', 'ETAG needs bytes, such as ETAG(b"a")'],
    ['URI_PATH()', 'URI_PATH takes value'],
    ['URI_PATH("a", "b")', 'URI_PATH takes value'],
    ['URI_PATH(text="a")', 'URI_PATH takes value'],
    ['BLOCK1(0, True)', 'BLOCK1 takes seq_num, has_more, block_size'],
    ['IF_NONE_MATCH(1)', 'IF_NONE_MATCH takes no arguments'],
    ['ACCEPT(65536)', 'ACCEPT is a number of 0–65535'],
    ['ACCEPT(-1)', 'ACCEPT is a number of 0–65535'],
    ['MAX_AGE(1.5)', 'MAX_AGE is a number of 0–4294967295'],
    ['Option(65536, b"")', 'Option needs a number of 0–65535 and bytes, such as Option(2049, b"a")'],
    ['URI_PTAH("a")', 'unknown name: URI_PTAH'],
    ['URI_PATH', 'unknown name: URI_PATH'],
    ['ANY', 'not an option: ANY (write one such as URI_PATH("3"))'],
    ['112', 'not an option: 112 (write one such as URI_PATH("3"))'],
    ['[URI_PATH("3")]', 'not an option: [URI_PATH("3")] (write one such as URI_PATH("3"))'],
    ['Lwm2mRead("/3")', 'unknown name: Lwm2mRead'],
  ])('not %s', (typed, message) => {
    expect(refusal(() => parseOption(typed))).toBe(message)
  })

  test.each([
    '(0,True,17)',
    '(0,True,8)',
    '(0,True,4096)',
    '(1048576,True,16)',
    '(0,"a",16)',
    '(0,2,16)',
    '(0,True,b"a")',
  ])('a block is not %s', typed => {
    expect(() => parseOption(`BLOCK1${typed}`)).toThrow(/^BLOCK1 is a number of 0–1048575, True or False, and a size/)
  })

  test('every option with a name can be typed', () => {
    expect([...optionHints.keys()]).toEqual([...optionNumbers.keys()])
    expect(optionHints.get('BLOCK1')).toBe('(number, more, size)')
  })
})

describe('options that mean the same', () => {
  const option = (number: number, hex: string) => ({ number, value: Buffer.from(hex, 'hex') })

  test('integers may have leading zeros', () => {
    expect(sameOption(option(12, '0000'), option(12, ''))).toBe(true)
    expect(sameOption(option(17, '0070'), option(17, '70'))).toBe(true)
    expect(sameOption(option(27, '000a'), option(27, '0a'))).toBe(true)
    expect(sameOption(option(12, '0001'), option(12, '0100'))).toBe(false)
  })

  test('bytes and text may not', () => {
    expect(sameOption(option(4, '0070'), option(4, '70'))).toBe(false)
    expect(sameOption(option(11, '00'), option(11, ''))).toBe(false)
    expect(sameOption(option(2049, '00'), option(2049, ''))).toBe(false)
  })

  test('options of different numbers never', () => {
    expect(sameOption(option(12, ''), option(17, ''))).toBe(false)
  })
})
