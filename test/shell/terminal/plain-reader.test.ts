import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { parseScript } from '../../../shell/line/script.ts'
import type { KeySource } from '../../../shell/terminal/line-reader.ts'
import { openLineReader } from '../../../shell/terminal/open-line-reader.ts'
import { PlainReader } from '../../../shell/terminal/plain-reader.ts'
import { SimulatedClock } from '../../../transport/simulated-clock.ts'

function pipe() {
  const input: KeySource = new PassThrough()
  const written: string[] = []
  const output = new PassThrough({ encoding: 'utf8' }).on('data', (text: string) => written.push(text))
  const reader = openLineReader({ input, output, colors: false, clock: new SimulatedClock() })
  return { input: input as PassThrough, reader, text: () => written.join('') }
}

test('a pipe: prompts, no echo, the end', async () => {
  const { input, reader, text } = pipe()
  input.end('read /3\n\nlast')
  expect(reader.isInteractive).toBe(false)
  expect(await reader.question('$ ')).toBe('read /3')
  reader.print('-> Read /3')
  reader.progress('file').update(1, 2)
  expect(await reader.question('$ ')).toBe('')
  expect(await reader.question('')).toBe('last')
  expect(reader.lineNumber).toBe(3)
  expect(await reader.question('$ ')).toBeUndefined()
  expect(await reader.question('')).toBeUndefined()
  expect(text()).toBe('$ -> Read /3\n$ $ ')
})

test('a pipe is read as far as lines are asked for', async () => {
  const { input, reader } = pipe()
  const line = reader.question('')
  for (let count = 0; count < 100; count++) input.write('x'.repeat(999) + '\n')
  await line
  expect(input.readableLength + input.writableLength).toBeGreaterThan(50_000)
})

test('closing while a line is waited for', async () => {
  const { input, reader } = pipe()
  const line = reader.question('$ ')
  reader.close()
  expect(await line).toBeUndefined()
  expect(input.destroyed).toBe(true)
})

test('a script', async () => {
  const reader = new PlainReader(parseScript('# first\nread /3\n\nexit'), new PassThrough())
  expect(await reader.question('')).toBe('read /3')
  expect(reader.lineNumber).toBe(2)
  expect(await reader.question('')).toBe('exit')
  expect(await reader.question('')).toBeUndefined()
})

test('a closed script interrupts its command and ends', async () => {
  const reader = new PlainReader(parseScript('one\ntwo'), new PassThrough())
  await reader.question('')
  const work = reader.during(async signal => {
    reader.close()
    return signal.aborted
  })
  expect(await work).toBe(true)
  expect(await reader.question('')).toBeUndefined()
})

test('Ctrl-C ends the command that runs, once, and no other', async () => {
  const reader = new PlainReader(parseScript('one\ntwo'), new PassThrough())
  expect(reader.interrupt()).toBe(false)
  await reader.question('')
  const work = reader.during(async signal => {
    expect([reader.interrupt(), reader.interrupt()]).toEqual([true, false])
    return signal.aborted
  })
  expect(await work).toBe(true)
  expect((await reader.question(''))?.trim()).toBe('two')
})
