import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type MessageKind, messageKind } from '../../../server/console/message-kind.ts'
import { summarize } from '../../../server/console/summary.ts'
import { ANY } from '../../../server/console/template.ts'
import { Code, MessageType } from '../../../transport/coap/message.ts'
import { consoleMessage } from '../../helpers/console-message.ts'

const { acknowledgement, nonConfirmable, reset } = MessageType

/** Each kind, how it looks, and the line about it. */
const kinds: [MessageKind, string, Parameters<typeof consoleMessage>[0]][] = [
  [
    'continue',
    "Continue, msg_id = 7, token = b'a'",
    { type: acknowledgement, code: Code.continue, messageId: 7, token: Buffer.from('a') },
  ],
  ['reset', 'Reset, msg_id = 4962', { type: reset, code: Code.empty, messageId: 4962 }],
  ['empty', 'Empty ACKNOWLEDGEMENT, msg_id = 4961', { type: acknowledgement, code: Code.empty, messageId: 4961 }],
  ['empty', 'Empty CONFIRMABLE, msg_id = ANY', { code: Code.empty, messageId: ANY }],
  ['errorResponse', '4.04 (RES_NOT_FOUND): (no details available)', { type: acknowledgement, code: Code.notFound }],
  [
    'errorResponse',
    '4.00 (RES_BAD_REQUEST): no such thing',
    { type: nonConfirmable, code: Code.badRequest, payload: 'no such thing' },
  ],
  ['errorResponse', '5.31: (no details available)', { code: 0xbf, payload: ANY, options: ANY }],
  ['changed', 'Changed (no location path)', { type: acknowledgement, code: Code.changed }],
  ['changed', 'Changed /x/y', { type: acknowledgement, code: Code.changed, options: { locationPath: ['x', 'y'] } }],
  ['deleted', 'Deleted (no location-path)', { type: acknowledgement, code: Code.deleted }],
  ['created', 'Created (no location-path)', { type: acknowledgement, code: Code.created }],
  [
    'created',
    'Created /rd/demo',
    { type: acknowledgement, code: Code.created, options: { locationPath: ['rd', 'demo'] } },
  ],
  [
    'notify',
    'Notify (NON_CONFIRMABLE, seq 1, token \\xd2\\x3f) 1795295713',
    {
      type: nonConfirmable,
      code: Code.content,
      token: Buffer.from([0xd2, 0x3f]),
      options: { observe: 1 },
      payload: '1795295713',
    },
  ],
  [
    'notify',
    'Notify (CONFIRMABLE, seq 0, token ANY) (112 (APPLICATION_LWM2M_SENML_CBOR); 3 bytes)',
    { code: Code.content, token: ANY, options: { observe: 0, contentFormat: 112 }, payload: 'abc' },
  ],
  [
    'content',
    'Content Anjay',
    { type: acknowledgement, code: Code.content, options: { contentFormat: 0 }, payload: 'Anjay' },
  ],
  [
    'content',
    'Content EnterpriseDevice',
    {
      type: acknowledgement,
      code: Code.content,
      messageId: ANY,
      token: ANY,
      options: ANY,
      payload: 'EnterpriseDevice',
    },
  ],
  ['content', 'Content ANY', { code: Code.content, options: ANY, payload: ANY }],
  [
    'content',
    'Content (11542 (APPLICATION_LWM2M_TLV); 6 bytes)',
    { code: Code.content, options: { contentFormat: 11542 }, payload: 'abcdef' },
  ],
  ['content', 'Content (99; ANY)', { code: Code.content, options: { contentFormat: 99 }, payload: ANY }],
  ['delete', 'Delete /33605/1', { code: Code.delete, options: { uriPath: ['33605', '1'] } }],
  ['delete', 'Delete ', { code: Code.delete }],
  [
    'create',
    'Create /33605: \\x00\\x07',
    { code: Code.post, options: { uriPath: ['33605'], contentFormat: 11542 }, payload: '\0\x07' },
  ],
  ['execute', "Execute /1/1/8: 0='a'", { code: Code.post, options: { uriPath: ['1', '1', '8'] }, payload: "0='a'" }],
  [
    'writeAttributes',
    'Write Attributes /3/0/13?pmin=1&pmax=5: pmin=1, pmax=5',
    { code: Code.put, options: { uriPath: ['3', '0', '13'], uriQuery: ['pmin=1', 'pmax=5'] } },
  ],
  [
    'writeComposite',
    'Write Composite : APPLICATION_LWM2M_SENML_CBOR, 3 bytes',
    { code: Code.iPatch, options: { contentFormat: 112 }, payload: 'abc' },
  ],
  [
    'write',
    'Write /1/1/1: TEXT_PLAIN, 3 bytes',
    { code: Code.put, options: { uriPath: ['1', '1', '1'], contentFormat: 0 }, payload: '120' },
  ],
  [
    'write',
    'Write /1/1/1: TEXT_PLAIN, 0 bytes',
    { code: Code.put, options: { uriPath: ['1', '1', '1'], contentFormat: 0 } },
  ],
  [
    'write',
    'Write /1/1/1: no format, 3 bytes',
    { code: Code.put, options: { uriPath: ['1', '1', '1'] }, payload: '120' },
  ],
  [
    'write',
    'Write (update) /1/1: APPLICATION_LWM2M_TLV, 6 bytes',
    { code: Code.post, options: { uriPath: ['1', '1'], contentFormat: 11542 }, payload: 'abcdef' },
  ],
  [
    'write',
    'Write (update) /1/1/1: TEXT_PLAIN, 5 bytes',
    { code: Code.post, options: { uriPath: ['1', '1', '1'], contentFormat: 0 }, payload: '86400' },
  ],
  ['discover', 'Discover /1?depth=0', { options: { uriPath: ['1'], uriQuery: 'depth=0', accept: 40 } }],
  ['discover', 'Discover ', { options: { accept: 40 } }],
  ['observe', 'Observe /3/0/13?pmin=1', { options: { uriPath: ['3', '0', '13'], uriQuery: 'pmin=1', observe: 0 } }],
  ['observe', 'Observe /3/0/13: accept TEXT_PLAIN', { options: { uriPath: ['3', '0', '13'], observe: 0, accept: 0 } }],
  ['observe', 'Cancel Observation /3/0/13', { options: { uriPath: ['3', '0', '13'], observe: 1 } }],
  ['read', 'Read /3/0/0', { options: { uriPath: ['3', '0', '0'] } }],
  ['read', 'Read /3/0: accept APPLICATION_LWM2M_TLV', { options: { uriPath: ['3', '0'], accept: 11542 } }],
  [
    'bootstrapPackRequest',
    'Bootstrap-Pack-Request /bspack?ep=e: : accept APPLICATION_LWM2M_SENML_CBOR',
    { options: { uriPath: 'bspack', uriQuery: 'ep=e', accept: 112 } },
  ],
  ['get', 'GET /Makefile', { options: { uriPath: 'Makefile' } }],
  [
    'get',
    'GET /.well-known/core: accept APPLICATION_LINK',
    { options: { uriPath: ['.well-known', 'core'], accept: 40 } },
  ],
  ['get', 'GET /', {}],
  [
    'observeComposite',
    'Read-Composite /3/0/0, /1/1/1',
    { code: Code.fetch, options: { observe: 0, contentFormat: 112 }, payload: '\x82\xa1\x00f/3/0/0\xa1\x00f/1/1/1' },
  ],
  [
    'readComposite',
    'Read-Composite /, /3: accept APPLICATION_LWM2M_SENML_JSON',
    { code: Code.fetch, options: { contentFormat: 110, accept: 110 }, payload: '[{"n":"/"},{"n":"/3"}]' },
  ],
  [
    'readComposite',
    'Read-Composite (112 (APPLICATION_LWM2M_SENML_CBOR); 2 bytes)',
    { code: Code.fetch, options: { contentFormat: 112 }, payload: '\x82\xa1' },
  ],
  ['send', 'Send /dp: abc', { code: Code.post, options: { uriPath: 'dp', contentFormat: 112 }, payload: 'abc' }],
  ['deregister', 'De-register /rd/demo', { code: Code.delete, options: { uriPath: ['rd', 'demo'] } }],
  ['update', 'Update /rd/demo?lt=120: ', { code: Code.post, options: { uriPath: ['rd', 'demo'], uriQuery: 'lt=120' } }],
  ['update', 'Update /rd/1: ANY', { code: Code.post, options: { uriPath: ['rd', '1'] }, payload: ANY }],
  [
    'register',
    'Register /rd?lwm2m=1.2&ep=my_endpoint&lt=86400: </1/1>,</2>,</3/0>,</4/0>,<...',
    {
      code: Code.post,
      options: { uriPath: 'rd', contentFormat: 40, uriQuery: ['lwm2m=1.2', 'ep=my_endpoint', 'lt=86400'] },
      payload: '</1/1>,</2>,</3/0>,</4/0>,</5/0>,</6/0>',
    },
  ],
  [
    'register',
    `Register /rd?ep=x: ${'a'.repeat(30)}`,
    { code: Code.post, options: { uriPath: 'rd', uriQuery: 'ep=x' }, payload: 'a'.repeat(30) },
  ],
  ['register', 'Register /deep/rd: ', { code: Code.post, options: { uriPath: ['deep', 'rd'] } }],
  ['register', 'Register /elsewhere?ep=x: ', { code: Code.post, options: { uriPath: 'elsewhere', uriQuery: 'ep=x' } }],
  [
    'estCaCerts',
    'EST CA Certificates /.well-known/est/crts: ',
    { options: { uriPath: ['.well-known', 'est', 'crts'] } },
  ],
  [
    'estSimpleEnroll',
    'EST Simple Enroll /.well-known/est/sen: ',
    { code: Code.post, options: { uriPath: ['.well-known', 'est', 'sen'] } },
  ],
  [
    'estSimpleReenroll',
    'EST Simple Re-enroll /.well-known/est/sren: ',
    { code: Code.post, options: { uriPath: ['.well-known', 'est', 'sren'] } },
  ],
  ['bootstrapFinish', 'Bootstrap Finish /bs: ', { code: Code.post, options: { uriPath: 'bs' } }],
  [
    'bootstrapRequest',
    'Request Bootstrap /bs?ep=my_endpoint&pct=112: ',
    { code: Code.post, options: { uriPath: 'bs', uriQuery: ['ep=my_endpoint', 'pct=112'] } },
  ],
  [
    'plain',
    "0.01 (REQ_GET), ACKNOWLEDGEMENT, id=51731, token=b'\\x84jDA'",
    { type: acknowledgement, messageId: 51731, token: Buffer.from('\x84jDA', 'latin1'), options: { uriPath: '3' } },
  ],
  [
    'plain',
    '2.03 (RES_VALID), ACKNOWLEDGEMENT, id=ANY, token=ANY, coap.Option.BLOCK2(seq_num=0, has_more=1, block_size=1024)',
    { type: acknowledgement, code: Code.valid, messageId: ANY, token: ANY, options: { block2: 0x0e } },
  ],
  [
    'plain',
    "7.01 (SIGNALING_CSM), NON_CONFIRMABLE, id=1, token=b''",
    { type: nonConfirmable, code: Code.csm, messageId: 1, token: Buffer.alloc(0) },
  ],
  ['plain', "0.03 (REQ_PUT), CONFIRMABLE, id=4920, token=b'aaaaaaaa'", { code: Code.put }],
  ['plain', "0.02 (REQ_POST), CONFIRMABLE, id=4920, token=b'aaaaaaaa'", { code: Code.post, options: ANY }],
]

