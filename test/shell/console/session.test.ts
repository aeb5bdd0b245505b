import { expect, test } from 'vitest'
import { Lwm2mClient } from '../../../client/client.ts'
import { temperature } from '../../../objects/definitions/temperature.ts'
import { simulatedWorld } from '../../helpers/simulated-world.ts'
import { converse, type Exchange, session, withoutNumbers } from '../../helpers/testing-shell.ts'

const listening = ['--listen', '9000']

/** A device that registers with `lwm2m shell --listen 9000`. */
function deviceSite(uri = 'coap://0.0.0.0:9000') {
  const world = simulatedWorld()
  const client = new Lwm2mClient({
    ...world,
    endpoint: 'my_endpoint',
    servers: [{ uri, shortServerId: 1, lifetimeSeconds: 86_400 }],
    objects: [temperature],
    versions: ['1.1'],
    device: { manufacturer: 'Maker', modelNumber: 'demo-client' },
  })
  const sensor = client.objects.create(temperature, 0, { sensorValue: 21.5 })
  client.start()
  return { ...world, client, sensor }
}

const hint = ' (try "get_error" for details)'

test('before the first line a client registers', async () => {
  expect(withoutNumbers(await session(deviceSite(), ['exit', 'nobody reads this'], listening))).toBe(
    `waiting for a client on port 9000 ...
<- Register /rd?lwm2m=1.1&ep=my_endpoint&lt=86400: </>;rt="oma.lwm2m";ct=112,<...
-> Created /rd/demo
[Lwm2mCmd] port: 9000, client: 10.0.0.1:… $ exit
* exact: exit
exiting
`,
  )
})

test('a device is read, written, executed and observed', async () => {
  const site = deviceSite()
  const exchanges: Exchange[] = [
    ['read /3/0/0 TEXT_PLAIN', '-> Read /3/0/0: accept TEXT_PLAIN', '<- Content Maker'],
    ['read /3/0/1 0', '-> Read /3/0/1: accept TEXT_PLAIN', '<- Content demo-client'],
    ['payload_buffer_show', "b'Makerdemo-client'"],
    ['payload_buffer_clear'],
    ['payload_buffer_show', "b''"],
    [
      'read /1/0/1 accept=11542',
      '-> Read /1/0/1: accept APPLICATION_LWM2M_TLV',
      '<- Content (11542 (APPLICATION_LWM2M_TLV); 6 bytes)',
    ],
    [
      'payload_buffer_show_tlv',
      'TLV (1 elements):',
      '',
      String.raw`  resource 1 = b'\x00\x01Q\x80' (int: 86400, float: 0.000000, objlink: 1:20864)`,
    ],
    ['payload_buffer_show_hex', String.raw`\xc4\x01\x00\x01\x51\x80`],
    ['read 0/3', `could not send Lwm2mRead (not a valid LwM2M path: 0/3)${hint}`],
    ['get_error', '  read 0/3', 'could not send Lwm2mRead (not a valid LwM2M path: 0/3)'],
    ['write /1/0/1 120', '-> Write /1/0/1: TEXT_PLAIN, 3 bytes', '<- Changed (no location path)'],
    ['sleep 1'],
    ['', '<- Update /rd/demo?lt=120: ', '-> Changed (no location path)'],
    [''],
    ['get_error', 'no errors'],
    ['execute /1/0/8', '-> Execute /1/0/8: ', '<- Changed (no location path)'],
    ['recv 5', '<- Update /rd/demo: ', '-> Changed (no location path)'],
    ['discover /3303/0', '-> Discover /3303/0', '<- Content (40 (APPLICATION_LINK); 24 bytes)'],
    [
      'observe /3303/0/5700 accept=TEXT_PLAIN',
      '-> Observe /3303/0/5700: accept TEXT_PLAIN',
      '<- Notify (ACKNOWLEDGEMENT, seq 0, token …) 21.5',
    ],
    () => site.sensor.set({ sensorValue: 22 }),
    ['recv 5', '<- Notify (NON_CONFIRMABLE, seq 1, token …) 22'],
    ['recv 5'],
    ['reset_history'],
    ['details', 'message not found'],
    ['wait registered', 'registered: my_endpoint'],
  ]
  expect(await converse(site, exchanges, listening)).toEqual(exchanges)
})

