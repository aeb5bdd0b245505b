import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import * as fc from 'fast-check'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { type FileProgress, FileServer, type FileServerOptions } from '../../server/file-server.ts'
import { blockOption, findBlock } from '../../transport/coap/block.ts'
import { type CoapOption, Code, MessageType, noPayload } from '../../transport/coap/message.ts'
import { findOption, findUint, OptionNumber, stringOption, uintOption } from '../../transport/coap/options.ts'
import type { Packet } from '../../transport/coap/packet.ts'
import { PacketSession } from '../../transport/coap/packets.ts'
import type { Connection } from '../../transport/connection.ts'
import { connectDtls } from '../../transport/dtls/connect.ts'
import { psk } from '../../transport/dtls/credentials.ts'
import { patternBytes } from '../helpers/coap-site.ts'
import { emptyPacket, packet, packetOf } from '../helpers/console-site.ts'
import { simulatedWorld } from '../helpers/simulated-world.ts'

const outer = await mkdtemp(join(tmpdir(), 'files-'))
const folder = join(outer, 'served')
await mkdir(join(folder, 'sub'), { recursive: true })
const body = patternBytes(5_000)
/** Its CRC-32 begins with a zero digit. */
const oddly = Buffer.from('33')
await writeFile(join(folder, 'large.bin'), body)
await writeFile(join(folder, 'small'), 'hello')
await writeFile(join(folder, 'sub', 'oddly'), oddly)
await writeFile(join(folder, 'empty'), '')
await writeFile(join(outer, 'secret'), 'secret')
await symlink(join(outer, 'secret'), join(folder, 'out'))
await symlink(outer, join(folder, 'up'))
await symlink('small', join(folder, 'in'))
await symlink('nothing', join(folder, 'dangling'))
afterAll(() => rm(outer, { recursive: true }))

const host = '10.0.0.2'

async function site(options: FileServerOptions = {}) {
  const { clock, random, network } = simulatedWorld()
  const told: string[] = []
  const progress: FileProgress[] = []
  const failures: unknown[] = []
  const server = await FileServer.listen(
    { folder, host, port: 9_000, clock, random, network, ...options },
    {
      received: ({ code }, { port }) => told.push(`<- ${code} ${port}`),
      sent: ({ code }, { port }) => told.push(`-> ${code} ${port}`),
      progress: step => progress.push(step),
      failed: error => failures.push(error),
    },
  )
  onTestFinished(async () => {
    await server.close()
    network.clear()
  })
  const remote = { host, port: 9_000 }
  const plain = await network.connect(remote)
  const client = (connection: Connection = plain) => {
    const packets = new PacketSession(connection, { clock })
    /** Undefined: no answer. Files are read in real time. */
    const ask = async (request: Packet, turns = 20_000): Promise<Packet | undefined> => {
      packets.send(request)
      for (let turn = 0; turn < turns; turn++) {
        await clock.advance(0)
        const received = await clock.until(packets.receive(0)).catch(() => undefined)
        if (received !== undefined) return packetOf(received)
      }
      return undefined
    }
    return { packets, ask }
  }
  return { clock, random, network, server, told, progress, failures, remote, client }
}

function get(path: string, ...options: readonly CoapOption[]): Packet {
  const segments = path.split('/').map(segment => stringOption(OptionNumber.uriPath, segment))
  return packet({ options: [...segments, ...options].toSorted((a, b) => a.number - b.number) })
}

const block2 = (number: number, bytes: number) => blockOption(OptionNumber.block2, { number, more: false, bytes })

