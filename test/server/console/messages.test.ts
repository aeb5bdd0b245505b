import { describe, expect, test } from 'vitest'
import { messageClasses } from '../../../server/console/message-classes.ts'
import { parseExpected } from '../../../server/console/message-expression.ts'
import { messageKind } from '../../../server/console/message-kind.ts'
import { queryOption } from '../../../server/console/option-values.ts'
import { read, write } from '../../../server/console/requests.ts'
import { respond } from '../../../server/console/responses.ts'
import { ANY } from '../../../server/console/template.ts'
import { encodeDatagram } from '../../../transport/coap/codec.ts'
import { Code, noPayload } from '../../../transport/coap/message.ts'
import { built, refusal, templateText } from '../../helpers/template-text.ts'

const con = 'confirmable'
const ack = 'acknowledgement'

const cases: readonly [expression: string, expected: string][] = [
  // Requests of a server.
  ['CoapGet("/a/b", 112)', `${con} 0.01 (REQ_GET) | 11=a 11=b 17=h'0070' | h''`],
  ['CoapGet("/")', `${con} 0.01 (REQ_GET) |  | h''`],
  ['Lwm2mRead("/3/0/0")', `${con} 0.01 (REQ_GET) | 11=3 11=0 11=0 | h''`],
  ['Lwm2mRead("/3/0", accept=0)', `${con} 0.01 (REQ_GET) | 11=3 11=0 17=h'0000' | h''`],
  ['Lwm2mRead("/gateway/3/0")', `${con} 0.01 (REQ_GET) | 11=gateway 11=3 11=0 | h''`],
  ['Lwm2mObserve("/3/0/13")', `${con} 0.01 (REQ_GET) | 6=h'00' 11=3 11=0 11=13 | h''`],
  ['Lwm2mObserve("/3/0/13", 1)', `${con} 0.01 (REQ_GET) | 6=h'01' 11=3 11=0 11=13 | h''`],
  [
    'Lwm2mObserve("/3/0/13", pmin=1, lt=1.5, hqmax=3, accept=110)',
    `${con} 0.01 (REQ_GET) | 6=h'00' 11=3 11=0 11=13 15=lt=1.500000 15=pmin=1 15=hqmax=3 17=h'006e' | h''`,
  ],
  ['Lwm2mDiscover("/1")', `${con} 0.01 (REQ_GET) | 11=1 17=h'0028' | h''`],
  ['Lwm2mDiscover("/")', `${con} 0.01 (REQ_GET) | 17=h'0028' | h''`],
  [
    'Lwm2mDiscover("/1", 2, options=[coap.Option.URI_QUERY("a=b")])',
    `${con} 0.01 (REQ_GET) | 11=1 15=a=b 15=depth=2 17=h'0028' | h''`,
  ],
  [
    'Lwm2mReadComposite(["/3/0/0", "/1"], accept=112)',
    `${con} 0.05 (REQ_FETCH) | 12=h'0070' 17=h'0070' | h'82a100662f332f302f30a100622f31'`,
  ],
  ['Lwm2mObserveComposite(("/",), pmax=60)', `${con} 0.05 (REQ_FETCH) | 6=h'00' 12=h'0070' 15=pmax=60 | h'81a100612f'`],
  ['Lwm2mWrite("/1/1/1", b"120")', `${con} 0.03 (REQ_PUT) | 11=1 11=1 11=1 12=h'0000' | h'313230'`],
  ['Lwm2mWrite("/1/1", b"a", 11542, True)', `${con} 0.02 (REQ_POST) | 11=1 11=1 12=h'2d16' | h'61'`],
  ['Lwm2mWrite("/1/1", "a", format=None)', `${con} 0.03 (REQ_PUT) | 11=1 11=1 | h'61'`],
  [
    'Lwm2mWrite("/5/0/0", b"a", 42, options=[coap.Option.BLOCK1(0, True, 64)])',
    `${con} 0.03 (REQ_PUT) | 11=5 11=0 11=0 12=h'002a' 27=h'0a' | h'61'`,
  ],
  ['Lwm2mWriteComposite(b"\\x80", 112)', `${con} 0.07 (REQ_IPATCH) | 12=h'0070' | h'80'`],
  [
    'Lwm2mWriteAttributes("/3/0/13", pmin=1, pmax=5)',
    `${con} 0.03 (REQ_PUT) | 11=3 11=0 11=13 15=pmin=1 15=pmax=5 | h''`,
  ],
  ['Lwm2mWriteAttributes("/3/0/13?pmin=3")', `${con} 0.03 (REQ_PUT) | 11=3 11=0 11=13 15=pmin=3 | h''`],
  [
    'Lwm2mWriteAttributes("/3", query=["con=1","pmin=2"], gt=10.5, st=2, epmin=3, epmax=4)',
    `${con} 0.03 (REQ_PUT) | 11=3 15=con=1 15=pmin=2 15=gt=10.500000 15=st=2.000000 15=epmin=3 15=epmax=4 | h''`,
  ],
  ['Lwm2mExecute("/1/1/8")', `${con} 0.02 (REQ_POST) | 11=1 11=1 11=8 | h''`],
  ['Lwm2mExecute("/1/1/8", b"0")', `${con} 0.02 (REQ_POST) | 11=1 11=1 11=8 | h'30'`],
  ['Lwm2mCreate("/33605")', `${con} 0.02 (REQ_POST) | 11=33605 12=h'2d16' | h''`],
  [
    'Lwm2mCreate("/33605", format=coap.ContentFormat.APPLICATION_LWM2M_SENML_JSON)',
    `${con} 0.02 (REQ_POST) | 11=33605 12=h'006e' | h''`,
  ],
  ['Lwm2mDelete("/33605/1")', `${con} 0.04 (REQ_DELETE) | 11=33605 11=1 | h''`],
  ['Lwm2mDelete("/")', `${con} 0.04 (REQ_DELETE) |  | h''`],
  ['Lwm2mBootstrapFinish()', `${con} 0.02 (REQ_POST) | 11=bs | ANY`],
  // Requests of a client.
  [
    'Lwm2mRegister("/rd?ep=x&lt=5", content=b"</1/1>")',
    `${con} 0.02 (REQ_POST) | 11=rd 12=h'0028' 15=ep=x 15=lt=5 | h'3c2f312f313e'`,
  ],
  ['Lwm2mUpdate("/rd/demo", content=b"")', `${con} 0.02 (REQ_POST) | 11=rd 11=demo | h''`],
  ['Lwm2mUpdate("/rd/demo")', `${con} 0.02 (REQ_POST) | 11=rd 11=demo 12=h'0028' | ANY`],
  ['Lwm2mUpdate("/rd/demo", query=["lt=5"], content=b"")', `${con} 0.02 (REQ_POST) | 11=rd 11=demo 15=lt=5 | h''`],
  ['Lwm2mUpdate("/rd?a", query=[], content=b"")', `${con} 0.02 (REQ_POST) | 11=rd?a | h''`],
  ['Lwm2mDeregister("/rd/demo")', `${con} 0.04 (REQ_DELETE) | 11=rd 11=demo | h''`],
  ['Lwm2mSend(content=b"abc")', `${con} 0.02 (REQ_POST) | 11=dp 12=h'0070' | h'616263'`],
  ['Lwm2mSend("/x/dp", format=ANY)', `${con} 0.02 (REQ_POST) | 11=x 11=dp | ANY`],
  ['Lwm2mRequestBootstrap("e", 112)', `${con} 0.02 (REQ_POST) | 11=bs 15=ep=e 15=pct=112 | ANY`],
  [
    'Lwm2mRequestBootstrap("e", uri_path="/p", uri_query=["a=b"])',
    `${con} 0.02 (REQ_POST) | 11=p 11=bs 15=a=b 15=ep=e | ANY`,
  ],
  ['Lwm2mBootstrapPackRequest("e", 112)', `${con} 0.01 (REQ_GET) | 11=bspack 15=ep=e 17=h'0070' | h''`],
  ['EstCoapsCaCerts(uri_path="/.well-known")', `${con} 0.01 (REQ_GET) | 11=.well-known 11=est 11=crts | ANY`],
  ['EstCoapsSimpleEnroll(content=b"a")', `${con} 0.02 (REQ_POST) | 11=est 11=sen 12=h'011e' | h'61'`],
  ['EstCoapsSimpleReenroll()', `${con} 0.02 (REQ_POST) | 11=est 11=sren 12=h'011e' | ANY`],
  // Responses.
  ['Lwm2mCreated(7, b"a", "/rd/5")', `${ack} 2.01 (RES_CREATED) | 8=rd 8=5 | h''`],
  ['Lwm2mDeleted(7, b"a")', `${ack} 2.02 (RES_DELETED) | ANY | h''`],
  ['Lwm2mChanged(7, b"a")', `${ack} 2.04 (RES_CHANGED) | ANY | ANY`],
  ['Lwm2mChanged(7, b"a", "/x/y", [])', `${ack} 2.04 (RES_CHANGED) | 8=x 8=y | ANY`],
  ['Lwm2mContent(7, b"a", b"hello", 0)', `${ack} 2.05 (RES_CONTENT) | 12=h'0000' | h'68656c6c6f'`],
  [
    'Lwm2mContent(7, b"a", type=coap.Type.NON_CONFIRMABLE, options=[coap.Option.OBSERVE(7)])',
    `nonConfirmable 2.05 (RES_CONTENT) | 6=h'07' | ANY`,
  ],
  ['Lwm2mContent(7, b"a")', `${ack} 2.05 (RES_CONTENT) | ANY | ANY`],
  ['Lwm2mNotify(b"abc", b"hello")', `nonConfirmable 2.05 (RES_CONTENT) | ANY | h'68656c6c6f'`],
  ['Lwm2mNotify(b"abc", format=110, confirmable=True)', `${con} 2.05 (RES_CONTENT) | 12=h'006e' | ANY`],
  ['Lwm2mContinue(7, b"a")', `${ack} 2.31 (RES_CONTINUE) | ANY | h''`],
  ['Lwm2mErrorResponse(coap.Code.RES_NOT_FOUND, 7, b"a")', `${ack} 4.04 (RES_NOT_FOUND) | ANY | h''`],
  ['Lwm2mEmpty()', `${ack} 0.00 (EMPTY) |  | h''`],
  ['Lwm2mEmpty(coap.Type.CONFIRMABLE)', `${con} 0.00 (EMPTY) |  | h''`],
  ['Lwm2mReset(4920)', `reset 0.00 (EMPTY) |  | h''`],
  // Any message.
  [
    'coap.Packet(type=coap.Type.CONFIRMABLE, options=[coap.Option.ACCEPT(0), coap.Option.URI_PATH("1")])',
    `${con} 0.01 (REQ_GET) | 11=1 17=h'0000' | h''`,
  ],
  ['Lwm2mMsg(coap.Type.RESET, coap.Code.EMPTY, ANY, ANY, ANY, ANY)', `reset 0.00 (EMPTY) | ANY | ANY`],
]

