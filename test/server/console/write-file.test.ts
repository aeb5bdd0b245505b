import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { FileWriteProgress } from '../../../server/console/write-file.ts'
import { type Block, blockOption, findBlock } from '../../../transport/coap/block.ts'
import { Code } from '../../../transport/coap/message.ts'
import { findStrings, findUint, OptionNumber } from '../../../transport/coap/options.ts'
import type { Packet } from '../../../transport/coap/packet.ts'
import { patternBytes } from '../../helpers/coap-site.ts'
import { answer, consoleSite, host, register, type ScriptedClient } from '../../helpers/console-site.ts'

const folder = await mkdtemp(join(tmpdir(), 'console-'))
afterAll(() => rm(folder, { recursive: true }))

async function file(length: number): Promise<{ fileName: string; body: Buffer }> {
  const fileName = join(folder, `${length}.bin`)
  const body = patternBytes(length)
  await writeFile(fileName, body)
  return { fileName, body }
}

/** Answers blocks until one is the last, with what `respond` has changed. */
async function takeBlocks(
  peer: ScriptedClient,
  respond: (block: Block, count: number) => Partial<Packet> = () => ({}),
) {
  const blocks: { block: Block; payload: Buffer; token: string; request: Packet }[] = []
  for (;;) {
    // Files are read in real time.
    const request = await new Promise<Packet>((resolve, reject) => {
      const poll = (tries: number) =>
        peer.next(0).then(resolve, error => (tries > 2_000 ? reject(error) : setImmediate(poll, tries + 1)))
      void poll(0)
    })
    const block = findBlock(request, OptionNumber.block1, true)
    if (block === undefined || block === 'invalid') throw new Error('no block')
    blocks.push({
      block,
      payload: Buffer.from(request.payload),
      token: Buffer.from(request.token).toString('hex'),
      request,
    })
    const options = [blockOption(OptionNumber.block1, block)]
    const code = block.more ? Code.continue : Code.changed
    const response = { ...answer(request, '', { code, options }), ...respond(block, blocks.length) }
    peer.send(response)
    if (response.code !== Code.continue && !(response.code === Code.requestEntityTooLarge && blocks.length === 1)) {
      return blocks
    }
  }
}

