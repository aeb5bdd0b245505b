import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConsoleError } from '../../../server/console/console-error.ts'
import { text } from '../../../shell/line/argument-types.ts'
import { CommandLine } from '../../../shell/line/command-line.ts'
import { deviceStyle } from '../../../shell/line/style.ts'
import { testingCommands } from './testing-commands.ts'

function shell(effects: Parameters<typeof testingCommands>[0] = {}) {
  const printed: string[] = []
  const commandLine = new CommandLine(testingCommands(effects), line => printed.push(line))
  /** What a line printed, without the rule that found its command. */
  async function type(line: string): Promise<string[]> {
    printed.length = 0
    await commandLine.execute(line, undefined)
    return printed.filter(one => !one.startsWith('* '))
  }
  return { commandLine, type }
}

describe('get_error', () => {
  test('there was no error yet', async () => {
    expect(await shell().type('get_error')).toEqual(['no errors'])
  })

  test('points at the argument that is wrong', async () => {
    const { type } = shell()
    await type('read /3/0 msg_id=five')
    expect(await type('get_error')).toEqual([
      '  read /3/0 msg_id=five',
      '                   ^',
      'msg_id: not a whole number: five',
    ])
  })

  test('points into the argument that is wrong', async () => {
    const { type } = shell()
    await type('coap options=[URI_PATH("3"),URI_PATH(0x)]')
    const [line = '', mark = ''] = await type('get_error')
    expect(line.slice(mark.indexOf('^'))).toMatch(/^(?:URI_PATH\()?0?x\)\]/)
  })

  test('a long line is cut around the place', async () => {
    const { type } = shell()
    await type(`read /3 ${' '.repeat(500)}text`)
    const [line = '', mark = ''] = await type('get_error')
    expect(line.indexOf('text')).toBe(mark.indexOf('^'))
    expect(line.length).toBeLessThan(120)
  })

  test('tells what caused the error, but not twice', async () => {
    const cause = new ConsoleError('the peer is gone', { cause: Object.assign(new Error('refused'), { code: 'GONE' }) })
    const { type } = shell({
      read() {
        throw new ConsoleError('could not send Lwm2mRead (the peer is gone)', { cause })
      },
    })
    await type('read /3')
    expect(await type('get_error')).toEqual([
      '  read /3',
      'could not send Lwm2mRead (the peer is gone)',
      '  because: refused (GONE)',
    ])
  })

  test('stays until a command succeeds', async () => {
    const { type, commandLine } = shell({ sleep() {} })
    await type('sleep')
    await type('get_error')
    expect(commandLine.lastError?.message).toBe('missing value for argument: timeout_s')
    expect(await type('get_error')).toEqual(['  sleep', 'missing value for argument: timeout_s'])
    await type('sleep 1')
    expect(await type('get_error')).toEqual(['no errors'])
    expect(commandLine.lastError).toBeUndefined()
  })

  test('a typing error: says what may have been meant', async () => {
    const { type } = shell()
    expect(await type('sleeep 3')).toEqual(['no such command: sleeep (try "get_error" for details)'])
    expect(await type('get_error')).toEqual([
      '  sleeep 3',
      '  ^',
      'no such command: sleeep',
      '  because: the nearest name is sleep',
    ])
  })

  test('does not repeat keys', async () => {
    const { type } = shell()
    await type('listen 5684 device secret')
    expect(await type('get_error')).toEqual(['not connected to any remote host'])
  })
})

describe('help', () => {
  test('a command that is not there', async () => {
    const [first, second] = await shell().type('help nothing_of_the_kind')
    expect(first).toBe('no such command: nothing_of_the_kind')
    expect(second).toMatch(/^available commands: EOF /)
  })

  test('text, example and arguments', async () => {
    expect((await shell().type('help help')).slice(-5)).toEqual(['', 'Example: help', '', 'ARGUMENTS: help topic?', ''])
  })
})

test('a blank line is no command', async () => {
  const { commandLine, type } = shell()
  expect(await type(' \t ')).toEqual([])
  expect(await commandLine.execute('', undefined)).toBe(true)
})

test('names are told in one line, without control characters', async () => {
  expect(await shell().type('\u001B[2J')).toEqual([String.raw`no such command: \x1b[2J (try "get_error" for details)`])
})

test('what a command throws is printed, whatever it is', async () => {
  const thrown: unknown = 'only text'
  const { type } = shell({
    reset() {
      throw thrown
    },
  })
  expect(await type('reset')).toEqual(['only text (try "get_error" for details)'])
})

describe('the style of a device', () => {
  const flags = ['-s', '-x']
  const ran: unknown[] = []
  const printed: string[] = []
  const commandLine = new CommandLine(
    [
      {
        name: 'write',
        help: '',
        parameters: [
          { name: 'path', type: text, required: true },
          { name: 'format', type: text, required: false, takes: word => flags.includes(word) },
          { name: 'value', type: text, required: true },
        ],
        run: args => void ran.push(args),
      },
      { name: 'start', help: '', parameters: [], run() {} },
      { name: 'stop', help: '', parameters: [], run() {} },
    ],
    line => printed.push(line),
    { ...deviceStyle, programName: 'lwm2m' },
  )

  async function type(line: string) {
    ran.length = 0
    printed.length = 0
    await commandLine.execute(line, undefined)
    return { ran: ran[0], printed: printed.join('\n') }
  }

  test.each([
    ['write /3/0/14 +01:00', { path: '/3/0/14', value: '+01:00' }],
    ['write /3/0/14 -s "a b"', { path: '/3/0/14', format: '-s', value: 'a b' }],
    ['lwm2m write /3/0/14 -5', { path: '/3/0/14', value: '-5' }],
    ['write /3/0/14 value=5', { path: '/3/0/14', value: 'value=5' }],
    ['wr /3/0/14 -s -s', { path: '/3/0/14', format: '-s', value: '-s' }],
  ])('%s', async (line, args) => {
    expect(await type(line)).toEqual({ ran: args, printed: '' })
  })

  test.each([
    ['strat', 'no such command: strat, did you mean start?'],
    ['xyz', 'no such command: xyz'],
    ['st', 'ambigious command: st (possible: start stop)'],
    ['write /3/0/14', 'missing value for argument: value'],
  ])('%s', async (line, message) => {
    expect(await type(line)).toEqual({ ran: undefined, printed: message })
  })
})

