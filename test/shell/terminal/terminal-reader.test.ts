import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { CommandLine } from '../../../shell/line/command-line.ts'
import { testingCommands } from '../line/testing-commands.ts'
import { fakeTerminal } from './fake-terminal.ts'

const enter = '\r'
const tab = '\t'
const up = '\u001B[A'
const left = '\u001B[D'
const ctrlA = '\u0001'
const ctrlC = '\u0003'
const ctrlD = '\u0004'

// The editor looks there whether the cursor can be moved.
beforeAll(() => void vi.stubEnv('TERM', 'xterm'))
afterAll(() => void vi.unstubAllEnvs())

function temporaryFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'lwm2m-history-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return join(directory, 'history')
}

describe('typing', () => {
  test('a line, and a mistake mended in it', async () => {
    const { reader, screen, type } = fakeTerminal()
    const line = reader.question('$ ')
    await type(`red${left}a${enter}`)
    expect(await line).toBe('read')
    expect(screen.text).toBe('$ read')
    expect(reader.lineNumber).toBe(1)
  })

  test('what is pasted goes line by line, each at its prompt', async () => {
    const { reader, screen, type } = fakeTerminal()
    const first = reader.question('$ ')
    await type('one\r\ntwo\nthree')
    expect(await first).toBe('one')
    reader.print('done')
    expect(await reader.question('$ ')).toBe('two')
    void reader.question('$ ')
    await type('')
    expect(screen.text).toBe('$ one\ndone\n$ two\n$ three')
  })

  test('what is pasted into a line goes where the cursor is', async () => {
    const { reader, screen, type } = fakeTerminal()
    const line = reader.question('$ ')
    await type(`ab${left}short `)
    await type(`${'x'.repeat(100_000)}${enter}`)
    expect(await line).toBe(`ashort ${'x'.repeat(100_000)}b`)
    expect(screen.text.startsWith('$ ashort xxx')).toBe(true)
  })

  test('what is typed while a command runs waits', async () => {
    const { reader, screen, type } = fakeTerminal()
    await type(`read /3${enter}`)
    expect(screen.text).toBe('')
    expect(await reader.question('$ ')).toBe('read /3')
  })

  test('a line longer than the window', async () => {
    const { reader, screen, type } = fakeTerminal(10)
    const line = reader.question('$ ')
    await type('0123456789abcdef')
    expect(screen.text).toBe('$ 01234567\n89abcdef')
    await type(enter)
    expect(await line).toBe('0123456789abcdef')
  })

  test('the terminal is given back', () => {
    const { reader, keys } = fakeTerminal()
    expect(keys.isRaw).toBe(true)
    reader.close()
    expect(keys.isRaw).toBe(false)
  })
})

describe('printing while somebody types', () => {
  test('goes above the prompt', async () => {
    const { reader, screen, type } = fakeTerminal()
    void reader.question('$ ')
    await type(`read${left}`)
    reader.print('an event')
    expect(screen.text).toBe('an event\n$ read')
    expect(screen.cursor).toEqual([1, 5])
  })

  test('above all rows of a long line', async () => {
    const { reader, screen, type } = fakeTerminal(10)
    const line = reader.question('$ ')
    await type('0123456789abcdefghij')
    reader.print('one')
    reader.print('two\nthree')
    expect(screen.text).toBe('one\ntwo\nthree\n$ 01234567\n89abcdefgh\nij')
    await type(`${ctrlA}x${enter}`)
    expect(await line).toBe('x0123456789abcdefghij')
  })
})

