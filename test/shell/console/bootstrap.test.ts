import { expect, test } from 'vitest'
import { Lwm2mClient } from '../../../client/client.ts'
import { simulatedWorld } from '../../helpers/simulated-world.ts'
import { answersTo, pace, startShell, withoutNumbers } from '../../helpers/testing-shell.ts'

test('a shell bootstraps a device, which registers with another one over PSK', async () => {
  const world = simulatedWorld()
  const management = startShell(world, ['read /1', 'read /0'], ['-l', '9501', '-i', 'user', '-k', 'password'])
  const bootstrap = startShell(
    world,
    [
      'bootstrap finish=True ssid=1 uri=coaps://0.0.0.0:9501 security_mode=PreSharedKey psk_identity=user psk_key=password',
      'details 4',
    ],
    ['-l', '9014'],
  )
  const client = new Lwm2mClient({
    ...world,
    endpoint: 'my_endpoint',
    bootstrap: { uri: 'coap://0.0.0.0:9014' },
    versions: ['1.1'],
  })
  client.start()
  expect(await pace(world, bootstrap.exitCode)).toBe(0)
  expect(await pace(world, management.exitCode)).toBe(0)
  const prompt = '[Lwm2mCmd] port: 9014, client: 10.0.0.1:… $ '
  expect(withoutNumbers(bootstrap.output)).toBe(String.raw`waiting for a client on port 9014 ...
<- Request Bootstrap /bs?ep=my_endpoint&pct=112:${' '}
-> Changed (no location path)
${prompt}bootstrap finish=True ssid=1 uri=coaps://0.0.0.0:9501 security_mode=PreSharedKey psk_identity=user psk_key=password
* exact: bootstrap
-> Write /0: APPLICATION_LWM2M_TLV, 56 bytes
<- Changed (no location path)
-> Write /1: APPLICATION_LWM2M_TLV, 18 bytes
<- Changed (no location path)
-> Bootstrap Finish /bs:${' '}
<- Changed (no location path)
${prompt}details 4
* exact: details

*** Send ***
Write /1: APPLICATION_LWM2M_TLV, 18 bytes

version: 1
type: CONFIRMABLE
code: 0.03 (REQ_PUT)
msg_id: 4921
token: …
options:
    option 11 (URI_PATH), content (1 bytes): 1
    option 12 (CONTENT_FORMAT), content (2 bytes): 11542 (APPLICATION_LWM2M_TLV)
content: 18 bytes

TLV (1 elements):

  instance 1 (4 resources)
    resource 0 = b'\x01' (int: 1)
    resource 1 = b'\x00\x01Q\x80' (int: 86400, float: 0.000000, objlink: 1:20864)
    resource 6 = b'\x00' (int: 0)
    resource 7 = b'U' (int: 85)

${prompt}`)
  expect(withoutNumbers(management.output)).toMatch(
    /^waiting for a client on port 9501 ...\n<- Register .*&ep=my_endpoint&lt=86400: .*\n-> Created \/rd\/demo\n/,
  )
  expect(answersTo(management.output)).toEqual([
    '-> Read /1\n<- Content (112 (APPLICATION_LWM2M_SENML_CBOR); 56 bytes)',
    '-> Read /0\n<- 4.01 (RES_UNAUTHORIZED): for bootstrap only',
  ])
})

test('a Bootstrap-Pack-Request is refused, or answered by hand', async () => {
  const world = simulatedWorld()
  const shell = startShell(
    world,
    [
      'bootstrap_pack coap://0.0.0.0:9501',
      'set auto_bspack_error=0',
      'listen 9015',
      'bootstrap_pack coap://0.0.0.0:9501',
    ],
    ['-l', '9014'],
  )
  const device = (port: number) =>
    new Lwm2mClient({
      ...world,
      endpoint: 'my_endpoint',
      bootstrap: { uri: `coap://0.0.0.0:${port}` },
      bootstrapPack: true,
    })
  device(9014).start()
  device(9015).start()
  expect(await pace(world, shell.exitCode)).toBe(0)
  const request =
    '<- Bootstrap-Pack-Request /bspack?ep=my_endpoint&acc=</0/0>: : accept APPLICATION_LWM2M_SENML_CBOR\n' +
    'Received Bootstrap Pack Request'
  expect(shell.output).toContain(`${request}\n-> 4.04 (RES_NOT_FOUND): (no details available)\n[`)
  expect(answersTo(shell.output)).toEqual([
    'Skipping - no BootstrapPackRequest is cached.',
    'Auto Bootstrap Pack error responses disabled',
    `waiting for a client on port 9015 ...\n${request}`,
    '-> Content (112 (APPLICATION_LWM2M_SENML_CBOR); 139 bytes)',
  ])
})
