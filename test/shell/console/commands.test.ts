import { expect, test } from 'vitest'
import { decodeDatagram, encodeDatagram } from '../../../transport/coap/codec.ts'
import { Code, isRequest, isSignal, MessageType } from '../../../transport/coap/message.ts'
import { simulatedWorld } from '../../helpers/simulated-world.ts'
import { answersTo, converse, type Exchange, session } from '../../helpers/testing-shell.ts'

/** Every command with its arguments in the order that scripts rely on; those behind `?` may be left out. */
const table = `EOF
bootstrap uri security_mode? psk_identity? psk_key? client_cert_path? client_private_key_path? server_cert_path? ssid? is_bootstrap? lifetime? notification_storing? binding? iid? finish? tls_ciphersuites?
bootstrap_finish msg_id? token? options? content?
bootstrap_pack uri security_mode? psk_identity? psk_key? client_cert_path? client_private_key_path? server_cert_path? ssid? is_bootstrap? lifetime? notification_storing? binding? iid? tls_ciphersuites?
bootstrap_pack_request endpoint_name accept? msg_id? token? uri_path? uri_query? options?
cbor
changed msg_id token location? options? content?
coap type? code? msg_id? token? options? content? respond?
coap_decode data
coap_get path accept? msg_id? token? options?
connect host? port? bind?
content msg_id token content? format? type? options?
continue msg_id token type? options?
create path content? msg_id? token? options? format?
created msg_id token location? options?
delete path msg_id? token? options?
deleted msg_id token location? options?
deregister path msg_id? token? options?
details idx?
discover path depth? msg_id? token? options?
empty type? msg_id?
error_response code msg_id token options?
est_coaps_ca_certs msg_id? token? uri_path? uri_query? options? content?
est_coaps_simple_enroll msg_id? token? uri_path? uri_query? options? content?
est_coaps_simple_reenroll msg_id? token? uri_path? uri_query? options? content?
execute path content? msg_id? token? options?
exit
expect msg_code
file_server root_directory? port? psk_identity? psk_key? ca_path? ca_file? crt_file? key_file? ipv6? debug?
get_error
help topic?
listen port? psk_identity? psk_key? ca_path? ca_file? crt_file? key_file? ipv6? tcp? debug? connection_id?
lwm2m_decode data
notify token content? format? confirmable? options?
observe path observe? accept? lt? gt? st? pmin? pmax? epmin? epmax? hqmax? msg_id? token? options?
observe_composite paths observe? accept? lt? gt? st? pmin? pmax? epmin? epmax? hqmax? msg_id? token? options?
payload_buffer_clear
payload_buffer_show
payload_buffer_show_hex
payload_buffer_show_tlv
read path accept? msg_id? token? options?
read_composite paths accept? msg_id? token? options?
recv timeout_s?
register path query? msg_id? token? options? content?
request_bootstrap endpoint_name preferred_content_format? msg_id? token? uri_path? uri_query? options? content?
reset msg_id?
reset_history
send path? msg_id? token? format? options? content?
set auto_update? auto_reregister? auto_bspack_error? auto_ack?
sleep timeout_s
tlv
udp content
unconnect
update path query? msg_id? token? options? content?
write path content format? update? msg_id? token? options?
write_attributes path lt? gt? st? pmin? pmax? epmin? epmax? hqmax? query? msg_id? token? options?
write_composite content format msg_id? token? options?
write_file fname path format? chunksize? timeout_s?`.split('\n')

const names = table.map(line => line.split(' ')[0] as string)

test('every command is there, with its arguments, help and an example', async () => {
  const output = await session(simulatedWorld(), ['help', ...names.map(name => `help ${name}`)])
  const [list, ...helps] = answersTo(output)
  expect(list).toBe(`available commands: ${names.join(' ')}`)
  expect(helps.map(help => /^ARGUMENTS: (.*?) ?$/m.exec(help)?.[1])).toEqual(table)
  for (const [index, help] of helps.entries()) {
    const [text = '', example = ''] = help.split('\n\nExample: ')
    expect(text).toMatch(/^[A-Z][^]*\.$/)
    expect(example.split('\n')[0]).toMatch(new RegExp(`^${names[index]}( |$)`))
  }
})

