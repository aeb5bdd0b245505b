import { describe, expect, test } from 'vitest'
import { ConsoleError } from '../../../server/console/console-error.ts'
import { CommandLine } from '../../../shell/line/command-line.ts'
import { testingCommands } from './testing-commands.ts'

const all =
  'available commands: EOF bootstrap bootstrap_finish bootstrap_pack bootstrap_pack_request cbor changed coap coap_decode coap_get connect content continue create created delete deleted deregister details discover empty error_response est_coaps_ca_certs est_coaps_simple_enroll est_coaps_simple_reenroll execute exit expect file_server get_error help listen lwm2m_decode notify observe observe_composite payload_buffer_clear payload_buffer_show payload_buffer_show_hex payload_buffer_show_tlv read read_composite recv register request_bootstrap reset reset_history send set sleep tlv udp unconnect update write write_attributes write_composite write_file'

/**
 * A session with the reference, but for the sentences that are Python's and for what its commands print about messages:
 * `decoded` stands for the latter, `(own words)` for the former.
 */
const session = String.raw`
$ hel
* prefix: help
${all}
$ he
* prefix: help
${all}
$ h
* prefix: help
${all}
$ r
* prefix: read read_composite recv register request_bootstrap reset reset_history
ambigious command: r (possible: read read_composite recv register request_bootstrap reset reset_history) (try "get_error" for details)
$ re
* prefix: read read_composite recv register request_bootstrap reset reset_history
ambigious command: re (possible: read read_composite recv register request_bootstrap reset reset_history) (try "get_error" for details)
$ rh
* snake case: reset_history
$ read
* exact: read
missing value for argument: path (try "get_error" for details)
$ pbsh
* snake case: payload_buffer_show payload_buffer_show_hex payload_buffer_show_tlv
ambigious command: pbsh (possible: payload_buffer_show payload_buffer_show_hex payload_buffer_show_tlv) (try "get_error" for details)
$ pbs
* snake case: payload_buffer_show payload_buffer_show_hex payload_buffer_show_tlv
ambigious command: pbs (possible: payload_buffer_show payload_buffer_show_hex payload_buffer_show_tlv) (try "get_error" for details)
$ pbst
* snake case: payload_buffer_show_tlv
$ pbc
* snake case: payload_buffer_clear
$ plbuf
* fuzzy: payload_buffer_clear payload_buffer_show payload_buffer_show_hex payload_buffer_show_tlv
ambigious command: plbuf (possible: payload_buffer_clear payload_buffer_show payload_buffer_show_hex payload_buffer_show_tlv) (try "get_error" for details)
$ xit now
* fuzzy: exit
cannot assign positional argument: no more expected parameters (try "get_error" for details)
$ help rc
* exact: help
* snake case: read_composite
No details available.

ARGUMENTS: read_composite paths accept? msg_id? token? options?

$ help wc
* exact: help
* snake case: write_composite
No details available.

ARGUMENTS: write_composite content format msg_id? token? options?

$ wc
* snake case: write_composite
missing value for argument: content (try "get_error" for details)
$ b
* prefix: bootstrap bootstrap_finish bootstrap_pack bootstrap_pack_request
ambigious command: b (possible: bootstrap bootstrap_finish bootstrap_pack bootstrap_pack_request) (try "get_error" for details)
$ bs
* fuzzy: bootstrap bootstrap_finish bootstrap_pack bootstrap_pack_request observe observe_composite payload_buffer_show payload_buffer_show_hex payload_buffer_show_tlv request_bootstrap write_attributes
ambigious command: bs (possible: bootstrap bootstrap_finish bootstrap_pack bootstrap_pack_request observe observe_composite payload_buffer_show payload_buffer_show_hex payload_buffer_show_tlv request_bootstrap write_attributes) (try "get_error" for details)
$ bf
* snake case: bootstrap_finish
could not send Lwm2mBootstrapFinish (not connected to any remote host) (try "get_error" for details)
$ coap_d
* prefix: coap_decode
missing value for argument: data (try "get_error" for details)
$ cd \x60\x00\x13\x38
* snake case: coap_decode
decoded 60001338
$ cpd \x60\x00\x13\x38
* fuzzy: coap_decode
decoded 60001338
$ set au=1
* exact: set
unrecognized argument: au
Auto update responses enabled
$ set "auto_ack=0"
* exact: set
Auto 0.00 ACK responses disabled
$ set auto_ack="0"
* exact: set
Auto 0.00 ACK responses enabled
$ coap_decode '\x60\x00\x13\x38'
* exact: coap_decode
decoded 60001338
$ coap_decode "\x60\x00\x13\x38
* exact: coap_decode
(own words)
$    sleep    0.01   
* exact: sleep
$ sleep timeout_s=0.01
* exact: sleep
$ sleep timeout_s=0.01 timeout_s=1
multiple values for key: timeout_s (try "get_error" for details)
$ sleep 0.01 timeout_s=0.02
* exact: sleep
cannot assign named argument to timeout_s: argument already present (try "get_error" for details)
$ sleep bogus=0.01
* exact: sleep
unrecognized argument: bogus
(own words)
$ set auto_ack=
* exact: set
Auto 0.00 ACK responses disabled
$ coap_decode data=\x60\x00\x13\x38
* exact: coap_decode
decoded 60001338
$ SLEEP 0
no such command: SLEEP (try "get_error" for details)
$ eXit
no such command: eXit (try "get_error" for details)
$ ?
no such command: ? (try "get_error" for details)
$ help
* exact: help
${all}
$ !ls
no such command: !ls (try "get_error" for details)
$ # comment
no such command: # (try "get_error" for details)
$ details 1
* exact: details
message not found
$ sleep 0.01 # comment
* exact: sleep
cannot assign positional argument: no more expected parameters (try "get_error" for details)
$ coap options=[URI_PATH("a b")] msg_id=5
* exact: coap
not connected to any remote host (try "get_error" for details)
$ coap msg_id=5
* exact: coap
not connected to any remote host (try "get_error" for details)
$ set auto_ack=true false
* exact: set
Auto update responses disabled
Auto 0.00 ACK responses enabled
$ empty
* exact: empty
could not send Lwm2mEmpty (not connected to any remote host) (try "get_error" for details)
$ details -1
* exact: details
message not found
$ details abc
* exact: details
(own words)
$ payload_buffer_show_tlv
* exact: payload_buffer_show_tlv
$ EO
* prefix: EOF
exiting`