describe('messages of test scripts, their options and formats', () => {
  test.each(cases)('%s', (expression, expected) => {
    expect(templateText(built(expression))).toBe(expected)
  })

  test('every message of the library is among them', () => {
    const names = new Set(cases.map(([expression]) => expression.slice(0, expression.indexOf('('))))
    expect([...messageClasses.keys()].filter(name => !names.has(name))).toEqual([])
  })

  test('a Read of a resource is the datagram that the test console has always sent', () => {
    const token = Buffer.from('fc1e7d423631d13b', 'hex')
    const { type, code, options } = read({ path: '/3/0/0' })
    if (options === ANY) throw new Error('a Read has options')
    const bytes = encodeDatagram({ type, code, messageId: 4920, token, options, payload: noPayload })
    expect(bytes.toString('hex')).toBe('48011338fc1e7d423631d13bb13301300130')
  })

  test('further options of the same number come behind those of the message', () => {
    const message = write({ path: '/1', payload: noPayload, options: [queryOption('a'), queryOption('b')] })
    expect(templateText(message)).toBe(`${con} 0.03 (REQ_PUT) | 11=1 12=h'0000' 15=a 15=b | h''`)
  })

  test('any response to a request has its message id and token, and bytes as its payload', () => {
    const request = { messageId: 10648, token: Buffer.from('ab') }
    const response = respond(request, Code.content, [queryOption('a')], Buffer.from('abc'))
    expect(response).toMatchObject(request)
    expect(templateText(response)).toBe(`${ack} 2.05 (RES_CONTENT) | 12=h'002a' 15=a | h'616263'`)
    expect(templateText(respond(request, Code.changed, [], noPayload))).toBe(`${ack} 2.04 (RES_CHANGED) |  | h''`)
  })

  test('message id and token are taken as they are, and ANY when not given', () => {
    expect(built('Lwm2mRead("/3", msg_id=5, token=b"ab")')).toMatchObject({
      messageId: 5,
      token: Buffer.from('ab'),
    })
    expect(built('Lwm2mRead("/3")')).toMatchObject({ messageId: ANY, token: ANY })
    expect(built('coap.Packet(coap.Type.RESET)')).toMatchObject({ messageId: 0, token: noPayload })
    expect(built('Lwm2mEmpty()')).toMatchObject({ messageId: ANY, token: noPayload })
  })

  test('the kind that a class names is the kind of what it builds, where that can be told', () => {
    const plain = new Map([
      ['read', 'Lwm2mRead("/3")'],
      ['execute', 'Lwm2mExecute("/3/0/4")'],
      ['writeAttributes', 'Lwm2mWriteAttributes("/3")'],
      ['bootstrapRequest', 'Lwm2mRequestBootstrap("e")'],
      ['estSimpleReenroll', 'EstCoapsSimpleReenroll()'],
    ])
    for (const [kind, expression] of plain) {
      expect(messageKind(built(expression))).toBe(kind)
      expect(messageClasses.get(expression.slice(0, expression.indexOf('(')))?.kind).toBe(kind)
    }
  })
})