test.each(kinds)('%s: %s', (kind, line, message) => {
  expect(messageKind(consoleMessage(message))).toBe(kind)
  expect(summarize(consoleMessage(message))).toBe(line)
})

test('every kind is among them', () => {
  expect(new Set(kinds.map(([kind]) => kind)).size).toBe(32)
})

test('who made a message may know better what it is', () => {
  const message = consoleMessage({ code: Code.content, token: Buffer.from('abc'), payload: 'hello' })
  expect(summarize(message, 'notify')).toBe('Notify (CONFIRMABLE, seq , token \\x61\\x62\\x63) hello')
  expect(summarize(message, 'plain')).toBe("2.05 (RES_CONTENT), CONFIRMABLE, id=4920, token=b'abc'")
})

test('any packet has a kind and a line', () => {
  const packet = fc.record({
    type: fc.constantFrom(0, 1, 2, 3),
    code: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(...Object.values(Code))),
    messageId: fc.integer({ min: 0, max: 0xffff }),
    token: fc.uint8Array({ maxLength: 8 }),
    options: fc.array(
      fc.record({
        number: fc.constantFrom(1, 3, 4, 6, 8, 11, 12, 15, 17, 23, 27, 60, 65535),
        value: fc.oneof(
          fc.uint8Array({ maxLength: 12 }),
          fc.constantFrom('3', '0', 'bs', 'rd', 'ep=').map(text => Buffer.from(text)),
        ),
      }),
    ),
    payload: fc.uint8Array(),
  })
  fc.assert(
    fc.property(packet, one => {
      const message = one as Parameters<typeof messageKind>[0]
      expect(kinds.some(([kind]) => kind === messageKind(message))).toBe(true)
      expect(summarize(message).length).toBeGreaterThan(0)
    }),
    { seed: 9, numRuns: 1000 },
  )
})
