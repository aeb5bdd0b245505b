import { describe, expect, test } from 'vitest'
import { describeMessage, details } from '../../../server/console/details.ts'
import { dumpPacket } from '../../../server/console/packet-dump.ts'
import { ANY } from '../../../server/console/template.ts'
import { Code, MessageType } from '../../../transport/coap/message.ts'
import { consoleMessage } from '../../helpers/console-message.ts'

const { acknowledgement, nonConfirmable } = MessageType
const token = (text: string) => Buffer.from(text, 'latin1')

describe('a message of the history', () => {
  test('that was sent', () => {
    const created = consoleMessage({
      type: acknowledgement,
      code: Code.created,
      messageId: 51728,
      token: token('A\n\x1b$\xedv\xf1a'),
      options: { locationPath: ['rd', 'demo'] },
    })
    expect(details(created, 'Send')).toBe(String.raw`
*** Send ***
Created /rd/demo

version: 1
type: ACKNOWLEDGEMENT
code: 2.01 (RES_CREATED)
msg_id: 51728
token: A
\x1b$\xedv\xf1a (length: 8)
options:
    option 8 (LOCATION_PATH), content (2 bytes): rd
    option 8 (LOCATION_PATH), content (4 bytes): demo
content: 0 bytes

ascii-ish:


`)
  })

  test('that was received', () => {
    const links =
      '</1/1>,</2>,</3/0>,</4/0>,</5/0>,</6/0>,</7/0>,</9/0>,</9/1>,</10>;ver=1.1,</10/0>,</11>,</16>,</19>,</20/0>,</3303/0>,</3313/0>,</3347/0>,</33605>,</33606/0>,</33607/0>,</33608>,</33609/0>,</33629>'
    const register = consoleMessage({
      code: Code.post,
      messageId: 51728,
      token: token('A\n\x1b$\xedv\xf1a'),
      options: { uriPath: 'rd', contentFormat: 40, uriQuery: ['lwm2m=1.2', 'ep=my_endpoint', 'lt=86400'] },
      payload: links,
    })
    expect(details(register, 'Recv')).toBe(String.raw`
*** Recv ***
Register /rd?lwm2m=1.2&ep=my_endpoint&lt=86400: </1/1>,</2>,</3/0>,</4/0>,<...

version: 1
type: CONFIRMABLE
code: 0.02 (REQ_POST)
msg_id: 51728
token: A
\x1b$\xedv\xf1a (length: 8)
options:
    option 11 (URI_PATH), content (2 bytes): rd
    option 12 (CONTENT_FORMAT), content (1 bytes): 40 (APPLICATION_LINK)
    option 15 (URI_QUERY), content (9 bytes): lwm2m=1.2
    option 15 (URI_QUERY), content (14 bytes): ep=my_endpoint
    option 15 (URI_QUERY), content (8 bytes): lt=86400
content: 198 bytes

ascii-ish:
${links}

`)
  })

  test('without options', () => {
    const notAcceptable = consoleMessage({
      type: acknowledgement,
      code: Code.notAcceptable,
      messageId: 4930,
      token: token('\xb4N\xc9\xc7\xb4\xe3\xe50'),
    })
    expect(details(notAcceptable, 'Recv')).toBe(String.raw`
*** Recv ***
4.06 (RES_NOT_ACCEPTABLE): (no details available)

version: 1
type: ACKNOWLEDGEMENT
code: 4.06 (RES_NOT_ACCEPTABLE)
msg_id: 4930
token: \xb4N\xc9\xc7\xb4\xe3\xe50 (length: 8)
options:
    ${''}
content: 0 bytes

ascii-ish:


`)
  })

  test('whose payload is a tree', () => {
    const content = consoleMessage({
      type: acknowledgement,
      code: Code.content,
      options: { contentFormat: 11542 },
      payload: '\xc1\x01\x05',
    })
    expect(details(content, 'Recv')).toBe(String.raw`
*** Recv ***
Content (11542 (APPLICATION_LWM2M_TLV); 3 bytes)

version: 1
type: ACKNOWLEDGEMENT
code: 2.05 (RES_CONTENT)
msg_id: 4920
token: aaaaaaaa (length: 8)
options:
    option 12 (CONTENT_FORMAT), content (2 bytes): 11542 (APPLICATION_LWM2M_TLV)
content: 3 bytes

TLV (1 elements):

  resource 1 = b'\x05' (int: 5)
`)
  })

  test('that was made as a plain one', () => {
    const content = consoleMessage({
      type: acknowledgement,
      code: Code.content,
      messageId: 10648,
      token: token('\xc5\xf4\xe3(1\xff\x8f\x84'),
      options: { contentFormat: 42 },
      payload: 'abc',
    })
    expect(details(content, 'Send', 'plain')).toBe(String.raw`
*** Send ***
2.05 (RES_CONTENT), ACKNOWLEDGEMENT, id=10648, token=b'\xc5\xf4\xe3(1\xff\x8f\x84'

version: 1
type: ACKNOWLEDGEMENT
code: 2.05 (RES_CONTENT)
msg_id: 10648
token: \xc5\xf4\xe3(1\xff\x8f\x84 (length: 8)
options:
    option 12 (CONTENT_FORMAT), content (1 bytes): 42 (APPLICATION_OCTET_STREAM)
content: 3 bytes

binary:
\x61\x62\x63

`)
  })
})

