import { expect, test } from 'vitest'
import { simulatedWorld } from '../../helpers/simulated-world.ts'
import { answersTo, session } from '../../helpers/testing-shell.ts'

test('a TLV payload is put together', async () => {
  const output = await session(simulatedWorld(), [
    'tlv',
    'add_instance 0',
    'add_multiple_resource 0',
    String.raw`make_multires (0,\x02),(1,\x05)`,
    'add_instance 1',
    'add_resource 1 type=int 11',
    'add_resource 3 type=int 1',
    'show',
    'select 0/0',
    'add_resource_instance 7 type=int 300',
    'serialize',
    'remove 0/0/7',
    'exit',
  ])
  expect(output).toBe(String.raw`[Lwm2mCmd] $ tlv
* exact: tlv
[Lwm2mCmd/TLV] $ add_instance 0
* exact: add_instance
Selected top-level: instance
[Lwm2mCmd/TLV] $ add_multiple_resource 0
* exact: add_multiple_resource
[Lwm2mCmd/TLV] $ make_multires (0,\x02),(1,\x05)
* exact: make_multires
[Lwm2mCmd/TLV] $ add_instance 1
* exact: add_instance
[Lwm2mCmd/TLV] $ add_resource 1 type=int 11
* exact: add_resource
[Lwm2mCmd/TLV] $ add_resource 3 type=int 1
* exact: add_resource
[Lwm2mCmd/TLV] $ show
* exact: show
  path    value
---------------
  0       instance (1 resources)
  0/0       multiple resource (2 instances)
  0/0/0       resource instance = b'\x02' (int: 2)
  0/0/1       resource instance = b'\x05' (int: 5)
* 1       instance (2 resources)
  1/1       resource = b'\x0b' (int: 11)
  1/3       resource = b'\x01' (int: 1)
[Lwm2mCmd/TLV] $ select 0/0
* exact: select
selected: 0/0 multiple resource 0 (2 instances)
[Lwm2mCmd/TLV] $ add_resource_instance 7 type=int 300
* exact: add_resource_instance
[Lwm2mCmd/TLV] $ serialize
* exact: serialize
\x08\x00\x0d\x88\x00\x0a\x41\x00\x02\x41\x01\x05\x42\x07\x01\x2c\x06\x01\xc1\x01\x0b\xc1\x03\x01
[Lwm2mCmd/TLV] $ remove 0/0/7
* exact: remove
[Lwm2mCmd/TLV] $ exit
* exact: exit
exiting
\x08\x00\x08\x86\x00\x41\x00\x02\x41\x01\x05\x06\x01\xc1\x01\x0b\xc1\x03\x01
[Lwm2mCmd] $ `)
})

test('a TLV payload is taken apart, and what cannot be done is told', async () => {
  const table = "  path    value\n---------------\n  0       resource = b'hello' (int: 448378203247)"
  const hint = ' (try "get_error" for details)'
  const exchanges = [
    ['tlv', ''],
    [String.raw`deserialize \xc8\x00\x05hello`, table],
    ['add_instance 4', `cannot add a INSTANCE${hint}`],
    ['add_resource 0 abc', `Element with such ID and parent already exists${hint}`],
    ['add_resource 70000 abc', `not an identifier from 0 to 65535: 70000${hint}`],
    ['add_resource 1 type=int abc', `value: not an integer: abc${hint}`],
    ['add_resource 1 type=foo abc', `type: not a ResourceType: foo${hint}`],
    ['add_resource x abc', `identifier: not a whole number: x${hint}`],
    ['make_multires (0,1', `content: nothing closes (${hint}`],
    ['remove 7', `instance or resource 7 does not exist${hint}`],
    ['select 0', `resource 0 is RESOURCE, cannot be selected${hint}`],
    ['select 5', `Incorrect path${hint}`],
    [String.raw`deserialize \x08\x00`, `attempted to take 1 bytes, but only 0 available${hint}`],
    ['get_error', '  deserialize \\x08\\x00\nattempted to take 1 bytes, but only 0 available'],
    ['show', table],
    ['EOF', String.raw`exiting${'\n'}\xc5\x00\x68\x65\x6c\x6c\x6f`],
  ] as const
  const output = await session(
    simulatedWorld(),
    exchanges.map(([line]) => line),
  )
  expect(answersTo(output)).toEqual(exchanges.map(([, answer]) => answer))
})

