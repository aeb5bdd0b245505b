import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, describe, expect, test } from 'vitest'
import { Code } from '../../transport/coap/message.ts'
import type { SimulatedClock } from '../../transport/simulated-clock.ts'
import { answer, downloadSite, host } from '../helpers/download-site.ts'
import { key } from '../helpers/secure-site.ts'
import { startCommand } from '../helpers/terminal.ts'
import { Window } from './terminal/fake-terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'lwm2m-get-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const freshName = () => join(folder, `firmware-${files++}.bin`)

const uri = `coap://${host}/firmware.bin`

/** Files are written in real time. */
async function ended<T>(clock: SimulatedClock, promise: Promise<T>, stepMs = 0): Promise<T> {
  const watch = { isOver: false }
  void promise.finally(() => {
    watch.isOver = true
  })
  while (!watch.isOver) await clock.advance(stepMs)
  return promise
}

async function getSite(delayMs = 0) {
  const site = await downloadSite({ conditions: { delayMs: [delayMs, delayMs] } })
  const { clock, random, settings } = site
  const start = (command: string, output: PassThrough | Window = new PassThrough()) =>
    startCommand({ clock, random, network: settings.network }, `get ${command}`, { output })
  /** To its end. */
  const get = async (command: string, output = new PassThrough()) => {
    const parts: Buffer[] = []
    output.on('data', (bytes: Buffer) => parts.push(bytes))
    const { exitCode, lines, errors } = start(command, output)
    return { exitCode: await ended(clock, exitCode), lines, errors, output: Buffer.concat(parts) }
  }
  return { ...site, start, get }
}

const silent = { exitCode: 0, lines: [], errors: [] }

test('to the standard output: all of it, and nothing else', async () => {
  const { get, file } = await getSite()
  const { output, ...rest } = await get(uri)
  expect(rest).toEqual(silent)
  expect(Buffer.compare(output, file.body)).toBe(0)
})

test('into a file', async () => {
  const { get, file } = await getSite()
  const name = freshName()
  writeFileSync(name, 'what was there before')
  expect(await get(`${uri} --output ${name}`)).toEqual({ ...silent, output: Buffer.alloc(0) })
  expect(Buffer.compare(readFileSync(name), file.body)).toBe(0)
  expect(readdirSync(folder).filter(other => other.includes('.part'))).toEqual([])
})

test('with a pre-shared key, of DTLS', async () => {
  const { get, file } = await getSite()
  const { output, errors } = await get(
    `coaps://${host}/f --psk-identity device-1 --psk-key ${key.toString('hex')} --cid`,
  )
  expect(errors).toEqual([])
  expect(Buffer.compare(output, file.body)).toBe(0)
})

describe('--continue', () => {
  /** A download that Ctrl-C ends in the middle. */
  async function interrupted() {
    const site = await getSite(10)
    const name = freshName()
    const { exitCode, interrupt, errors } = site.start(`${uri} --output ${name}`)
    while (!existsSync(`${name}.part`) || statSync(`${name}.part`).size < 2_048) await site.clock.advance(1)
    interrupt()
    expect(await ended(site.clock, exitCode, 1)).toBe(1)
    const kept = statSync(`${name}.part`).size
    expect(errors).toEqual([`error: the download was cancelled; --continue goes on after ${kept} bytes`])
    expect(existsSync(name)).toBe(false)
    const again = (command = `${uri} --output ${name} --continue`) => {
      site.asked.length = 0
      const { exitCode: code, errors: faults } = site.start(command)
      return ended(site.clock, code, 1).then(exit => [exit, faults])
    }
    return { ...site, name, again }
  }

  test('goes on where an earlier download was', async () => {
    const { again, name, file, clock, asked } = await interrupted()
    // The server keeps what it has begun to send.
    await clock.advance(300_000)
    expect(await again()).toEqual([0, []])
    expect(Buffer.compare(readFileSync(name), file.body)).toBe(0)
    expect(asked[0]?.options.some(({ number }) => number === 23)).toBe(true)
    expect(existsSync(`${name}.part.json`)).toBe(false)
  })

  test('a server that is gone meanwhile: what is there stays', async () => {
    const { again, name, script, clock } = await interrupted()
    await clock.advance(300_000)
    script.before = () => answer(Code.notFound)
    const kept = statSync(`${name}.part`).size
    expect(await again()).toEqual([
      1,
      [`error: the server answers 4.04 Not Found; --continue goes on after ${kept} bytes`],
    ])
    expect(statSync(`${name}.part`).size).toBe(kept)
  })

  test.each(['another URI', 'without', 'no note', 'a note that is none'])('starts over: %s', async what => {
    const { again, name, file, clock, asked } = await interrupted()
    await clock.advance(300_000)
    if (what === 'no note') rmSync(`${name}.part.json`)
    if (what === 'a note that is none') writeFileSync(`${name}.part.json`, '{"uri":1}')
    const other = what === 'another URI' ? '?other' : ''
    const flag = what === 'without' ? '' : '--continue'
    expect(await again(`${uri}${other} --output ${name} ${flag}`)).toEqual([0, []])
    expect(Buffer.compare(readFileSync(name), file.body)).toBe(0)
    expect(asked[0]?.options.some(({ number }) => number === 23)).toBe(false)
  })
})