describe('a file', () => {
  test.each([undefined, 16, 256, 1_024])('in blocks of %j bytes', async bytes => {
    const { client, told, progress } = await site()
    const { ask } = client()
    const parts: Uint8Array[] = []
    const tags = new Set<string>()
    const size = bytes ?? 1_024
    for (let number = 0; ; number++) {
      const asked = number === 0 && bytes === undefined ? [] : [block2(number, size)]
      const response = (await ask(get('large.bin', ...asked))) as Packet
      expect([response.type, response.code]).toEqual([MessageType.acknowledgement, Code.content])
      expect(findBlock(response, OptionNumber.block2)).toEqual({
        number,
        more: (number + 1) * size < body.length,
        bytes: size,
      })
      expect(findUint(response, OptionNumber.size2)).toBe(number === 0 ? body.length : undefined)
      tags.add(Buffer.from(findOption(response, OptionNumber.eTag) ?? noPayload).toString('hex'))
      parts.push(response.payload)
      if ((number + 1) * size >= body.length) break
    }
    expect(Buffer.concat(parts)).toEqual(body)
    expect([...tags]).toEqual([crc32(body).toString(16).padStart(8, '0')])
    expect(told.slice(0, 2)).toEqual(['<- 1 49152', '-> 69 49152'])
    expect(progress.at(-1)).toEqual({
      client: { host: '10.0.0.1', port: 49_152 },
      path: '/large.bin',
      sentBytes: body.length,
      totalBytes: body.length,
    })
  })

  test('a later block with the size of the whole, where that is asked for (RFC 7959 §4)', async () => {
    const { client } = await site()
    const asking = get('large.bin', block2(1, 16), uintOption(OptionNumber.size2, 0))
    expect(findUint((await client().ask(asking)) as Packet, OptionNumber.size2)).toBe(body.length)
  })

  test.each([
    ['small', 'hello'],
    ['in', 'hello'],
    ['empty', ''],
    ['sub/oddly', oddly.toString()],
  ])('that fits: %s', async (path, text) => {
    const { client } = await site()
    const response = (await client().ask(get(path))) as Packet
    expect([response.code, Buffer.from(response.payload).toString()]).toEqual([Code.content, text])
    expect(findOption(response, OptionNumber.block2)).toBeUndefined()
    expect(findOption(response, OptionNumber.eTag)).toEqual(
      Buffer.from(crc32(text).toString(16).padStart(8, '0'), 'hex'),
    )
  })

  test('whose block is asked for says so, be it the only one', async () => {
    const { client } = await site()
    const { ask } = client()
    const response = (await ask(get('empty', block2(0, 64)))) as Packet
    expect(findBlock(response, OptionNumber.block2)).toEqual({ number: 0, more: false, bytes: 64 })
  })

  test('that has changed has another tag', async () => {
    const { client } = await site()
    const { ask } = client()
    await writeFile(join(folder, 'changing'), 'one')
    const before = (await ask(get('changing'))) as Packet
    await writeFile(join(folder, 'changing'), 'three')
    const after = (await ask(get('changing'))) as Packet
    expect(findOption(after, OptionNumber.eTag)).not.toEqual(findOption(before, OptionNumber.eTag))
  })
})

describe('refused', () => {
  test.each([
    ['a missing file', get('missing'), Code.notFound],
    ['a folder', get('sub'), Code.notFound],
    ['the folder itself', packet(), Code.notFound],
    ['a link to nothing', get('dangling'), Code.notFound],
    ['a name below a file', get('small/x'), Code.notFound],
    ['a name too long', get('x'.repeat(255)), Code.notFound],
    ['the way up', get('../secret'), Code.forbidden],
    ['the way up and down', get('../served/small'), Code.forbidden],
    ['a slash in a name', packet({ options: [stringOption(OptionNumber.uriPath, '../secret')] }), Code.forbidden],
    ['a zero in a name', packet({ options: [stringOption(OptionNumber.uriPath, 'small\0')] }), Code.forbidden],
    ['a link out', get('out'), Code.forbidden],
    ['a folder that is a link out', get('up/secret'), Code.forbidden],
    ['a block beyond the end', get('small', block2(1, 16)), Code.badRequest],
    ['a block of reserved size', get('small', uintOption(OptionNumber.block2, 7)), Code.badRequest],
    ['another format', get('small', uintOption(OptionNumber.accept, 112)), Code.notAcceptable],
    ['an unknown option', get('small', { number: 9, value: Buffer.from('x') }), Code.badOption],
    ['a PUT', { ...get('small'), code: Code.put }, Code.methodNotAllowed],
  ])('%s', async (_, request, code) => {
    const { client, failures } = await site()
    expect((await client().ask(request))?.code).toBe(code)
    expect(failures).toEqual([])
  })

  test('a folder that is none', async () => {
    await expect(FileServer.listen({ ...simulatedWorld(), folder: join(outer, 'no') })).rejects.toThrow('ENOENT')
    await expect(FileServer.listen({ ...simulatedWorld(), folder: join(outer, 'secret') })).rejects.toThrow(RangeError)
  })
})

