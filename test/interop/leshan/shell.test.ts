import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, it, type TestContext } from 'vitest'
import { Lwm2mClient, psk as pskSecurity } from '../../../client/index.ts'
import { testObject } from '../../../objects/index.ts'
import { withoutNumbers } from '../../helpers/testing-shell.ts'
import { freePort } from '../free-port.ts'
import { describePeer } from '../peer-suite.ts'
import { lwm2m, Program } from '../program.ts'
import { changed, content } from './answers.ts'
import { type Leshan, leshanInstall, leshanPrograms, startLeshan } from './leshan.ts'
import { startLeshanClient } from './leshan-client.ts'

const examples = join(import.meta.dirname, '../../../examples/shell')
const psk = { identity: 'leshan', key: Buffer.from('password') }
const endpoint = 'demo'

describePeer('The shells and Leshan 2.0.0-M18', leshanPrograms, leshanInstall, () => {
  let leshan: Leshan

  beforeAll(async () => {
    leshan = await startLeshan()
  })
  afterAll(() => leshan?.close())

  /** The example of the testing shell, where it waits for a client. */
  async function startExample({ onTestFinished }: TestContext) {
    const port = await freePort()
    const listening = ['--listen', `${port}`, '--psk-identity', psk.identity, '--psk-key', psk.key.toString()]
    const shell = new Program([...lwm2m, 'shell', ...listening, '--script', 'leshan-client.nsh'], { cwd: examples })
    onTestFinished(() => shell.kill())
    await shell.sees('waiting for a client')
    return { shell, uri: `coaps://127.0.0.1:${port}` }
  }

  it.concurrent('the testing shell with a client of Leshan', async context => {
    const { expect, onTestFinished } = context
    const { shell, uri } = await startExample(context)
    const client = await startLeshanClient({ endpoint, serverUri: uri, psk })
    onTestFinished(() => client.close())
    await client.register()
    await shell.sees('<- Notify (ACKNOWLEDGEMENT')
    await client.setValue(22.5)
    expect(await shell.ended).toBe(0)
    expect(shell.errors).toBe('')
    const [told, update] = sessionOf(shell.output).split(/(?=\$ execute)/)
    expect(told).toBe(clientSession)
    expect(update).toContain('-> Execute /1/0/8: \n')
    expect(update).toContain('<- Update /rd/demo: \n-> Changed (no location path)\n')
  })

  it.concurrent('the same session with a client that is not of Leshan', async context => {
    const { expect, onTestFinished } = context
    const { shell, uri } = await startExample(context)
    const client = new Lwm2mClient({
      endpoint,
      servers: [{ uri, shortServerId: 1, security: pskSecurity(psk.identity, psk.key) }],
      objects: [testObject],
      device: { manufacturer: 'ACME' },
    })
    onTestFinished(() => client.stop())
    client.objects.create(testObject, 0, {})
    client.start()
    await shell.sees('<- Notify (ACKNOWLEDGEMENT')
    client.objects.set('/3442/0/130', 22.5)
    expect(await shell.ended).toBe(1)
    const mismatches = shell.output.matchAll(/\*\*\* unexpected message \*\*\*\n([^]*?)\n\nversion/g)
    expect([...mismatches].map(([, mismatch]) => mismatch?.split('\n'))).toEqual([
      ['unexpected CoAP content', '', '--- GOT ---', 'Content ACME'],
      ['unexpected CoAP content', '', '--- GOT ---', '4.04 (RES_NOT_FOUND): there is no /9'],
      ['unexpected CoAP type', '', '--- GOT ---', String.raw`Notify (NON_CONFIRMABLE, seq 1, token \x01\x02) 22.5`],
    ])
  })

  it.concurrent('the device shell with a server of Leshan', async context => {
    const { expect } = context
    const events = await leshan.events(endpoint)
    const options = ['--endpoint', endpoint, '--lwm2m', '1.1', '--objects', 'device.json']
    const device = new Program([...lwm2m, 'client', '--server', leshan.coapUri, ...options], { cwd: examples })
    context.onTestFinished(() => device.kill())
    const [before = '', after = ''] = readFileSync(join(examples, 'leshan-server.lwm2m'), 'utf8').split(/^(?=# Now)/m)

    device.type(before)
    await device.sees('← registered')
    const { data: registration } = await events.next('REGISTRATION')
    expect(registration.objectLinks.map(({ url }) => url)).toContain('/3303/0')
    expect((await events.next('SEND')).data.timed).toEqual([
      { time: null, val: { '/3303/0/5700': 22.5, '/3/0/0': 'ACME' } },
    ])
    expect(await leshan.write(endpoint, '/3/0/14', { '/3/0/14': '+01:00' })).toEqual(changed)
    expect(await leshan.writeAttributes(endpoint, '/3303/0/5700', 'pmax=300')).toEqual(changed)
    expect(await leshan.observe(endpoint, '/3303/0/5700')).toEqual(content({ '/3303/0/5700': 22.5 }))

    device.type(after)
    device.endInput()
    expect((await events.next('NOTIFICATION')).data.val).toEqual({ '/3303/0/5700': 30 })
    expect((await events.next('NOTIFICATION')).data.val).toEqual({ '/3303/0/5700': 31.5 })
    const isNew = ({ url }: { readonly url: string }) => url === '/3303/1'
    await events.next('UPDATED', ({ update }) => update.objectLinks?.some(isNew) === true)
    expect(await leshan.read(endpoint, '/3303/1/5700')).toEqual(content({ '/3303/1/5700': 4 }))
    expect((await events.next('DEREGISTRATION')).data.expired).toBe(false)
    expect(await device.ended).toBe(0)
    expect(device.errors).toBe('')
    expect(device.output).toContain(`
/3303/0/5700 : 21.500000
/3303/0/5701 : Cel
the servers have it
`)
    expect(device.output).toContain(`
+01:00
server 1  /3303/0/5700  pmax=300
server 1  single  /3303/0/5700  pmax=300
`)
    expect(device.output).toContain('\n31.500000\n')
  })
})

/** What was typed and what came of it, without comments and blank lines, and without numbers that differ each time. */
function sessionOf(output: string): string {
  return withoutNumbers(output)
    .replace(/^.*?\$ /gm, '$ ')
    .replace(/(port|seq|msg_id:|msg_id =) \d+(?: \.\.\.)?/g, '$1 …')
    .replace(/^(?:\$ (?:#.*)?|\* exact: .*)\n/gm, '')
}

const clientSession = String.raw`waiting for a client on port …
<- Register /rd?b=U&lwm2m=1.1&lt=300&ep=demo: </>;rt="oma.lwm2m";ct="60 1...
-> Created /rd/demo
$ wait registered 30
registered: demo
$ discover /3442/0
-> Discover /3442/0
<- Content (40 (APPLICATION_LINK); 37 bytes)
$ read /3/0/0
-> Read /3/0/0
<- Content (11542 (APPLICATION_LWM2M_TLV); 17 bytes)
$ payload_buffer_clear
$ read /1/0 APPLICATION_LWM2M_TLV
-> Read /1/0: accept APPLICATION_LWM2M_TLV
<- Content (11542 (APPLICATION_LWM2M_TLV); 16 bytes)
$ payload_buffer_show_tlv
TLV (5 elements):

  resource 0 = b'\x01' (int: 1)
  resource 1 = b'\x01,' (int: 300)
  resource 6 = b'\x00' (int: 0)
  resource 22 = b'U' (int: 85)
  resource 7 = b'U' (int: 85)
$ expect Lwm2mContent(msg_id=ANY,token=ANY,content=b"Eclipse Leshan")
Expecting: Content Eclipse Leshan
$ read /3/0/0 accept=TEXT_PLAIN
-> Read /3/0/0: accept TEXT_PLAIN
<- Content Eclipse Leshan
$ expect Lwm2mChanged(msg_id=ANY,token=ANY)
Expecting: Changed (no location path)
$ write /3442/0/130 21.25
-> Write /3442/0/130: TEXT_PLAIN, 5 bytes
<- Changed (no location path)
$ expect Lwm2mContent(msg_id=ANY,token=ANY,content=b"21.25")
Expecting: Content 21.25
$ read /3442/0/130 accept=TEXT_PLAIN
-> Read /3442/0/130: accept TEXT_PLAIN
<- Content 21.25
$ expect "Lwm2mErrorResponse(code=coap.Code.RES_NOT_FOUND, msg_id=ANY, token=ANY)"
Expecting: 4.04 (RES_NOT_FOUND): (no details available)
$ read /9/0/0
-> Read /9/0/0
<- 4.04 (RES_NOT_FOUND): (no details available)
$ expect Lwm2mChanged(msg_id=ANY,token=ANY)
Expecting: Changed (no location path)
$ write_composite [{\x22n\x22:\x22/3442/0/130\x22,\x22v\x22:20.5}] APPLICATION_LWM2M_SENML_JSON
-> Write Composite : APPLICATION_LWM2M_SENML_JSON, 30 bytes
<- Changed (no location path)
$ read_composite /3/0/0,/3442/0/130 APPLICATION_LWM2M_SENML_JSON
-> Read-Composite /3/0/0, /3442/0/130: accept APPLICATION_LWM2M_SENML_JSON
<- Content (110 (APPLICATION_LWM2M_SENML_JSON); 69 bytes)
$ details

*** Recv ***
Content (110 (APPLICATION_LWM2M_SENML_JSON); 69 bytes)

version: 1
type: ACKNOWLEDGEMENT
code: 2.05 (RES_CONTENT)
msg_id: …
token: …
options:
    option 12 (CONTENT_FORMAT), content (1 bytes): 110 (APPLICATION_LWM2M_SENML_JSON)
content: 69 bytes

[{'bn': '/3/0/0', 'vs': 'Eclipse Leshan'}, {'bn': '/3442/0/130', 'v': 20.5}]

$ write_attributes /3442/0/130 pmax=300
-> Write Attributes /3442/0/130?pmax=300: pmax=300
<- Changed (no location path)
$ observe /3442/0/130 accept=TEXT_PLAIN token=\x01\x02
-> Observe /3442/0/130: accept TEXT_PLAIN
<- Notify (ACKNOWLEDGEMENT, seq …, token …) 20.5
$ expect Lwm2mNotify(token=…,content=b"22.5",confirmable=True)
Expecting: Content 22.5
$ recv 30
<- Notify (CONFIRMABLE, seq …, token …) 22.5
-> Empty ACKNOWLEDGEMENT, msg_id = …
$ observe /3442/0/130 observe=1 accept=TEXT_PLAIN token=\x01\x02
-> Cancel Observation /3442/0/130
<- Content 22.5
$ write_file leshan-client.nsh /3442/0/150 chunksize=512
-> Write /3442/0/150: APPLICATION_OCTET_STREAM, 512 bytes
<- Continue, msg_id = …, token = …
-> Write /3442/0/150: APPLICATION_OCTET_STREAM, 512 bytes
<- Continue, msg_id = …, token = …
-> Write /3442/0/150: APPLICATION_OCTET_STREAM, 512 bytes
<- Continue, msg_id = …, token = …
-> Write /3442/0/150: APPLICATION_OCTET_STREAM, 230 bytes
<- Changed (no location path)
$ coap_get /3442/0/150 options=BLOCK2(0,False,64) accept=APPLICATION_OCTET_STREAM
-> GET /3442/0/150: accept APPLICATION_OCTET_STREAM
<- Content (42 (APPLICATION_OCTET_STREAM); 64 bytes)
`