describe('on a terminal', () => {
  test('a bar, which is gone in the end', async () => {
    const { start, clock } = await getSite(10)
    const window = new Window(60)
    const name = freshName()
    const { exitCode } = start(`${uri} --output ${name}`, window)
    while (!window.screen.text.includes('81 %')) await clock.advance(1)
    expect(window.screen.text).toMatch(/^firmware-\d+\.bin \[=+ +\] 81 % of 5\.0 kB$/)
    expect(await ended(clock, exitCode, 1)).toBe(0)
    expect(window.screen.text).toBe('')
  })

  test('text, that does not command it', async () => {
    const { start, clock, file } = await getSite()
    file.body = Buffer.from('</1/0>;é\t\u001b[2J\n\u202eend')
    const window = new Window(80)
    expect(await ended(clock, start(uri, window).exitCode)).toBe(0)
    expect(window.screen.text).toContain(String.raw`\x1b[2J`)
    expect(window.screen.text).toContain(String.raw`\u{202e}end`)
  })
})

describe('in one line', () => {
  test.each([
    [
      'ftp://10.0.0.2/f',
      'error: nothing is downloaded by ftp; there are coap, coaps, coap+tcp, coaps+tcp, http, https',
    ],
    ['firmware.bin', 'error: the URI of the resource is none: the scheme is missing'],
    [`${uri} --continue`, 'error: --continue needs --output'],
    [`coaps://${host}/f`, 'error: coaps:// needs --psk-identity, --cert or --rpk-key'],
    [`${uri} --psk-identity a --psk-key 00`, 'error: credentials need a URI of coaps:// or coaps+tcp://'],
    ['https://localhost/f --psk-identity a --psk-key 00', 'error: https:// takes --ca only'],
    [`${uri} --output ${folder}`, `error: ${folder}: is a directory`],
    [`${uri} --output ${folder}/missing/f`, `error: ${folder}/missing/f: no such file or directory`],
    [`${uri} --output /dev/null`, 'error: /dev/null: is no regular file'],
  ])('%s', async (command, line) => {
    const { get } = await getSite()
    expect(await get(command)).toEqual({ exitCode: 1, lines: [], errors: [line], output: Buffer.alloc(0) })
  })

  test('each attempt that fails', async () => {
    const { get, script, start, clock } = await getSite()
    script.before = () => answer(Code.serviceUnavailable)
    const { exitCode, errors } = start(`${uri} --attempts 1`)
    expect(await clock.until(exitCode)).toBe(1)
    const failure = 'the server answers 5.03 Service Unavailable'
    expect(errors).toEqual([`warning: ${failure}; the next attempt is in 2 s`, `error: ${failure}`])
    expect((await get(`${uri} --attempts 0`)).errors).toEqual([`error: ${failure}`])
  })

  test('what the server answers; the file that was there before stays', async () => {
    const { get, script } = await getSite()
    script.before = () => answer(Code.notFound)
    const name = freshName()
    writeFileSync(name, 'before')
    const { exitCode, errors } = await get(`${uri} --output ${name}`)
    expect([exitCode, errors]).toEqual([1, ['error: the server answers 4.04 Not Found']])
    expect(readFileSync(name, 'utf8')).toBe('before')
    expect(existsSync(`${name}.part`)).toBe(false)
  })
})