test('a request that needs no acknowledgement gets a response that needs none', async () => {
  const { client } = await site()
  const { ask } = client()
  const response = await ask({ ...get('small'), type: MessageType.nonConfirmable })
  expect([response?.type, response?.token]).toEqual([MessageType.nonConfirmable, Buffer.from('tt')])
})

test('a Ping is answered with a Reset, an acknowledgement with nothing', async () => {
  const { client, told } = await site()
  const { ask } = client()
  expect(await ask(emptyPacket(MessageType.acknowledgement, 5), 50)).toBeUndefined()
  expect(told).toEqual([])
  expect(await ask(emptyPacket(MessageType.confirmable, 5))).toMatchObject({ type: MessageType.reset, messageId: 5 })
})

test('over DTLS; a handshake that fails ends nothing', async () => {
  const security = { psk: { user: Buffer.from('password') } }
  const { clock, random, network, client, failures, remote } = await site({ security })
  const secured = async (key: string) => {
    const credentials = psk('user', Buffer.from(key))
    return clock.until(connectDtls(await network.connect(remote), { clock, random, credentials }))
  }
  await expect(secured('guessed')).rejects.toMatchObject({ code: expect.any(String) })
  expect(failures).toHaveLength(1)
  const { ask } = client(await secured('password'))
  expect(Buffer.from((await ask(get('small')))?.payload ?? []).toString()).toBe('hello')
  expect((await ask(get('large.bin', block2(4, 1_024))))?.payload).toHaveLength(904)
})

test('closed, it answers nobody', async () => {
  const { client, server } = await site()
  expect([server.folder, server.local]).toEqual([folder, { host, port: 9_000 }])
  await server.close()
  await server.close()
  expect(server.local).toBeUndefined()
  expect(await client().ask(get('small'), 50)).toBeUndefined()
})

test('hostile datagrams break nothing, and no path leads out', async () => {
  const { client, remote, network, failures } = await site()
  const names = ['..', '.', '', 'up', 'out', 'secret', 'sub', 'small', '../secret', '%2e%2e', '\\..\\secret', '\0']
  const hostile = await network.connect(remote)
  const answers: Buffer[] = []
  hostile.receive({ datagram: bytes => answers.push(bytes), failed: () => {} })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...names), { maxLength: 5 }),
      fc.uint8Array({ maxLength: 60 }),
      fc.uint8Array({ maxLength: 3 }),
      async (segments, garbage, block) => {
        hostile.send(garbage)
        const options = segments.map(segment => stringOption(OptionNumber.uriPath, segment))
        const { packets, ask } = client(await network.connect(remote))
        const answer = await ask(packet({ options: [...options, { number: OptionNumber.block2, value: block }] }))
        answers.push(Buffer.from(answer?.payload ?? []))
        packets.close()
      },
    ),
    { seed: 5, numRuns: 300 },
  )
  expect(Buffer.concat(answers).includes('secret')).toBe(false)
  expect(failures).toEqual([])
  expect((await client().ask(get('small')))?.code).toBe(Code.content)
})