test('a SenML CBOR payload is put together', async () => {
  const output = await session(simulatedWorld(), [
    'cbor',
    'add_resource 0/0/0 int 2',
    'add_resource 0/0/1 int 5',
    'add_resource 1/1 int 11',
    'add_resource 1/3 int 1',
    'show',
    'add_resource name=/0 type=double value=1.5 basename=/3/0',
    'add_resource /1 objlnk 3:0',
    'remove /0',
    'remove /1',
    'remove /1',
    'add_resource /2 int x',
    'exit',
  ])
  expect(output).toBe(String.raw`[Lwm2mCmd] $ cbor
* exact: cbor
[Lwm2mCmd/CBOR] $ add_resource 0/0/0 int 2
* exact: add_resource
[Lwm2mCmd/CBOR] $ add_resource 0/0/1 int 5
* exact: add_resource
[Lwm2mCmd/CBOR] $ add_resource 1/1 int 11
* exact: add_resource
[Lwm2mCmd/CBOR] $ add_resource 1/3 int 1
* exact: add_resource
[Lwm2mCmd/CBOR] $ show
* exact: show
CBOR (4 elements):

  {<SenmlLabel.NAME: 0>: '0/0/0', <SenmlLabel.VALUE: 2>: 2}
  {<SenmlLabel.NAME: 0>: '0/0/1', <SenmlLabel.VALUE: 2>: 5}
  {<SenmlLabel.NAME: 0>: '1/1', <SenmlLabel.VALUE: 2>: 11}
  {<SenmlLabel.NAME: 0>: '1/3', <SenmlLabel.VALUE: 2>: 1}${' '}

[Lwm2mCmd/CBOR] $ add_resource name=/0 type=double value=1.5 basename=/3/0
* exact: add_resource
[Lwm2mCmd/CBOR] $ add_resource /1 objlnk 3:0
* exact: add_resource
[Lwm2mCmd/CBOR] $ remove /0
* exact: remove
[Lwm2mCmd/CBOR] $ remove /1
* exact: remove
[Lwm2mCmd/CBOR] $ remove /1
* exact: remove
Invalid name (try "get_error" for details)
[Lwm2mCmd/CBOR] $ add_resource /2 int x
* exact: add_resource
value: not an integer: x (try "get_error" for details)
[Lwm2mCmd/CBOR] $ exit
* exact: exit
exiting
\x84\xa2\x00\x65\x30\x2f\x30\x2f\x30\x02\x02\xa2\x00\x65\x30\x2f\x30\x2f\x31\x02\x05\xa2\x00\x63\x31\x2f\x31\x02\x0b\xa2\x00\x63\x31\x2f\x33\x02\x01
[Lwm2mCmd] $ `)
})

test('the end of the input leaves the inner shell, whose result is told, and then the outer one', async () => {
  expect(await session(simulatedWorld(), ['cbor', 'EOF', 'tlv', 'add_resource 1 type=int 5'])).toBe(
    String.raw`[Lwm2mCmd] $ cbor
* exact: cbor
[Lwm2mCmd/CBOR] $ EOF
* exact: EOF
exiting
\x80
[Lwm2mCmd] $ tlv
* exact: tlv
[Lwm2mCmd/TLV] $ add_resource 1 type=int 5
* exact: add_resource
Selected top-level: resource
[Lwm2mCmd/TLV] $ \xc1\x01\x05
[Lwm2mCmd] $ `,
  )
})
