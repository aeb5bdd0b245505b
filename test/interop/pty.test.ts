import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { describePeer } from './peer-suite.ts'
import { PseudoTerminal, pseudoTerminalProgram } from './pseudo-terminal.ts'

const program = [process.execPath, '--import', 'tsx', join(import.meta.dirname, 'line-reader-program.ts')]

function start(columns: number, ...args: string[]): PseudoTerminal {
  const terminal = new PseudoTerminal([...program, ...args], columns)
  onTestFinished(() => terminal.kill())
  return terminal
}

/** The commands of the program as a window of so many columns shows them. */
function candidates(columns: number): string {
  const lines = [
    'exit       Leaves.',
    'get_error  Says why the last command failed: what was typed, the error, and what caused it.',
    'help       Says what a command is for and which arguments it takes, those with a question mark if',
    'later      Prints something after its prompt came back.',
    'wait       Waits until it is interrupted.',
  ]
  return [...lines.map(line => line.slice(0, columns - 1).trimEnd()), '[demo] $'].join('\n')
}

describePeer('a shell on a terminal', [pseudoTerminalProgram], 'apt-get install python3', () => {
  test('completion, editing, an interrupted command, the end', async () => {
    const terminal = start(60)
    await terminal.shows('[demo] $')
    terminal.type('w\t')
    await terminal.shows('[demo] $ wait')
    terminal.type('\r')
    await terminal.shows('waiting')
    terminal.type('\u0003')
    await terminal.shows('interrupted (try "get_error" for details)\n[demo] $')
    terminal.type('nonsense\u0003')
    terminal.type('get_error\r')
    await terminal.shows('[demo] $ get_error\n* exact: get_error\n  wait\ninterrupted\n[demo] $')
    terminal.type('\u0004')
    expect(await terminal.ended).toBe(0)
  })

  test('lines that come while somebody types, in a window that changes its width', async () => {
    const terminal = start(30)
    await terminal.shows('[demo] $')
    terminal.type('later "something happened"\rhalf a line')
    await terminal.shows('something happened\n[demo] $ half a line')
    terminal.type('\u0003\t')
    await terminal.shows(candidates(30))
    await terminal.resize(70)
    terminal.type('\t')
    await terminal.shows(candidates(70))
    terminal.type('exit\r')
    expect(await terminal.ended).toBe(0)
  })

  test('the history of the session before', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'lwm2m-history-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const historyFile = join(directory, 'history')
    const before = start(60, historyFile)
    await before.shows('[demo] $')
    before.type('later hello\r exit\r')
    expect(await before.ended).toBe(0)
    expect(readFileSync(historyFile, 'utf8')).toBe('later hello\n')

    const after = start(60, historyFile)
    await after.shows('[demo] $')
    after.type('\u001B[A')
    await after.shows('[demo] $ later hello')
  })
})