describe('what cannot be built, by what is said about it', () => {
  test.each([
    ['Lwm2mRead("0/3")', 'not a valid LwM2M path: 0/3'],
    ['Lwm2mRead("/a")', 'not a valid LwM2M path: /a ("a" is no number)'],
    ['Lwm2mRead("/1/2/3/4/5")', 'not a valid LwM2M path: /1/2/3/4/5 (it has more than four numbers)'],
    ['Lwm2mRead("/3/")', 'not a valid LwM2M path: /3/ ("" is no number)'],
    ['Lwm2mRead("/")', '/ names no object; write a path such as /3'],
    ['Lwm2mReadComposite(["1"])', 'not a valid LwM2M path: 1'],
    ['CoapGet("a")', 'not a valid CoAP path: a'],
    ['Lwm2mDelete("/33605/0/1")', 'LWM2M Resource path is not applicable to a Delete: /33605/0/1'],
    ['Lwm2mExecute("/3/0")', 'only a resource can be executed, not /3/0'],
    ['Lwm2mCreate("/3/0")', 'an instance is created in an object such as /3, not in /3/0'],
    ['Lwm2mErrorResponse(coap.Code.RES_CONTENT, 1, b"")', 'Error responses must have code class 4 or 5'],
    ['Lwm2mRead("/3", msg_id=65536)', 'msg_id is 0–65535, not 65536'],
    ['Lwm2mRead("/3", token=b"123456789")', 'token is 0–8 bytes, not 9'],
    ['Lwm2mRead("/3", 65536)', 'accept is not a Content-Format'],
    ['Lwm2mRead(3)', 'path is not text'],
    ['Lwm2mRead()', 'missing value for argument: path'],
    ['Lwm2mContent(5)', 'missing value for argument: token'],
    ['Lwm2mRead("/3", "0", 1, b"", [], 5)', 'Lwm2mRead takes no more than path, accept, msg_id, token, options'],
    ['Lwm2mRead("/3", path="/4")', 'Lwm2mRead has its argument path twice'],
    ['Lwm2mRead("/3", paths=1)', 'Lwm2mRead has no argument paths'],
    ['Lwm2mRead("/3", options=[5])', 'options is not a list of options, such as [coap.Option.URI_PATH("3")]'],
    ['Lwm2mObserve("/3", pmin=1.5)', 'pmin is not a whole number'],
    ['Lwm2mObserve("/3", lt="a")', 'lt is not a number'],
    ['Lwm2mObserve("/3", 16777216)', 'OBSERVE is a number of 0–16777215'],
    ['Lwm2mWrite("/3", b"", update=2)', 'update is not True or False'],
    ['Lwm2mContent(1, 5)', 'token is not bytes'],
    ['Lwm2mEmpty(4)', 'type is not a type, such as coap.Type.CONFIRMABLE'],
    ['Lwm2mErrorResponse(4.04, 1, b"")', 'code is not a code, such as coap.Code.RES_NOT_FOUND'],
    ['coap.Packet()', 'missing value for argument: type'],
    ['coap.Packet(coap.Type.RESET, version=2)', 'version is 1, not 2 (RFC 7252 §3)'],
  ])('%s', (expression, message) => {
    expect(refusal(() => parseExpected(expression))).toBe(message)
  })
})