describe('Ctrl-C', () => {
  test('clears the line', async () => {
    const { reader, screen, type } = fakeTerminal()
    const line = reader.question('$ ')
    await type(`wrong${left}${ctrlC}right${enter}`)
    expect(await line).toBe('right')
    expect(screen.text).toBe('$ right')
  })

  test('twice on an empty line tells how to leave', async () => {
    const { reader, screen, clock, type } = fakeTerminal()
    void reader.question('$ ')
    await type(ctrlC)
    clock.advanceSync(2500)
    await type(ctrlC)
    expect(screen.text).toBe('$')
    clock.advanceSync(1500)
    await type(ctrlC)
    expect(screen.text).toBe('Ctrl-D or "exit" leaves\n$')
  })

  test('ends the command that runs and takes away what was typed before it', async () => {
    const { reader, screen, type } = fakeTerminal()
    const work = reader.during(
      signal => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    )
    const ended = expect(work).rejects.toMatchObject({ code: 'CONSOLE', message: 'interrupted' })
    await type(`typed ahead${ctrlC}`)
    await ended
    const line = reader.question('$ ')
    await type(`next${enter}`)
    expect(await line).toBe('next')
    expect(screen.text).toBe('$ next')
  })

  test('ends the command inside a shell inside a command, not the outer one', async () => {
    const { reader, type } = fakeTerminal()
    const aborted: string[] = []
    const noted = (name: string) => (signal: AbortSignal) =>
      new Promise<void>(resolve => {
        signal.addEventListener('abort', () => {
          aborted.push(name)
          resolve()
        })
      })
    await reader.during(async outer => {
      void noted('outer')(outer)
      const inner = reader.during(noted('inner'))
      await type(ctrlC)
      await inner
    })
    expect(aborted).toEqual(['inner'])
  })
})

describe('Ctrl-D', () => {
  test('ends one shell, and the next can ask', async () => {
    const { reader, screen, type } = fakeTerminal()
    const inner = reader.question('inner $ ')
    await type(ctrlD)
    expect(await inner).toBeUndefined()
    const outer = reader.question('outer $ ')
    await type(`exit${enter}`)
    expect(await outer).toBe('exit')
    expect(screen.text).toBe('inner $\nouter $ exit')
  })

  test('what is typed right after it is for the next shell', async () => {
    const { reader, type } = fakeTerminal()
    const inner = reader.question('inner $ ')
    await type(`${ctrlD}exit${enter}`)
    expect(await inner).toBeUndefined()
    expect(await reader.question('outer $ ')).toBe('exit')
  })

  test('on a line with text does not', async () => {
    const { reader, type } = fakeTerminal()
    const line = reader.question('$ ')
    await type(`ab${ctrlA}${ctrlD}${enter}`)
    expect(await line).toBe('b')
  })
})

test('the end of the terminal ends every question', async () => {
  const { reader, keys } = fakeTerminal()
  const line = reader.question('$ ')
  keys.end()
  expect(await line).toBeUndefined()
  expect(await reader.question('$ ')).toBeUndefined()
})

test('closing ends a question and the command that runs', async () => {
  const { reader } = fakeTerminal()
  const line = reader.question('$ ')
  const work = reader.during(async signal => signal)
  reader.close()
  expect(await line).toBeUndefined()
  expect((await work).aborted).toBe(true)
  expect(await reader.question('$ ')).toBeUndefined()
})

describe('history', () => {
  test('comes back the next time, without secrets, blank and doubled lines', async () => {
    const historyFile = temporaryFile()
    const holdsSecret = (line: string) => line.includes('key')
    const { reader, type } = fakeTerminal(80, { historyFile, holdsSecret })
    for (const line of ['read /3', 'read /3', ' ', 'listen psk_key=secret', 'details']) {
      const asked = reader.question('$ ')
      await type(line + enter)
      await asked
    }
    reader.close()
    expect(readFileSync(historyFile, 'utf8')).toBe('read /3\ndetails\n')
    expect(statSync(historyFile).mode & 0o777).toBe(0o600)

    const next = fakeTerminal(80, { historyFile, holdsSecret })
    const line = next.reader.question('$ ')
    await next.type(up + up + enter)
    expect(await line).toBe('read /3')
  })

  test('is cut to a thousand lines, and others cannot read it', () => {
    const historyFile = temporaryFile()
    writeFileSync(historyFile, Array.from({ length: 1500 }, (_, index) => `line ${index}\n`).join(''), { mode: 0o644 })
    fakeTerminal(80, { historyFile }).reader.close()
    const kept = readFileSync(historyFile, 'utf8').trimEnd().split('\n')
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([1000, 'line 500', 'line 1499'])
    expect(statSync(historyFile).mode & 0o777).toBe(0o600)
  })

  test('a folder is no history', async () => {
    const { reader, type } = fakeTerminal(80, { historyFile: tmpdir() })
    const first = reader.question('$ ')
    await type(`read /3${enter}`)
    await first
    const line = reader.question('$ ')
    await type(up + enter)
    expect(await line).toBe('read /3')
  })
})