const unconnected = (name: string) => () => {
  throw new ConsoleError(`could not send ${name} (not connected to any remote host)`)
}

function shell() {
  const printed: string[] = []
  const print = (line: string) => void printed.push(line)
  const commands = testingCommands({
    EOF: () => print('exiting'),
    bootstrap_finish: unconnected('Lwm2mBootstrapFinish'),
    coap_decode: ({ data }) => print(`decoded ${Buffer.from(data as Uint8Array).toString('hex')}`),
    details: () => print('message not found'),
    empty: unconnected('Lwm2mEmpty'),
    payload_buffer_clear() {},
    payload_buffer_show_tlv() {},
    reset_history() {},
    set({ auto_update, auto_ack }) {
      const state = (value: unknown) => (value ? 'enabled' : 'disabled')
      if (auto_update !== undefined) print(`Auto update responses ${state(auto_update)}`)
      if (auto_ack !== undefined) print(`Auto 0.00 ACK responses ${state(auto_ack)}`)
    },
    sleep() {},
  })
  return { printed, commandLine: new CommandLine(commands, print) }
}

describe('a session with the reference', () => {
  const steps = session
    .slice('\n$ '.length)
    .split('\n$ ')
    .map(step => step.split('\n'))

  test.each(steps)('%s', async (line, ...expected) => {
    const { printed, commandLine } = shell()
    await commandLine.execute(line, undefined)
    const isForeign = (at: number) => expected[at] === '(own words)'
    expect(printed.map((text, at) => (isForeign(at) ? '(own words)' : text))).toEqual(expected)
    if (expected.includes('(own words)')) expect(printed.at(-1)).toMatch(/^\w+: .* \(try "get_error" for details\)$/)
  })

  test('all of it in one shell', async () => {
    const { printed, commandLine } = shell()
    for (const [line = ''] of steps) await commandLine.execute(line, undefined)
    expect(printed).toHaveLength(steps.flatMap(([, ...output]) => output).length)
  })
})
