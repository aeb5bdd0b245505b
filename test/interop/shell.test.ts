import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Lwm2mClient } from '../../client/index.ts'
import { ContentFormat, testObject } from '../../objects/index.ts'
import {
  findStrings,
  findUint,
  OptionNumber,
  pathOptions,
  stringOption,
  uintOption,
} from '../../transport/coap/options.ts'
import {
  CoapPeer,
  Code,
  parseServerUri,
  type RequestHandler,
  systemClock,
  systemRandom,
  udpNetwork,
} from '../../transport/index.ts'
import { notFound, patternBytes } from '../helpers/coap-site.ts'
import { exampleSession } from './example-session.ts'
import { freePort } from './free-port.ts'
import { coapClient, libcoapInstall, libcoapPrograms } from './libcoap/libcoap.ts'
import { describePeer } from './peer-suite.ts'
import { lwm2m, Program } from './program.ts'
import { PseudoTerminal, pseudoTerminalProgram } from './pseudo-terminal.ts'

/** A folder that is there for one test. */
function folder(files: Readonly<Record<string, Uint8Array | string>>): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'lwm2m-shell-')))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(directory, name), bytes)
  return directory
}

function startShell(args: readonly string[], cwd?: string): Program {
  const shell = new Program([...lwm2m, 'shell', ...args], cwd === undefined ? {} : { cwd })
  onTestFinished(() => shell.kill())
  return shell
}

async function connectPeer(port: number, handler: RequestHandler) {
  const connection = await udpNetwork.connect(parseServerUri(`coap://127.0.0.1:${port}`))
  const peer = new CoapPeer(connection, { clock: systemClock, random: systemRandom, handler })
  onTestFinished(() => peer.close())
  return { peer, local: connection.local }
}