test('wait is no other name for a command of scripts', async () => {
  const exchanges: Exchange[] = [
    ['wa /3', 'could not send Lwm2mWriteAttributes (not connected to any remote host) (try "get_error" for details)'],
    ['wait', 'missing value for argument: event (try "get_error" for details)'],
    ['wait foo', 'event: not a event: foo (try "get_error" for details)'],
  ]
  expect(await converse(simulatedWorld(), exchanges)).toEqual(exchanges)
})

/** A peer that acknowledges what is confirmable, with a 2.04 what is a request. */
async function echoingWorld() {
  const world = simulatedWorld()
  const received: Buffer[] = []
  await world.network.listen({ host: '10.0.0.9', port: 5683 }, connection =>
    connection.receive({
      datagram(bytes) {
        received.push(bytes)
        // Signals have no place in datagrams.
        if (isSignal(bytes[1] as number)) return
        const packet = decodeDatagram(bytes)
        if (packet.type !== MessageType.confirmable) return
        const code = isRequest(packet.code) ? Code.changed : Code.empty
        const token = code === Code.empty ? Buffer.alloc(0) : packet.token
        const { acknowledgement: type } = MessageType
        const payload = Buffer.alloc(0)
        connection.send(encodeDatagram({ ...packet, type, code, token, options: [], payload }))
      },
      failed: () => {},
    }),
  )
  return { ...world, received }
}

const changed = '<- Changed (no location path)'

test('each message is sent as it was typed', async () => {
  const { received, ...world } = await echoingWorld()
  const exchanges: Exchange[] = [
    ['connect 10.0.0.9', 'new remote endpoint: 10.0.0.9:5683'],
    ['bootstrap_finish', '-> Bootstrap Finish /bs: ', changed],
    ['bootstrap_pack_request ep1', '-> Bootstrap-Pack-Request /bspack?ep=ep1: ', changed],
    ['changed 5 abc location=/x/y', '-> Changed /x/y'],
    ['coap_get /3/0', '-> GET /3/0', changed],
    ['content 7 a hello TEXT_PLAIN', '-> Content hello'],
    ['continue 7 a', '-> Continue, msg_id = 7, token = …'],
    [String.raw`create /3303 \x08\x01\x00`, String.raw`-> Create /3303: \x08\x01\x00`, changed],
    [String.raw`created 77 \x01\x02 /rd/5`, '-> Created /rd/5'],
    ['delete /3303/1', '-> Delete /3303/1', changed],
    ['deleted 1 a', '-> Deleted (no location-path)'],
    ['deregister /5', '-> De-register /5', changed],
    ['discover /1 0', '-> Discover /1?depth=0', changed],
    ['empty', '-> Empty ACKNOWLEDGEMENT, msg_id = 4927'],
    ['empty CONFIRMABLE 9', '-> Empty CONFIRMABLE, msg_id = 9', '<- Empty ACKNOWLEDGEMENT, msg_id = 9'],
    ['error_response RES_NOT_FOUND 7 a', '-> 4.04 (RES_NOT_FOUND): (no details available)'],
    ['est_coaps_ca_certs', '-> EST CA Certificates /est/crts: ', changed],
    ['est_coaps_simple_enroll', '-> EST Simple Enroll /est/sen: ', changed],
    ['est_coaps_simple_reenroll', '-> EST Simple Re-enroll /est/sren: ', changed],
    ["execute /3/0/4 content=0='a'", "-> Execute /3/0/4: 0='a'", changed],
    [
      'notify abc hello confirmable=1',
      '-> Notify (CONFIRMABLE, seq , token …) hello',
      '<- Empty ACKNOWLEDGEMENT, msg_id = 4932',
    ],
    ['observe /3/0/13 pmin=1', '-> Observe /3/0/13?pmin=1', changed],
    ['observe /3/0/13 observe=1', '-> Cancel Observation /3/0/13', changed],
    ['observe_composite /3/0/13,/1', '-> Read-Composite /3/0/13, /1', changed],
    ['read /3/0/0 APPLICATION_LWM2M_TLV', '-> Read /3/0/0: accept APPLICATION_LWM2M_TLV', changed],
    ['read_composite [/3,/1/0]', '-> Read-Composite /3, /1/0', changed],
    ['register /rd?ep=x&lt=5', '-> Register /rd?ep=x&lt=5: ', changed],
    ['request_bootstrap ep1 112', '-> Request Bootstrap /bs?ep=ep1&pct=112: ', changed],
    ['reset', '-> Reset, msg_id = 4940'],
    ['send content=abc', '-> Send /dp: abc', changed],
    ['update /rd/1?lt=5', '-> Update /rd/1?lt=5: ', changed],
    ['write /1/1/1 120', '-> Write /1/1/1: TEXT_PLAIN, 3 bytes', changed],
    ['write /1 120 42 update=1', '-> Write (update) /1: APPLICATION_OCTET_STREAM, 3 bytes', changed],
    [
      'write_attributes /3/0/13 pmin=1 lt=2.5',
      '-> Write Attributes /3/0/13?lt=2.500000&pmin=1: lt=2.500000, pmin=1',
      changed,
    ],
    [String.raw`write_composite \x80 112`, '-> Write Composite : APPLICATION_LWM2M_SENML_CBOR, 1 bytes', changed],
    [String.raw`udp \x60\x00\x00\x01`],
    [
      'coap CONFIRMABLE 0.01 options=[URI_PATH("1"),ACCEPT(0)] token=a',
      '-> 0.01 (REQ_GET), CONFIRMABLE, id=4947, token=…',
      changed,
    ],
    ['coap NON_CONFIRMABLE', '-> 0.01 (REQ_GET), NON_CONFIRMABLE, id=4948, token=…'],
    ['coap ACKNOWLEDGEMENT 2.05 9 content=abc', '-> 2.05 (RES_CONTENT), ACKNOWLEDGEMENT, id=9, token=…'],
    ['coap code=SIGNALING_CSM type=NON_CONFIRMABLE', '-> 7.01 (SIGNALING_CSM), NON_CONFIRMABLE, id=4949, token=…'],
  ]
  expect(await converse(world, exchanges)).toEqual(exchanges)
  // What was told of as sent was sent.
  expect(received).toHaveLength(exchanges.flat().filter(line => String(line).startsWith('-> ')).length + 1)
})