describe('Tab', () => {
  const commandLine = new CommandLine(testingCommands({}), () => {})
  const complete = (line: string, cursor: number) => commandLine.complete(line, cursor)

  test('completes what can only be one', async () => {
    const { reader, screen, type } = fakeTerminal(80, { complete })
    void reader.question('$ ')
    await type(`pbst${tab}`)
    expect(screen.text).toBe('$ payload_buffer_show_tlv')
    expect(screen.cursor).toEqual([0, '$ payload_buffer_show_tlv '.length])
  })

  test('completes as far as all go on alike, then shows them above', async () => {
    const { reader, screen, type } = fakeTerminal(60, { complete })
    void reader.question('$ ')
    await type(`payl${tab}`)
    expect(screen.text).toBe('$ payload_buffer_')
    await type(tab)
    expect(screen.text).toBe(
      [
        'payload_buffer_clear     payload_buffer_show_hex',
        'payload_buffer_show      payload_buffer_show_tlv',
        '$ payload_buffer_',
      ].join('\n'),
    )
  })

  test('shows what candidates are, in a column where the window is narrow', async () => {
    const { reader, screen, type } = fakeTerminal(30, { complete })
    void reader.question('$ ')
    await type(`coap type=${tab}`)
    expect(screen.text).toBe(
      ['CONFIRMABLE      0', 'NON_CONFIRMABLE  1', 'ACKNOWLEDGEMENT  2', 'RESET            3', '$ coap type='].join(
        '\n',
      ),
    )
    await type(`A${tab}`)
    expect(screen.text.split('\n').at(-1)).toBe('$ coap type=ACKNOWLEDGEMENT')
  })

  test('a wider window has more columns', async () => {
    const { reader, screen, type } = fakeTerminal(80, { complete })
    void reader.question('$ ')
    await type(`coap type=${tab}`)
    expect(screen.text).toMatch(/^CONFIRMABLE {6}0 {2}NON_CONFIRMABLE {2}1/)
  })

  test('nothing to say', async () => {
    const { reader, screen, type } = fakeTerminal(80, { complete })
    void reader.question('$ ')
    await type(`nothing of the kind ${tab}`)
    expect(screen.text).toBe('$ nothing of the kind')
  })
})

describe('progress', () => {
  test('a bar that gives way to lines and goes at the end', () => {
    const { reader, screen } = fakeTerminal(50)
    const bar = reader.progress('file')
    bar.update(512, 1024)
    expect(screen.text).toBe('file [==============             ] 50 % of 1.0 kB')
    reader.print('a line')
    expect(screen.text).toBe('a line\nfile [==============             ] 50 % of 1.0 kB')
    bar.update(1024, 1024)
    expect(screen.text).toContain('100 %')
    bar.end()
    expect(screen.text).toBe('a line')
  })

  test('fits a narrow window; without a total, how much there was', () => {
    const { reader, screen } = fakeTerminal(18)
    const bar = reader.progress('a long name of a file')
    bar.update(1, 2)
    expect(screen.text).toBe('a long name of a')
    bar.update(2_500_000, 0)
    expect(screen.text.length).toBeLessThan(18)
  })
})