describe('payloads, messages and what was received', () => {
  const json =
    '{"bn":"/1/1","e":[{"n":"/0","v":1},{"n":"/1","v":86400},{"n":"/6","bv":true},{"n":"/7","sv":"U"},{"n":"/17","v":1},' +
    '{"n":"/18","v":0},{"n":"/19","v":1},{"n":"/20","v":0},{"n":"/23","bv":false}]}'
  const tlv = Buffer.from('c10001c40100015180c10601c10755c11101c11200c11301c11400c11700', 'hex')

  /** A client with a Server instance, as far as it is read here. */
  const demo: RequestHandler = ({ message }) => {
    const path = findStrings(message, OptionNumber.uriPath).join('/')
    const format = findUint(message, OptionNumber.accept)
    const payload = format === ContentFormat.tlv ? tlv : Buffer.from(json)
    if (path !== '1/1' || format === undefined) return { code: Code.notFound, options: [], payload: Buffer.alloc(0) }
    return { code: Code.content, options: [uintOption(OptionNumber.contentFormat, format)], payload }
  }

  test('a script of all the examples', async () => {
    const port = await freePort()
    const typed = [...exampleSession.matchAll(/^\[Lwm2mCmd.*?\$ (.+)$/gm)].map(([, line]) => line)
    const directory = folder({ 'examples.nsh': typed.join('\n') })
    const shell = startShell(['-l', `${port}`, '--script', join(directory, 'examples.nsh')])
    await shell.sees('waiting for a client')
    const { peer, local } = await connectPeer(port, demo)
    await peer.request({
      code: Code.post,
      options: [
        ...pathOptions(OptionNumber.uriPath, ['rd']),
        ...['lwm2m=1.1', 'ep=my_endpoint', 'lt=86400'].map(query => stringOption(OptionNumber.uriQuery, query)),
      ],
      payload: Buffer.from('</1/1>,</2>,</3/0>,</4/0>,</5/0>'),
    }).response
    expect(await shell.ended).toBe(1)
    const session = shell.output
      .replace(/^[^]*?-> Created \/rd\/demo\n/, '')
      .replaceAll(`port: ${port}, client: 127.0.0.1:${local.port}`, 'port: 9000, client: 127.0.0.1:47748')
      .replace(/token: (?:(?!\(length)[^])* \(length: 8\)/g, 'token: … (length: 8)')
    expect(session).toBe(exampleSession)
  })
})

test('a client bootstraps at one shell and registers with another over PSK', async () => {
  const [bootstrapPort, managementPort] = [await freePort(), await freePort()]
  const bootstrap = startShell(['-l', `${bootstrapPort}`, '--strict'])
  const credentials = ['--psk-identity', 'user', '--psk-key', 'password']
  const management = startShell(['-l', `${managementPort}`, ...credentials, '--strict'])
  await Promise.all([bootstrap, management].map(shell => shell.sees('waiting for a client')))
  const client = new Lwm2mClient({
    endpoint: 'my_endpoint',
    bootstrap: { uri: `coap://127.0.0.1:${bootstrapPort}` },
    versions: ['1.1'],
  })
  onTestFinished(() => client.stop())
  const told: string[] = []
  client.events$.subscribe(({ type }) => told.push(type))
  client.start()
  const uri = `coaps://127.0.0.1:${managementPort}`
  bootstrap.type(
    `bootstrap finish=True ssid=1 uri=${uri} security_mode=PreSharedKey psk_identity=user psk_key=password`,
    'exit',
  )
  expect(await bootstrap.ended).toBe(0)
  const prompt = `[Lwm2mCmd] port: ${bootstrapPort}, client: 127.0.0.1:… $ `
  const session = bootstrap.output.replaceAll(/(?<=client: 127\.0\.0\.1:)\d+/g, '…')
  expect(session).toBe(`waiting for a client on port ${bootstrapPort} ...
<- Request Bootstrap /bs?ep=my_endpoint&pct=112:${' '}
-> Changed (no location path)
${prompt}* exact: bootstrap
-> Write /0: APPLICATION_LWM2M_TLV, ${36 + uri.length} bytes
<- Changed (no location path)
-> Write /1: APPLICATION_LWM2M_TLV, 18 bytes
<- Changed (no location path)
-> Bootstrap Finish /bs:${' '}
<- Changed (no location path)
${prompt}* exact: exit
exiting
`)
  management.type('expect Lwm2mContent(msg_id=ANY,token=ANY,content=b"86400")', 'read /1/1/1 TEXT_PLAIN')
  await management.sees('<- Content 86400\n')
  const stopped = client.stop()
  management.type('expect Lwm2mDeregister("/rd/demo")', 'recv 10', 'exit')
  await stopped
  expect(told.slice(-2)).toEqual(['DEREGISTER', 'DISCONNECT'])
  expect(await management.ended).toBe(0)
  expect(management.output).toMatch(
    /^waiting for a client on port \d+ \.\.\.\n<- Register \/rd\?lwm2m=1\.1&ep=my_endpoint&lt=86400: .*\n-> Created \/rd\/demo\n/,
  )
  expect(management.output).toContain('<- De-register /rd/demo\n-> Deleted (no location-path)\n')
})

describe('files', () => {
  const makefile = patternBytes(3_000, 1)

  async function startFileServer() {
    const directory = folder({ Makefile: makefile, small: 'abc', empty: '' })
    const port = await freePort()
    const shell = startShell([], directory)
    shell.type(`file_server . ${port}`)
    await shell.sees('Press CTRL-C to stop\n')
    expect(shell.output).toBe(`[Lwm2mCmd] $ * exact: file_server
Serving directory ${directory} on port ${port}...
Press CTRL-C to stop
`)
    return { shell, port }
  }

  test('are served', async () => {
    const { shell, port } = await startFileServer()
    const { peer } = await connectPeer(port, notFound)
    const download = (name: string) => {
      const options = pathOptions(OptionNumber.uriPath, [name])
      return peer.request({ code: Code.get, options, payload: Buffer.alloc(0) }).response
    }
    expect(Buffer.compare((await download('Makefile')).payload, makefile)).toBe(0)
    expect((await download('small')).payload.toString()).toBe('abc')
    expect((await download('empty')).payload).toHaveLength(0)
    expect((await download('missing')).code).toBe(Code.notFound)
    shell.signal('SIGINT')
    await shell.sees(/<- 0\.01 \(REQ_GET\)[^]*\n\[Lwm2mCmd\] \$ $/)
    shell.type('exit')
    expect(await shell.ended).toBe(0)
  })

  describePeer('libcoap', libcoapPrograms, libcoapInstall, () => {
    test('are downloaded by libcoap', async () => {
      const { port } = await startFileServer()
      const download = async (name: string) => (await coapClient(`coap://127.0.0.1:${port}/${name}`)).payload
      expect(Buffer.compare(await download('Makefile'), makefile)).toBe(0)
      expect((await download('small')).toString()).toBe('abc')
      expect(await download('empty')).toHaveLength(0)
    })
  })

  describePeer('on a terminal', [pseudoTerminalProgram], 'apt-get install python3', () => {
    test('are written into a client while somebody watches', async () => {
      const image = patternBytes(1_000_000, 3)
      const directory = folder({ image })
      const port = await freePort()
      const command = [...lwm2m, 'shell', '--listen', `${port}`]
      const terminal = new PseudoTerminal(command, 80, { HOME: directory, NO_COLOR: '1' })
      onTestFinished(() => terminal.kill())
      await terminal.shows(`waiting for a client on port ${port} ...`)
      const client = new Lwm2mClient({
        endpoint: 'my_endpoint',
        servers: [{ uri: `coap://127.0.0.1:${port}`, shortServerId: 1 }],
        objects: [testObject],
      })
      onTestFinished(() => client.stop())
      client.objects.create(testObject, 0, {})
      client.start()
      await vi.waitFor(() => expect(terminal.text).toMatch(/\$$/), 20_000)
      terminal.type(`write_file ${directory}/image /3442/0/150\r`)
      const bar = /\nimage \[=+ +\] \d+ % of 1\.0 MB$/
      await vi.waitFor(() => expect(terminal.text.slice(-200)).toMatch(bar), { timeout: 20_000, interval: 5 })
      await vi.waitFor(() => expect(terminal.text).toMatch(/<- Changed \(no location path\)\n.* \$$/), 60_000)
      expect(Buffer.compare(client.objects.get('/3442/0/150') as Uint8Array, image)).toBe(0)
      terminal.type('exit\r')
      expect(await terminal.ended).toBe(0)
    })
  })
})