test('coap answers the last request', async () => {
  const { network, ...world } = simulatedWorld()
  const exchanges: Exchange[] = [
    [
      'coap code=RES_CHANGED',
      'responding to: Update /rd/demo: ',
      '-> 2.04 (RES_CHANGED), ACKNOWLEDGEMENT, id=4660, token=…',
    ],
    [
      'coap NON_CONFIRMABLE RES_CONTENT content=abc',
      'responding to: Update /rd/demo: ',
      '-> 2.05 (RES_CONTENT), ACKNOWLEDGEMENT, id=4660, token=…',
    ],
    [
      'coap code=RES_CONTENT respond=0 type=NON_CONFIRMABLE',
      '-> 2.05 (RES_CONTENT), NON_CONFIRMABLE, id=4920, token=…',
    ],
  ]
  const conversation = converse({ ...world, network }, exchanges, ['-l', '9000'])
  const connection = await network.connect({ host: '0.0.0.0', port: 9000 })
  await world.clock.advance(1)
  connection.send(Buffer.from('42021234aabbb272640464656d6f', 'hex'))
  expect(await conversation).toEqual(exchanges)
})

const hint = ' (try "get_error" for details)'

test('each wrong argument is named in one line', async () => {
  const exchanges: Exchange[] = [
    ['read', `missing value for argument: path${hint}`],
    ['read /3/0 NOSUCHFORMAT', `accept: not a Content-Format: NOSUCHFORMAT (expected its number or name)${hint}`],
    ['read /3/0 accept=60 accept=112', `multiple values for key: accept${hint}`],
    ['read /3/0 60 5 a [] 8', `cannot assign positional argument: no more expected parameters${hint}`],
    ['details abc', `idx: not a whole number: abc${hint}`],
    ['details -1', 'message not found'],
    ['sleep -1', `timeout_s is not negative: -1${hint}`],
    ['recv x', `timeout_s: not a number: x${hint}`],
    ['write_file /nowhere /5/0/0 timeout_s=-1', `timeout_s is not negative: -1${hint}`],
    [String.raw`coap_decode \x60`, `data: shorter than the four bytes of a header${hint}`],
    [String.raw`coap_decode \x`, `data: too few hexadecimal digits follow \\x (character 1)${hint}`],
    [
      'error_response 2.05 7 a',
      `could not send Lwm2mErrorResponse (Error responses must have code class 4 or 5)${hint}`,
    ],
    [
      'delete /3303/0/1',
      `could not send Lwm2mDelete (LWM2M Resource path is not applicable to a Delete: /3303/0/1)${hint}`,
    ],
    ['changed 70000 a', `could not send Lwm2mChanged (msg_id is 0–65535, not 70000)${hint}`],
    ['changed 1 123456789', `could not send Lwm2mChanged (token is 0–8 bytes, not 9)${hint}`],
    ['coap msg_id=70000', `msg_id is 0–65535, not 70000${hint}`],
    ['coap options=URI_PATH(3)', `options: URI_PATH needs text, such as URI_PATH("a")${hint}`],
    ['listen 70000', `port is 0–65535, not 70000`, `port is 0–65535, not 70000${hint}`],
    [
      'listen psk_identity=a',
      'psk_identity and psk_key go together, and neither is empty',
      `psk_identity and psk_key go together, and neither is empty${hint}`,
    ],
    [
      `listen psk_identity=a psk_key=${'b'.repeat(65)}`,
      'psk_key is longer than 64 bytes',
      `psk_key is longer than 64 bytes${hint}`,
    ],
    [
      'listen connection_id=abc',
      'Cannot use connection_id in NoSec mode',
      `Cannot use connection_id in NoSec mode${hint}`,
    ],
    [
      'listen psk_identity=a psk_key=b ca_file=x',
      'Cannot use PSK and Certificates at the same time',
      `Cannot use PSK and Certificates at the same time${hint}`,
    ],
    [
      'listen crt_file=/nowhere/a key_file=b',
      'crt_file: /nowhere/a: no such file or directory',
      `crt_file: /nowhere/a: no such file or directory${hint}`,
    ],
    [
      'listen crt_file=package.json key_file=package.json',
      'crt_file: package.json: malformed: neither DER nor PEM',
      `crt_file: package.json: malformed: neither DER nor PEM${hint}`,
    ],
    ['listen ca_file=x', 'certificates need crt_file and key_file', `certificates need crt_file and key_file${hint}`],
    ['listen port=abc', `port: not a whole number: abc${hint}`],
    ['bootstrap http://a', `uri is neither coap: nor coaps:, so it needs a security_mode: http://a${hint}`],
    ['bootstrap coaps://a security_mode=Foo', `security_mode: not a SecurityMode: Foo${hint}`],
    [
      'bootstrap coaps://a client_cert_path=/nowhere/a',
      `client_cert_path: /nowhere/a: no such file or directory${hint}`,
    ],
    ['file_server /nowhere', `root_directory: /nowhere: no such file or directory${hint}`],
    ['payload_buffer_show_tlv', 'TLV (0 elements):'],
  ]
  expect(await converse(simulatedWorld(), exchanges)).toEqual(exchanges)
})

