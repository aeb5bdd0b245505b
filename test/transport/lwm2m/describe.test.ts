import { expect, test } from 'vitest'
import { type CoapMessage, Code, noPayload } from '../../../transport/coap/message.ts'
import { OptionNumber, pathOptions, stringOption, uintOption } from '../../../transport/coap/options.ts'
import { describeContentFormat, describeMessage } from '../../../transport/lwm2m/describe.ts'
import { encodeOperation } from '../../../transport/lwm2m/downlink.ts'
import { encodeRegister, encodeRegistered } from '../../../transport/lwm2m/uplink.ts'
import { content, get } from '../../helpers/coap-site.ts'

test('a message in one line', () => {
  const lines: [CoapMessage, string][] = [
    [get('/3/0'), 'GET /3/0'],
    [get(''), 'GET /'],
    [encodeOperation({ kind: 'read', path: [3, 0], accept: 11_542 }), 'GET /3/0 accept TLV'],
    [encodeOperation({ kind: 'cancelObservation', path: [3, 0] }), 'GET /3/0 observe 1'],
    [
      encodeOperation({ kind: 'writeAttributes', path: [3303, 0, 5700], attributes: ['pmin=1', 'pmax=3'] }),
      'PUT /3303/0/5700?pmin=1&pmax=3',
    ],
    [
      encodeRegister({ endpoint: 'a', version: '1.1', lifetimeSeconds: 60, objectLinks: '</3/0>' }),
      'POST /rd?lwm2m=1.1&ep=a&lt=60 (link-format, 6 B)',
    ],
    [encodeRegistered('x1'), '2.01 Created /rd/x1'],
    [content('21.5'), '2.05 Content (4 B)'],
    [
      {
        code: Code.content,
        options: [uintOption(OptionNumber.observe, 7), uintOption(OptionNumber.contentFormat, 112)],
        payload: Buffer.from('secret value'),
      },
      '2.05 Content observe 7 (SenML CBOR, 12 B)',
    ],
    [{ code: Code.notFound, options: [], payload: noPayload }, '4.04 Not Found'],
  ]
  for (const [message, line] of lines) expect(describeMessage(message)).toBe(line)
})

test('a signaling message names the options of its code (RFC 8323 §5.2)', () => {
  const lines: [CoapMessage, string][] = [
    [
      { code: Code.csm, options: [uintOption(2, 65_536), uintOption(4, 0)], payload: noPayload },
      '7.01 CSM Max-Message-Size 65536 Block-Wise-Transfer',
    ],
    [{ code: Code.ping, options: [], payload: noPayload }, '7.02 Ping'],
    [{ code: Code.pong, options: [uintOption(2, 0)], payload: noPayload }, '7.03 Pong Custody'],
    [
      { code: Code.release, options: [stringOption(2, 'a\u001b.example'), uintOption(4, 30)], payload: noPayload },
      '7.04 Release Alternative-Address a?.example Hold-Off 30',
    ],
    [
      { code: Code.abort, options: [uintOption(2, 9)], payload: Buffer.from('no such option') },
      '7.05 Abort Bad-CSM-Option 9 (14 B)',
    ],
    [{ code: 0xe6, options: [stringOption(OptionNumber.locationPath, 'x')], payload: noPayload }, '7.06 option 8'],
  ]
  for (const [message, line] of lines) expect(describeMessage(message)).toBe(line)
})

test('what a peer sends cannot move the cursor of a terminal', () => {
  const options = [
    ...pathOptions(OptionNumber.uriPath, ['\u001b[2J']),
    stringOption(OptionNumber.uriQuery, 'a\r\n\u009b1m'),
  ]
  const line = describeMessage({ code: Code.get, options, payload: noPayload })
  expect(line).toBe('GET /?[2J?a???1m')
})

test('what a peer sends cannot turn the writing of a log, or fill it', () => {
  const query = Array.from({ length: 20 }, () => stringOption(OptionNumber.uriQuery, `\u202e${'a'.repeat(200)}`))
  const line = describeMessage({ code: Code.get, options: query, payload: noPayload })
  expect(line).toMatch(/^GET \/\?\?a/)
  expect([line.length, line.includes('\u202e')]).toEqual([1025, false])
})

test('a Content-Format by its common name, or by its number', () => {
  expect([0, 110, 11_542, 4_711].map(describeContentFormat)).toEqual(['text', 'SenML JSON', 'TLV', '4711'])
})
