import { describe, expect, test } from 'vitest'
import { compare, describeExpected, report } from '../../../server/console/expectation.ts'
import { parseExpected } from '../../../server/console/message-expression.ts'
import { ANY } from '../../../server/console/template.ts'
import { Code, MessageType, noPayload } from '../../../transport/coap/message.ts'
import { OptionNumber, pathOptions } from '../../../transport/coap/options.ts'
import type { Packet } from '../../../transport/coap/packet.ts'

const answer: Packet = {
  type: MessageType.acknowledgement,
  code: Code.content,
  messageId: 4920,
  token: Buffer.from('fc1e7d423631d13b', 'hex'),
  options: [{ number: OptionNumber.contentFormat, value: noPayload }],
  payload: Buffer.from('Anjay'),
}

const update: Packet = {
  type: MessageType.confirmable,
  code: Code.post,
  messageId: 37551,
  token: Buffer.from('33e275b86ef5a465', 'hex'),
  options: pathOptions(OptionNumber.uriPath, ['rd', 'demo']),
  payload: noPayload,
}

describe('comparing what was received with what was expected', () => {
  test.each([
    ['ANY', []],
    ['Lwm2mContent(ANY, ANY)', []],
    ['Lwm2mContent(4920, b"\\xfc\\x1e}B61\\xd1;", b"Anjay", 0)', []],
    ['Lwm2mContent(ANY, ANY, b"Anja")', ['unexpected CoAP content']],
    ['Lwm2mContent(4921, ANY)', ['unexpected CoAP message ID']],
    ['Lwm2mContent(ANY, b"")', ['unexpected CoAP token']],
    ['Lwm2mContent(ANY, ANY, format=112)', ['unexpected CoAP option list']],
    ['Lwm2mContent(ANY, ANY, options=[])', ['unexpected CoAP option list']],
    ['Lwm2mContent(ANY, ANY, type=coap.Type.CONFIRMABLE)', ['unexpected CoAP type']],
    ['Lwm2mChanged(ANY, ANY)', ['unexpected CoAP code']],
    [
      'coap.Packet(coap.Type.RESET)',
      [
        'unexpected CoAP type',
        'unexpected CoAP code',
        'unexpected CoAP message ID',
        'unexpected CoAP token',
        'unexpected CoAP option list',
        'unexpected CoAP content',
      ],
    ],
    ['None', ['no message expected']],
  ])('%s', (expression, differences) => {
    expect(compare(parseExpected(expression), answer)).toEqual(differences)
  })

  test('nothing came', () => {
    expect(compare(parseExpected('Lwm2mContent(ANY, ANY)'), undefined)).toEqual(['no message received'])
    expect(compare(null, undefined)).toEqual(['no message expected'])
    expect(compare(ANY, undefined)).toEqual([])
  })

  test('over a stream neither type nor message id is looked at', () => {
    const received: Packet = { ...answer, type: MessageType.nonConfirmable, messageId: 0 }
    const expected = parseExpected('Lwm2mContent(7, ANY, b"Anjay")')
    expect(compare(expected, received)).toEqual(['unexpected CoAP type', 'unexpected CoAP message ID'])
    expect(compare(expected, received, true)).toEqual([])
  })

  test('there is no report without a difference', () => {
    expect(report(parseExpected('Lwm2mContent(ANY, ANY, b"Anjay")'), answer)).toBeUndefined()
  })
})

describe('the report of a mismatch', () => {
  test('of an Update with another query', () => {
    expect(
      report(parseExpected('Lwm2mUpdate("/rd/demo",query=["lt=5"],content=b"")'), update),
    ).toBe(`*** unexpected message ***
unexpected CoAP option list

--- GOT ---
Update /rd/demo: 

version: 1
type: CONFIRMABLE
code: 0.02 (REQ_POST)
msg_id: 37551
token: 3\\xe2u\\xb8n\\xf5\\xa4e (length: 8)
options:
    option 11 (URI_PATH), content (2 bytes): rd
    option 11 (URI_PATH), content (4 bytes): demo
content: 0 bytes

ascii-ish:



--- EXPECTED ---
Update /rd/demo?lt=5: 

version: 1
type: CONFIRMABLE
code: 0.02 (REQ_POST)
msg_id: ANY
token: ANY
options:
    option 11 (URI_PATH), content (2 bytes): rd
    option 11 (URI_PATH), content (4 bytes): demo
    option 15 (URI_QUERY), content (4 bytes): lt=5
content: 0 bytes

ascii-ish:



------`)
  })

  test('of another content', () => {
    expect(
      report(parseExpected('Lwm2mContent(msg_id=ANY,token=ANY,content=b"EnterpriseDevice")'), answer),
    ).toBe(`*** unexpected message ***
unexpected CoAP content

--- GOT ---
Content Anjay

version: 1
type: ACKNOWLEDGEMENT
code: 2.05 (RES_CONTENT)
msg_id: 4920
token: \\xfc\\x1e}B61\\xd1; (length: 8)
options:
    option 12 (CONTENT_FORMAT), content (0 bytes): 0 (TEXT_PLAIN)
content: 5 bytes

ascii-ish:
Anjay


--- EXPECTED ---
Content EnterpriseDevice

version: 1
type: ACKNOWLEDGEMENT
code: 2.05 (RES_CONTENT)
msg_id: ANY
token: ANY
options:ANY
content: 16 bytes

ascii-ish:
EnterpriseDevice


------`)
  })

  test('of a message where none was expected', () => {
    const text = report(null, update) ?? ''
    expect(text.startsWith('*** unexpected message ***\nno message expected\n--- GOT ---\nUpdate /rd/demo: \n\n')).toBe(
      true,
    )
    expect(text.endsWith('\nascii-ish:\n\n\n\n--- EXPECTED ---\nNone\n------')).toBe(true)
  })

  test('of nothing where nothing was expected', () => {
    expect(report(null, undefined)).toBe(`*** unexpected message ***
no message expected
--- GOT ---
None
--- EXPECTED ---
None
------`)
  })

  test('of nothing where a message was expected', () => {
    expect(report(parseExpected('Lwm2mUpdate("/rd/demo",content=b"")'), undefined)).toBe(`*** unexpected message ***
no message received
--- GOT ---
None
--- EXPECTED ---
Update /rd/demo: 

version: 1
type: CONFIRMABLE
code: 0.02 (REQ_POST)
msg_id: ANY
token: ANY
options:
    option 11 (URI_PATH), content (2 bytes): rd
    option 11 (URI_PATH), content (4 bytes): demo
content: 0 bytes

ascii-ish:



------`)
  })
})

test('what is expected, in one line', () => {
  expect(describeExpected(null)).toBe('None')
  expect(describeExpected(ANY)).toBe('ANY')
  expect(describeExpected(parseExpected('Lwm2mContent(ANY, ANY, b"EnterpriseDevice")'))).toBe(
    'Content EnterpriseDevice',
  )
  expect(describeExpected(parseExpected('Lwm2mErrorResponse(coap.Code.RES_NOT_FOUND, ANY, ANY)'))).toBe(
    '4.04 (RES_NOT_FOUND): (no details available)',
  )
})