test('what is typed does not command the terminal', async () => {
  const exchanges: Exchange[] = [
    ['connect a\u009Bb', String.raw`new remote endpoint: a\x9bb:5683`],
    ['connect a\u202Eb', String.raw`new remote endpoint: a\u{202e}b:5683`],
  ]
  expect(await converse(simulatedWorld(), exchanges)).toEqual(exchanges)
})

test('a message is decoded', async () => {
  const exchanges: Exchange[] = [
    [
      String.raw`coap_decode \x60\x00\x13\x38`,
      'version: 1',
      'type: ACKNOWLEDGEMENT',
      'code: 0.00 (EMPTY)',
      'msg_id: 4920',
      'token: …',
      'options:',
      '    ',
      'content: 0 bytes',
    ],
    [
      String.raw`lwm2m_decode \x41\x03\x13\x38a\xb1\x33\x10\xff21`,
      'Write /3: TEXT_PLAIN, 2 bytes',
      '',
      'version: 1',
      'type: CONFIRMABLE',
      'code: 0.03 (REQ_PUT)',
      'msg_id: 4920',
      'token: …',
      'options:',
      '    option 11 (URI_PATH), content (1 bytes): 3',
      '    option 12 (CONTENT_FORMAT), content (0 bytes): 0 (TEXT_PLAIN)',
      'content: 2 bytes',
      '',
      'ascii-ish:',
      '21',
    ],
  ]
  expect(await converse(simulatedWorld(), exchanges)).toEqual(exchanges)
})