describe('a message that is expected', () => {
  test('with any options', () => {
    const content = consoleMessage({
      type: acknowledgement,
      code: Code.content,
      messageId: ANY,
      token: ANY,
      options: ANY,
      payload: 'EnterpriseDevice',
    })
    expect(describeMessage(content)).toBe(`Content EnterpriseDevice

version: 1
type: ACKNOWLEDGEMENT
code: 2.05 (RES_CONTENT)
msg_id: ANY
token: ANY
options:ANY
content: 16 bytes

ascii-ish:
EnterpriseDevice

`)
  })

  test('with some options and any payload', () => {
    const update = consoleMessage({
      code: Code.post,
      messageId: ANY,
      token: ANY,
      options: { uriPath: ['rd', 'demo'], uriQuery: 'lt=5' },
      payload: ANY,
    })
    expect(describeMessage(update)).toBe(`Update /rd/demo?lt=5: ANY

version: 1
type: CONFIRMABLE
code: 0.02 (REQ_POST)
msg_id: ANY
token: ANY
options:
    option 11 (URI_PATH), content (2 bytes): rd
    option 11 (URI_PATH), content (4 bytes): demo
    option 15 (URI_QUERY), content (4 bytes): lt=5
content: ANY

ANY

`)
  })
})

test('a packet without anything', () => {
  const empty = consoleMessage({ type: acknowledgement, code: Code.empty, token: Buffer.alloc(0) })
  expect(dumpPacket(empty)).toBe(`version: 1
type: ACKNOWLEDGEMENT
code: 0.00 (EMPTY)
msg_id: 4920
token:  (length: 0)
options:
    ${''}
content: 0 bytes
`)
})

describe('an option', () => {
  const line = (number: number, value: string, code: number = Code.get) => {
    const option = { number, value: Buffer.from(value, 'latin1') }
    return dumpPacket({ ...consoleMessage({ code, type: nonConfirmable }), options: [option] }).split('\n')[6]
  }

  test.each([
    [3, 'host', 'option 3 (URI_HOST), content (4 bytes): host'],
    [4, '\x01a', String.raw`option 4 (ETAG), content (2 bytes): \x01\x61`],
    [6, '', 'option 6 (OBSERVE), content (0 bytes): 0'],
    [6, '\x01\x02', 'option 6 (OBSERVE), content (2 bytes): 258'],
    [7, '\x16\x33', 'option 7 (URI_PORT), content (2 bytes): 5683'],
    [11, '\x1b[2J', String.raw`option 11 (URI_PATH), content (4 bytes): \x1b[2J`],
    [12, '', 'option 12 (CONTENT_FORMAT), content (0 bytes): 0 (TEXT_PLAIN)'],
    [14, '<', 'option 14 (MAX_AGE), content (1 bytes): 60'],
    [17, 'p', 'option 17 (ACCEPT), content (1 bytes): 112 (APPLICATION_LWM2M_SENML_CBOR)'],
    [17, '\x63', 'option 17 (ACCEPT), content (1 bytes): 99'],
    [17, 'abcde', String.raw`option 17 (ACCEPT), content (5 bytes): \x61\x62\x63\x64\x65`],
    [23, '\x1e', 'option 23 (BLOCK2), content (1 bytes): seq_num=1, has_more=1, block_size=1024'],
    [27, 'abcde', String.raw`option 27 (BLOCK1), content (5 bytes): \x61\x62\x63\x64\x65`],
    [60, '\x04\x00', 'option 60 (SIZE1), content (2 bytes): 1024'],
    [65001, 'a', String.raw`option 65001 (unknown), content (1 bytes): \x61`],
  ])('%i', (number, value, expected) => {
    expect(line(number, value)).toBe(`    ${expected}`)
  })

  test('of a signaling message has a number of its own', () => {
    expect(line(4, '', Code.csm)).toBe('    option 4 (signaling), content (0 bytes): ')
  })
})