describe('writing a file', () => {
  test.each([
    [16, 100],
    [64, 128],
    [1_024, 5_000],
    [1_024, 1_024],
    [512, 0],
  ])('in blocks of %i bytes: %i bytes', async (blockBytes, length) => {
    const { console, clock, registered } = consoleSite()
    const peer = await registered()
    const { fileName, body } = await file(length)
    const progress: FileWriteProgress[] = []
    const writing = console.writeFile({ fileName, path: '/5/0/0', blockBytes }, step => progress.push(step))
    const blocks = await takeBlocks(peer)
    await clock.advance(0)
    expect(await writing).toMatchObject({ writtenBytes: length, totalBytes: length, answer: { code: Code.changed } })
    expect(Buffer.concat(blocks.map(({ payload }) => payload))).toEqual(body)
    expect(blocks).toHaveLength(Math.max(1, Math.ceil(length / blockBytes)))
    expect(blocks.map(({ block }) => block.number)).toEqual(blocks.map((_, index) => index))
    expect(new Set(blocks.map(({ token }) => token)).size).toBe(blocks.length)
    expect(progress.at(-1)).toEqual({ writtenBytes: length, totalBytes: length })
    expect(progress).toHaveLength(blocks.length)
    const [first] = blocks
    expect([first?.request.code, findUint(first?.request as Packet, OptionNumber.contentFormat)]).toEqual([
      Code.put,
      42,
    ])
    expect(findStrings(first?.request as Packet, OptionNumber.uriPath)).toEqual(['5', '0', '0'])
  })

  test('the client that asks for smaller blocks gets them', async () => {
    const { console, clock, registered } = consoleSite()
    const peer = await registered()
    const { fileName, body } = await file(1_000)
    const writing = console.writeFile({ fileName, path: '/5/0/0', blockBytes: 256, contentFormat: 0 })
    const blocks = await takeBlocks(peer, (block, count) =>
      count === 1 ? { options: [blockOption(OptionNumber.block1, { ...block, bytes: 64 })] } : {},
    )
    await clock.advance(0)
    expect((await writing).writtenBytes).toBe(1_000)
    expect(blocks.slice(0, 3).map(({ block }) => [block.number, block.bytes])).toEqual([
      [0, 256],
      [4, 64],
      [5, 64],
    ])
    expect(Buffer.concat(blocks.map(({ payload }) => payload))).toEqual(body)
  })

  test('or with 4.13, from the beginning', async () => {
    const { console, clock, registered } = consoleSite()
    const peer = await registered()
    const { fileName, body } = await file(1_000)
    const writing = console.writeFile({ fileName, path: '/5/0/0' })
    const blocks = await takeBlocks(peer, (block, count) =>
      count === 1
        ? {
            code: Code.requestEntityTooLarge,
            options: [blockOption(OptionNumber.block1, { ...block, bytes: 128 })],
          }
        : {},
    )
    await clock.advance(0)
    expect((await writing).answer?.code).toBe(Code.changed)
    expect(blocks[1]?.block).toEqual({ number: 0, more: true, bytes: 128 })
    expect(Buffer.concat(blocks.slice(1).map(({ payload }) => payload))).toEqual(body)
  })

  test('ends with the first answer that is another one', async () => {
    const { console, clock, registered } = consoleSite()
    const peer = await registered()
    const { fileName } = await file(1_000)
    const writing = console.writeFile({ fileName, path: '/5/0/0', blockBytes: 64 })
    await takeBlocks(peer, (_, count) => (count === 3 ? { code: Code.notFound } : {}))
    await clock.advance(0)
    expect(await writing).toMatchObject({ writtenBytes: 128, totalBytes: 1_000, answer: { code: Code.notFound } })
  })

  test('or with none', async () => {
    const { console, clock, registered, told } = consoleSite()
    await registered()
    const { fileName } = await file(100)
    const writing = console.writeFile({ fileName, path: '/5/0/0', timeoutMs: 700 })
    while (told().length === 0) await new Promise(resolve => setImmediate(resolve))
    await clock.advance(699)
    expect(told()).toEqual([])
    await clock.advance(1)
    expect(told()).toEqual(['unanswered'])
    expect(await writing).toEqual({ writtenBytes: 0, totalBytes: 100, answer: undefined })
  })

  test('is given up', async () => {
    const { console, registered, told } = consoleSite()
    await registered()
    const { fileName } = await file(100)
    const controller = new AbortController()
    const writing = console.writeFile({ fileName, path: '/5/0/0' }, undefined, controller.signal)
    while (told().length === 0) await new Promise(resolve => setImmediate(resolve))
    controller.abort()
    await expect(writing).rejects.toThrow('interrupted')
  })

  test.each([0, 8, 15, 100, 1_025, 4_096, -16, 16.5, Number.NaN])('not in blocks of %d bytes', async blockBytes => {
    const { console, registered, told } = consoleSite()
    await registered()
    const writing = console.writeFile({ fileName: 'x', path: '/5/0/0', blockBytes })
    await expect(writing).rejects.toThrow(/^invalid arguments: blocks have 16, .*, not/)
    expect(told()).toEqual([])
  })

  test('of 2,048 bytes over streams alone', async () => {
    const { console, clock, registered, streamClient } = consoleSite()
    await registered()
    const { fileName, body } = await file(5_000)
    const request = { fileName, path: '/5/0/0', blockBytes: 2_048 }
    await expect(console.writeFile(request)).rejects.toThrow('over TCP 2048')
    const listening = console.listen({ host, transport: 'tcp' })
    await clock.advance(0)
    const peer = await streamClient()
    peer.send(register)
    await clock.until(listening)
    await peer.codes()
    const writing = console.writeFile(request)
    const blocks = await takeBlocks(peer)
    await clock.advance(0)
    expect((await writing).answer?.code).toBe(Code.changed)
    expect(blocks.map(({ block, payload }) => [block.number, payload.length])).toEqual([
      [0, 2_048],
      [2, 2_048],
      [4, 904],
    ])
    expect(Buffer.concat(blocks.map(({ payload }) => payload))).toEqual(body)
  })

  test('that is none', async () => {
    const { console, registered, told } = consoleSite()
    await registered()
    const missing = join(folder, 'missing')
    await expect(console.writeFile({ fileName: missing, path: '/5/0/0' })).rejects.toThrow(
      `[Errno 2] No such file or directory: '${missing}'`,
    )
    await expect(console.writeFile({ fileName: folder, path: '/5/0/0' })).rejects.toThrow(`no file: '${folder}'`)
    expect(told()).toEqual([])
  })

  test('to nobody', async () => {
    await expect(consoleSite().console.writeFile({ fileName: 'x', path: '/5' })).rejects.toThrow('not connected')
  })

  test('to a place that is none', async () => {
    const { console, registered } = consoleSite()
    await registered()
    const { fileName } = await file(10)
    await expect(console.writeFile({ fileName, path: '5/0' })).rejects.toMatchObject({ code: 'CONSOLE' })
  })
})
