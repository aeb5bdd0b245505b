import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Lwm2mClient } from '../../../client/client.ts'
import { defineObject } from '../../../objects/definition.ts'
import { Code } from '../../../transport/coap/message.ts'
import { OptionNumber, pathOptions } from '../../../transport/coap/options.ts'
import { CoapPeer } from '../../../transport/coap/peer.ts'
import { notFound } from '../../helpers/coap-site.ts'
import { simulatedWorld } from '../../helpers/simulated-world.ts'
import { answersTo, standStill, startShell, withoutNumbers } from '../../helpers/testing-shell.ts'

/** A folder that is there for one test. */
function folder(files: Readonly<Record<string, Uint8Array>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'lwm2m-files-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  mkdirSync(join(directory, 'served'))
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(directory, name), bytes)
  return directory
}

const firmware = defineObject({
  id: 5,
  name: 'Firmware Update',
  version: '1.0',
  multiple: false,
  mandatory: false,
  resources: { package: { id: 0, type: 'opaque', operations: 'W' } },
})

test('a file is written into a device in blocks', async () => {
  const world = simulatedWorld()
  const client = new Lwm2mClient({
    ...world,
    endpoint: 'my_endpoint',
    servers: [{ uri: 'coap://0.0.0.0:9000', shortServerId: 1 }],
    objects: [firmware],
  })
  const instance = client.objects.create(firmware, 0, {})
  client.start()
  const image = world.random.bytes(1_000_000)
  const directory = folder({ image, small: Buffer.from('abcdefghijklmnopqrs') })
  const shell = startShell(
    world,
    [
      `write_file ${directory}/image /5/0/0`,
      `write_file ${directory}/small /6/0/0 chunksize=16`,
      `write_file ${directory}/small /5/0/0 chunksize=100`,
      `write_file ${directory}/none /5/0/0`,
      `write_file ${directory} /5/0/0`,
    ],
    ['-l', '9000'],
  )
  await standStill(world, shell.exitCode)
  expect(Buffer.compare(instance.get('package') as Uint8Array, image)).toBe(0)
  const [whole = '', ...others] = answersTo(withoutNumbers(shell.output)).map(answer => answer.split('\n'))
  expect(whole).toHaveLength(2 * 977)
  expect(whole.slice(-4)).toEqual([
    '-> Write /5/0/0: APPLICATION_OCTET_STREAM, 1024 bytes',
    '<- Continue, msg_id = 5895, token = …',
    '-> Write /5/0/0: APPLICATION_OCTET_STREAM, 576 bytes',
    '<- Changed (no location path)',
  ])
  const hint = ' (try "get_error" for details)'
  expect(others).toEqual([
    [
      '-> Write /6/0/0: APPLICATION_OCTET_STREAM, 16 bytes',
      '<- Continue, msg_id = 5897, token = …',
      '-> Write /6/0/0: APPLICATION_OCTET_STREAM, 3 bytes',
      '<- 4.04 (RES_NOT_FOUND): there is no /6',
    ],
    [`invalid arguments: blocks have 16, 32, 64, 128, 256, 512 or 1024 bytes, not 100${hint}`],
    [`[Errno 2] No such file or directory: '${directory}/none'${hint}`],
    [`no file: '${directory}'${hint}`],
  ])
})

test('files are served until Ctrl-C', async () => {
  const world = simulatedWorld()
  const large = world.random.bytes(3_000)
  const directory = folder({
    'served/small': Buffer.from('abc'),
    'served/empty': Buffer.alloc(0),
    'served/large': large,
    secret: large,
  })
  const shell = startShell(world, [`file_server ${directory}/served 9000`])
  while (!shell.output.includes('CTRL-C')) await world.clock.advance(0)
  const peer = new CoapPeer(await world.network.connect({ host: '0.0.0.0', port: 9000 }), {
    ...world,
    handler: notFound,
  })
  const get = async (...path: string[]) => {
    const options = pathOptions(OptionNumber.uriPath, path)
    const { response } = peer.request({ code: Code.get, options, payload: Buffer.alloc(0) })
    return standStill(world, response)
  }
  expect((await get('small')).payload.toString()).toBe('abc')
  expect((await get('empty')).payload).toHaveLength(0)
  expect(Buffer.compare((await get('large')).payload, large)).toBe(0)
  expect((await get('none')).code).toBe(Code.notFound)
  expect((await get('..', 'secret')).code).toBe(Code.forbidden)
  shell.interrupt()
  expect(await standStill(world, shell.exitCode)).toBe(0)
  const request = '<- 0.01 (REQ_GET), CONFIRMABLE, id=…, token=…'
  const response = (code: string) => `-> ${code}, ACKNOWLEDGEMENT, id=…, token=…`
  const block = (number: number, more: number) =>
    `, coap.Option.BLOCK2(seq_num=${number}, has_more=${more}, block_size=1024)`
  expect(
    withoutNumbers(shell.output)
      .replaceAll(/id=\d+/g, 'id=…')
      .split('\n'),
  ).toEqual([
    `[Lwm2mCmd] $ file_server ${directory}/served 9000`,
    '* exact: file_server',
    `Serving directory ${directory}/served on port 9000...`,
    'Press CTRL-C to stop',
    request,
    response('2.05 (RES_CONTENT)'),
    request,
    response('2.05 (RES_CONTENT)'),
    request,
    response('2.05 (RES_CONTENT)') + block(0, 1),
    request + block(1, 0),
    response('2.05 (RES_CONTENT)') + block(1, 1),
    request + block(2, 0),
    response('2.05 (RES_CONTENT)') + block(2, 0),
    request,
    response('4.04 (RES_NOT_FOUND)'),
    request,
    response('4.03 (RES_FORBIDDEN)'),
    '[Lwm2mCmd] $ ',
  ])
})