test('what is expected is compared with what comes', async () => {
  const exchanges: Exchange[] = [
    ['expect Lwm2mContent(msg_id=ANY,token=ANY,content=b"Maker")', 'Expecting: Content Maker'],
    ['read /3/0/0 0', '-> Read /3/0/0: accept TEXT_PLAIN', '<- Content Maker'],
    ['expect Lwm2mContent(msg_id=ANY,token=ANY,content=b"Taker")', 'Expecting: Content Taker'],
    [
      'read /3/0/0 0',
      '-> Read /3/0/0: accept TEXT_PLAIN',
      '<- Content Maker',
      '*** unexpected message ***',
      'unexpected CoAP content',
      '',
      '--- GOT ---',
      'Content Maker',
      '',
      'version: 1',
      'type: ACKNOWLEDGEMENT',
      'code: 2.05 (RES_CONTENT)',
      'msg_id: 4921',
      'token: …',
      'options:',
      '    option 12 (CONTENT_FORMAT), content (0 bytes): 0 (TEXT_PLAIN)',
      'content: 5 bytes',
      '',
      'ascii-ish:',
      'Maker',
      '',
      '',
      '--- EXPECTED ---',
      'Content Taker',
      '',
      'version: 1',
      'type: ACKNOWLEDGEMENT',
      'code: 2.05 (RES_CONTENT)',
      'msg_id: ANY',
      'token: ANY',
      'options:ANY',
      'content: 5 bytes',
      '',
      'ascii-ish:',
      'Taker',
      '',
      '',
      '------',
    ],
    ['expect None', 'Expecting: None'],
    [
      'recv 0.5',
      '*** unexpected message ***',
      'no message expected',
      '--- GOT ---',
      'None',
      '--- EXPECTED ---',
      'None',
      '------',
    ],
    ['expect ANY', 'Expecting: ANY'],
    ['expect 5', `msg_code: neither a message such as Lwm2mRead("/3/0/0") nor None nor ANY: 5${hint}`],
    ['expect foo(', `msg_code: ( is never closed (character 4)${hint}`],
  ]
  expect(await converse(deviceSite(), exchanges, listening)).toEqual(exchanges)
})

test('automatic answers are chosen', async () => {
  const site = deviceSite()
  const exchanges: Exchange[] = [
    ['set'],
    [
      'set 0 no auto_ack=false',
      'Auto register responses enabled',
      'Auto update responses disabled',
      'Auto 0.00 ACK responses disabled',
    ],
    ['set auto_bspack_error=0', 'Auto Bootstrap Pack error responses disabled'],
    ['execute /1/0/8', '-> Execute /1/0/8: ', '<- Changed (no location path)'],
    ['recv 1', '<- Update /rd/demo: '],
    [
      'set 1 1 1 1',
      'Auto register responses enabled',
      'Auto update responses enabled',
      'Auto Bootstrap Pack error responses enabled',
      'Auto 0.00 ACK responses enabled',
    ],
    ['recv 10', '<- Update /rd/demo: ', '-> Changed (no location path)'],
  ]
  expect(await converse(site, exchanges, listening)).toEqual(exchanges)
})

test('without anybody at the other end', async () => {
  const exchanges: Exchange[] = [
    [''],
    ['read /3', `could not send Lwm2mRead (not connected to any remote host)${hint}`],
    ['coap code=RES_CHANGED', `not connected to any remote host${hint}`],
    [String.raw`udp \x40`, `not connected to any remote host${hint}`],
    ['recv 1', `not connected to any remote host${hint}`],
    ['unconnect', `not connected to any remote host${hint}`],
    ['wait registered 1', `not connected to any remote host${hint}`],
    ['bootstrap coap://10.0.0.9', `not connected to any remote host${hint}`],
    ['write_file nothing /5/0/0', `not connected to any remote host${hint}`],
    ['connect 10.0.0.9 5555', 'new remote endpoint: 10.0.0.9:5555'],
    ['read /3', '-> Read /3', 'response not received'],
    ['connect', 'new remote endpoint: 127.0.0.1:5683'],
    ['connect 10.0.0.9 70000', `port is 0–65535, not 70000${hint}`],
    ['unconnect'],
    [
      'details',
      '',
      '*** Send ***',
      'Read /3',
      '',
      'version: 1',
      'type: CONFIRMABLE',
      'code: 0.01 (REQ_GET)',
      'msg_id: 4920',
      'token: …',
      'options:',
      '    option 11 (URI_PATH), content (1 bytes): 3',
      'content: 0 bytes',
      '',
      'ascii-ish:',
    ],
  ]
  expect(await converse(simulatedWorld(), exchanges)).toEqual(exchanges)
})
