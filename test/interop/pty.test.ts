import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { describePeer } from './peer-suite.ts'
import { PseudoTerminal, pseudoTerminalProgram } from './pseudo-terminal.ts'

const program = [process.execPath, '--import', 'tsx', join(import.meta.dirname, 'line-reader-program.ts')]

function start(columns: number, ...args: string[]): PseudoTerminal {
  return open([...program, ...args], columns)
}

function open(command: readonly string[], columns: number, env?: NodeJS.ProcessEnv): PseudoTerminal {
  const terminal = new PseudoTerminal(command, columns, env)
  onTestFinished(() => terminal.kill())
  return terminal
}

const lwm2mProgram = [process.execPath, '--import', 'tsx', 'shell/main.ts']

/** A program of this package, whose history is in a folder. */
function lwm2m(columns: number, home: string, ...args: string[]): PseudoTerminal {
  return open([...lwm2mProgram, ...args], columns, { HOME: home, NO_COLOR: '' })
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lwm2m-terminal-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

/** What a program prints where nobody sits. */
async function piped(input: string, ...args: string[]): Promise<string> {
  const [file = '', ...rest] = [...lwm2mProgram, ...args]
  const child = spawn(file, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(input)
  let output = ''
  for await (const text of child.stdout.setEncoding('utf8')) output += String(text)
  return output
}

const ctrlC = '\u0003'
const ctrlD = '\u0004'
const up = '\u001B[A'
/** Colours and weights of letters. */
const styled = new RegExp(String.raw`${'\u001B'}\[\d+m`)

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
    const historyFile = join(temporaryFolder(), 'history')
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

  const prompt = '[Lwm2mCmd] $'

  test('the testing shell: completion as wide as the window, interrupts, subshells, history', async () => {
    const home = temporaryFolder()
    const plain = piped('help read\ndetails\n', 'shell')
    const shell = lwm2m(40, home, 'shell')
    await shell.shows(prompt)
    expect(shell.written).toMatch(styled)

    shell.type('write_at\t')
    await shell.shows(`${prompt} write_attributes`)
    shell.type(`${ctrlC}coap \t`)
    await shell.shows(`
code=            Code
content=         EscapedBytes
msg_id=          int
options=         List[Option]
respond=         bool
token=           EscapedBytes
type=            Type
CONFIRMABLE      0
NON_CONFIRMABLE  1
ACKNOWLEDGEMENT  2
RESET            3
${prompt} coap`)
    shell.type('type=\t')
    await shell.shows(`
CONFIRMABLE      0  ACKNOWLEDGEMENT  2
NON_CONFIRMABLE  1  RESET            3
${prompt} coap type=`)
    await shell.resize(120)
    shell.type('\t')
    await shell.shows(`
CONFIRMABLE      0  NON_CONFIRMABLE  1  ACKNOWLEDGEMENT  2  RESET            3
${prompt} coap type=`)
    shell.type('N\tcon\t')
    await shell.shows(`${prompt} coap type=NON_CONFIRMABLE content=`)
    shell.type(ctrlC)
    await shell.shows(`RESET            3\n${prompt}`)

    shell.type('listen psk_identity=me psk_key=secret port=0\r')
    await shell.shows(/waiting for a client on port \d+ \.\.\.$/)
    shell.type(ctrlC)
    await shell.shows(/\.\.\.\n\[Lwm2mCmd\] \$$/)
    shell.type(`file_server ${home} 0\r`)
    await shell.shows('Press CTRL-C to stop')
    shell.type(ctrlC)
    await shell.shows(`stop\n${prompt}`)
    shell.type('connect 127.0.0.1 9\r')
    await shell.shows(`endpoint: 127.0.0.1:9\n${prompt}`)
    shell.type('recv\r')
    await shell.shows('* exact: recv')
    shell.type(ctrlC)
    await shell.shows(`interrupted (try "get_error" for details)\n${prompt}`)

    shell.type('tlv\r')
    await shell.shows('[Lwm2mCmd/TLV] $')
    shell.type('add_resource 1 \\x05\r')
    await shell.shows('Selected top-level: resource\n[Lwm2mCmd/TLV] $')
    shell.type(ctrlD)
    await shell.shows(`\\xc1\\x01\\x05\n${prompt}`)
    shell.type(ctrlD)
    expect(await shell.ended).toBe(0)

    const file = join(home, '.lwm2m_shell_history')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const typed = [`file_server ${home} 0`, 'connect 127.0.0.1 9', 'recv', 'tlv', 'add_resource 1 \\x05']
    expect(readFileSync(file, 'utf8')).toBe(`${typed.join('\n')}\n`)
    const again = open([...lwm2mProgram, 'shell'], 80, { HOME: home, NO_COLOR: '1' })
    await again.shows(prompt)
    again.type(up)
    await again.shows(`${prompt} add_resource 1 \\x05`)
    again.type(up)
    await again.shows(`${prompt} tlv`)
    expect(again.written).not.toMatch(styled)
    expect(await plain).toMatch(/message not found/)
    expect(await plain).not.toContain('\u001B')
  })

  test('a device in its shell, and a tester in the other', async () => {
    const [home, deviceHome] = [temporaryFolder(), temporaryFolder()]
    const file = join(deviceHome, 'device.json')
    writeFileSync(file, JSON.stringify({ objects: [{ id: 3303, instances: { 0: { 5700: 21.5, 5701: 'Cel' } } }] }))
    const shell = lwm2m(100, home, 'shell', '--listen', '0')
    await shell.shows(/port (\d+) \.\.\.$/)
    const port = /port (\d+)/.exec(shell.text)?.[1] ?? ''
    const device = lwm2m(70, deviceHome, 'client', '--server', `coap://127.0.0.1:${port}`, '--objects', file)
    await device.shows('lwm2m>')
    expect(device.written).toMatch(styled)

    device.type('start demo\r')
    await device.shows(/registered with .*\nlwm2m>$/s)
    await shell.shows(/client: 127\.0\.0\.1:\d+ \$$/)

    // What the server asks is told above the line that is typed.
    device.type('read /330\t')
    await device.shows('lwm2m> read /3303/')
    shell.type('read /3303/\t')
    await shell.shows(/\/3303\/0$/)
    shell.type('/5701 0\r')
    await shell.shows(/<- Content Cel\n\[Lwm2mCmd\].* \$$/)
    await device.shows(/GET \/3303\/0\/5701.*\n(?:.*\n)*lwm2m> read \/3303\/$/)
    device.type('0/\t')
    await device.shows('lwm2m> read /3303/0/570')
    device.type('\t')
    await device.shows(`
/3303/0/5700  sensorValue  /3303/0/5701  sensorUnits
lwm2m> read /3303/0/570`)
    device.type('1 -s\r')
    await device.shows('lwm2m> read /3303/0/5701 -s\nCel\nlwm2m>')
    device.type(`nonsense${ctrlC}`)
    await device.shows('Cel\nlwm2m>')

    shell.type('recv\r')
    await shell.shows('* exact: recv')
    device.type(ctrlD)
    await shell.shows(/<- De-?register \/rd\/demo\n-> Deleted.*\n\[Lwm2mCmd\].* \$$/i)
    expect(await device.ended).toBe(0)
    expect(readFileSync(join(deviceHome, '.lwm2m_device_history'), 'utf8')).toBe('start demo\nread /3303/0/5701 -s\n')
    shell.type(ctrlD)
    expect(await shell.ended).toBe(0)
  })
})