describe('lines that are not kept', () => {
  const { commandLine } = shell()
  test.each([
    ' read /3',
    'listen psk_key=abc',
    'listen 5684 device abc',
    'bootstrap coaps://h PreSharedKey device abc',
    'li 5684 device abc extra words',
    'l 5684 device abc',
    'read /3 somekey=1',
  ])('%s', line => {
    expect(commandLine.holdsSecret(line)).toBe(true)
  })

  test.each(['', 'read /3', 'listen 5684 device', 'nothing known', 'write /5 key'])('kept: %s', line => {
    expect(commandLine.holdsSecret(line)).toBe(false)
  })
})

describe('completion', () => {
  const { commandLine } = shell()
  const labels = (line: string) => commandLine.complete(line).candidates.map(({ text: one, label = one }) => label)

  test('commands, by every rule of matching', () => {
    expect(labels('read')).toEqual(['read'])
    expect(labels('rea')).toEqual(['read', 'read_composite'])
    expect(labels('pbst')).toEqual(['payload_buffer_show_tlv'])
    expect(labels('')).toContain('help')
  })

  test('names of arguments that were not given, then values', () => {
    expect(labels('read /3 accept=0 ')).toEqual(['msg_id=', 'options=', 'token='])
    expect(labels('set a')).toEqual(['auto_ack=', 'auto_bspack_error=', 'auto_reregister=', 'auto_update='])
    expect(labels('set auto_ack=true ')).toEqual([
      'auto_bspack_error=',
      'auto_reregister=',
      'auto_update=',
      'true',
      'false',
    ])
  })

  test('values of a named argument', () => {
    expect(commandLine.complete('coap type=CON')).toEqual({
      from: 10,
      candidates: [{ text: 'CONFIRMABLE', meta: '0' }],
    })
  })

  test('items of a list', () => {
    expect(commandLine.complete('coap options=[OBSERVE(0),URI_PO')).toEqual({
      from: 13,
      candidates: [{ text: '[OBSERVE(0),URI_PORT(', label: 'URI_PORT(', meta: '(number)' }],
    })
    expect(labels('coap options=BLOCK1(')).toEqual(['BLOCK1(number, more, size)'])
  })

  test('within quotes', () => {
    expect(commandLine.complete('help "slee')).toEqual({ from: 6, candidates: [{ text: 'sleep', meta: '' }] })
  })

  test('what follows the cursor is left alone', () => {
    expect(commandLine.complete('sle 5', 3)).toMatchObject({ from: 0, candidates: [{ text: 'sleep', meta: '' }] })
  })

  test('nothing, where the command is not known', () => {
    expect(labels('r ')).toEqual([])
    expect(labels('nothing of the kind')).toEqual([])
  })
})

/** Words that commands know, among any others. */
const words = fc.oneof(
  fc.constantFrom('read', 'coap', 'set', 'write', 'help', 'listen', '/3/0', '[', ']', '(', ',', '"', "'", '=', '\\x4'),
  fc.constantFrom('options=[URI_PATH("3")', 'type=RESET', 'format=', 'BLOCK1(0,True,64)', 'accept=60', '-1', '1e9'),
  fc.string({ unit: 'binary', maxLength: 8 }),
)
const lines = fc.array(words, { maxLength: 8 }).chain(some => fc.constantFrom(some.join(' '), some.join('')))

test('any line is either run or refused in one line', async () => {
  const printed: string[] = []
  const effects = new Proxy({}, { get: () => () => {} })
  const commandLine = new CommandLine(testingCommands(effects), line => printed.push(line))
  await fc.assert(
    fc.asyncProperty(lines, async line => {
      printed.length = 0
      const isDone = await commandLine.execute(line, undefined)
      if (isDone) return
      expect(commandLine.lastError).toBeInstanceOf(ConsoleError)
      expect(printed.at(-1)).toMatch(/^[^\p{Cc}]+ \(try "get_error" for details\)$/u)
    }),
    { seed: 1, numRuns: 3000 },
  )
})

test('any line can be completed, up to any place', () => {
  const { commandLine } = shell()
  fc.assert(
    fc.property(lines, fc.nat({ max: 40 }), (line, cursor) => {
      const { from, candidates } = commandLine.complete(line, Math.min(cursor, line.length))
      expect(from).toBeLessThanOrEqual(line.length)
      expect(candidates.length).toBeLessThan(100)
      commandLine.holdsSecret(line)
    }),
    { seed: 1, numRuns: 3000 },
  )
})

test('a long line takes no longer than it should', async () => {
  const { type } = shell()
  for (const line of ['('.repeat(200_000), ','.repeat(200_000), `"${'\\'.repeat(200_000)}`, ' a=1'.repeat(50_000)])
    expect(await type(`coap options=${line}`)).toHaveLength(1)
})
