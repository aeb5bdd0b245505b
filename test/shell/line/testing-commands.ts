import { ConsoleError } from '../../../server/console/console-error.ts'
import type { ArgumentType } from '../../../shell/line/argument-type.ts'
import { bool, bytes, float, int, text } from '../../../shell/line/argument-types.ts'
import { list } from '../../../shell/line/collection-types.ts'
import type { Command } from '../../../shell/line/command.ts'
import { code, contentFormat, messageType, option } from '../../../shell/line/message-types.ts'

const types: Readonly<Record<string, ArgumentType<unknown>>> = {
  accept: contentFormat('AcceptOption'),
  auto_ack: bool,
  auto_bspack_error: bool,
  auto_reregister: bool,
  auto_update: bool,
  code,
  content: bytes,
  data: bytes,
  format: contentFormat('ContentFormatOption'),
  idx: int,
  msg_id: int,
  options: list(option),
  paths: list(text),
  psk_identity: bytes,
  psk_key: bytes,
  timeout_s: float,
  token: bytes,
  type: messageType,
}

/** Every command of the testing shell; the parameters of those that the tests run. */
const parameters = `
EOF
bootstrap uri security_mode? psk_identity? psk_key?
bootstrap_finish msg_id? token? options? content?
bootstrap_pack uri
bootstrap_pack_request endpoint_name
cbor
changed msg_id token
coap type? code? msg_id? token? options? content? respond?
coap_decode data
coap_get path
connect host? port? bind?
content msg_id token
continue msg_id token
create path
created msg_id token
delete path
deleted msg_id token
deregister path
details idx?
discover path
empty type? msg_id?
error_response code msg_id token
est_coaps_ca_certs
est_coaps_simple_enroll
est_coaps_simple_reenroll
execute path
exit
expect msg_code
file_server
listen port? psk_identity? psk_key?
lwm2m_decode data
notify token
observe path
observe_composite paths
payload_buffer_clear
payload_buffer_show
payload_buffer_show_hex
payload_buffer_show_tlv
read path accept? msg_id? token? options?
read_composite paths accept? msg_id? token? options?
recv timeout_s?
register path
request_bootstrap endpoint_name
reset
reset_history
send
set auto_update? auto_reregister? auto_bspack_error? auto_ack?
sleep timeout_s
tlv
udp content
unconnect
update path
write path content
write_attributes path
write_composite content format msg_id? token? options?
write_file fname path`

/** What each command printed, or did, where the tests run it. */
export type Effects = Readonly<Record<string, (args: Readonly<Record<string, unknown>>) => void>>

export function testingCommands(effects: Effects): Command<undefined>[] {
  return parameters
    .trim()
    .split('\n')
    .map(line => {
      const [name = '', ...words] = line.split(' ')
      return {
        name,
        parameters: words.map(word => {
          const parameter = word.replace('?', '')
          return { name: parameter, type: types[parameter] ?? text, required: !word.endsWith('?') }
        }),
        help: '',
        run(args) {
          const effect = effects[name]
          if (effect === undefined) throw new ConsoleError('not connected to any remote host')
          effect(args)
        },
      }
    })
}
