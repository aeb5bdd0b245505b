import { describe, expect, test } from 'vitest'
import { compareLines, compareSessions } from '../replay/comparison.ts'
import { isSameLine, recordedLines } from '../replay/incomparable.ts'
import { parseTranscript } from '../replay/transcript.ts'

const place = { transcript: 's.txt', step: 3, typed: 'read' }

/** How two outputs differ. */
function differ(recorded: string, ours: string) {
  const { differences } = compareLines(place, recorded.split('\n'), ours.split('\n'))
  return differences.map(difference => [difference.recorded, difference.ours])
}

describe('not compared', () => {
  test.each([
    ['tokens in a dump', 'token: A\n\\x1b$\\xedv\\xf1a (length: 8)', 'token: \\x01bcd (length: 4)'],
    ['tokens of a packet', "id=51731, token=b'\\x84jDA\\xfdE\\xc1\\\\'", `id=17, token=b"a'bc"`],
    [
      'tokens of a notification',
      '(CONFIRMABLE, seq 2, token \\xd2\\x3f\\x59\\x08) 5',
      '(CONFIRMABLE, seq 2, token \\x01\\x02\\x03\\x04) 5',
    ],
    ['message ids', 'msg_id: 4920', 'msg_id: 39001'],
    ['message ids in a summary', '-> Reset, msg_id = 4962', '-> Reset, msg_id = 20'],
    [
      'the port of a device',
      '[Lwm2mCmd] port: 7, client: 127.0.0.1:4 $ x',
      '[Lwm2mCmd] port: 7, client: 127.0.0.1:55 $ x',
    ],
    ['the time', '<- Content 1795295124', '<- Content 1801234567'],
    [
      'the time in bytes',
      "  resource 13 = b'k\\x02' (int: 1795295124, float: 1.0)",
      "  resource 13 = b'l' (int: 1795295999, float: 3.0)",
    ],
    ['the objects of a device', '<- Register /rd?ep=a: </1/1>,<...', '<- Register /rd?ep=a: </>;ct=112,</3/0>'],
    [
      'sizes of payloads',
      '<- Content (112 (APPLICATION_LWM2M_SENML_CBOR); 101 bytes)',
      '<- Content (112 (APPLICATION_LWM2M_SENML_CBOR); 91 bytes)',
    ],
    [
      'names in a payload',
      "*** Recv ***\ncontent: 101 bytes\n\n[{'bn': '/1/1', 'n': '/0', 'v': 1}]",
      "*** Recv ***\ncontent: 99 bytes\n\n[{'bn': '/1/1/', 'n': '0', 'v': 1}]",
    ],
    ['bytes of a payload', '*** Recv ***\nbinary:\n\\xbf\\x82', '*** Recv ***\nbinary:\n\\xa1'],
    [
      'help',
      '* exact: help\n* prefix: sleep\nBlocks.\n\nARGUMENTS: sleep timeout_s\n',
      '* exact: help\n* prefix: sleep\nWaits\na while.\n\nARGUMENTS: sleep timeout_s\n',
    ],
    ['stacks', '* exact: get_error\n<stack trace>', '* exact: get_error\n  sleep abc\n        ^\nnot a number'],
    [
      'messages of the interpreter',
      'invalid literal for int() with base 10: \'a b\' (try "get_error" for details)',
      'idx: not a number: a b (try "get_error" for details)',
    ],
    ['a banner', 'ignoring Foo: not command-compatible\nloaded 3 message types\n\nhello', 'hello'],
  ])('%s', (_, recorded, ours) => {
    expect(recorded).not.toBe(ours)
    expect(differ(recorded, ours)).toEqual([])
  })
})

describe('compared', () => {
  test.each([
    ['typed tokens', "token=b'abc'", "token=b'abd'"],
    ['typed tokens of a notification', 'token \\x61\\x62\\x63)', 'token \\x61\\x62\\x64)'],
    ['typed message ids', '-> Continue, msg_id = 7, token', '-> Continue, msg_id = 8, token'],
    ['ports of the shell', 'waiting for a client on port 9000 ...', 'waiting for a client on port 9001 ...'],
    ['texts of the device', '<- Content Anjay', '<- Content other'],
    ['values in a payload', "*** Recv ***\n[{'bn': '/1/1', 'v': 1}]", "*** Recv ***\n[{'bn': '/1/1', 'v': 2}]"],
    ['names in a payload of the shell', "{<SenmlLabel.NAME: 0>: '/5'}", "{<SenmlLabel.NAME: 0>: '/6'}"],
    ['sizes of what is sent', '*** Send ***\ncontent: 58 bytes', '*** Send ***\ncontent: 59 bytes'],
    [
      'what is expected',
      '--- GOT ---\n--- EXPECTED ---\ncontent: 58 bytes',
      '--- GOT ---\n--- EXPECTED ---\ncontent: 59 bytes',
    ],
    ['a link with its attributes', '*** Recv ***\n</3/0/13>;pmin=1', '*** Recv ***\n</3/0/13>;pmin=2'],
    ['the parameters of a Register', '<- Register /rd?ep=a: </1>', '<- Register /rd?ep=b: </1>'],
    [
      'arguments of a command',
      '* exact: help\n* exact: x\nA.\n\nARGUMENTS: x a',
      '* exact: help\n* exact: x\nA.\n\nARGUMENTS: x a?',
    ],
    ['whether there is an error', '* exact: get_error\n<stack trace>', '* exact: get_error\nno errors'],
    ['our own errors', 'missing value for argument: path', 'path is missing'],
    ['line ends', 'a\n\nb', 'a\nb'],
  ])('%s', (_, recorded, ours) => {
    expect(differ(recorded, ours)).not.toEqual([])
  })
})

test("an error of the interpreter has to be an error of ours, in the same command's words", () => {
  const [recorded = ''] = recordedLines(
    'could not send X ([Errno 111] Connection refused) (try "get_error" for details)',
  )
  expect(isSameLine(recorded, 'could not send X (nobody is there) (try "get_error" for details)')).toBe(true)
  expect(isSameLine(recorded, 'could not send X () (try "get_error" for details)')).toBe(false)
  expect(isSameLine(recorded, 'could not send Y (nobody is there) (try "get_error" for details)')).toBe(false)
  expect(isSameLine(recorded, 'could not send X (nobody is there)')).toBe(false)
})

describe('lines that differ', () => {
  test('replaced, missing, and too many', () => {
    const comparison = compareLines(place, ['a', 'b', 'c', 'd'], ['a', 'x', 'y', 'c', 'd', 'e'])
    expect(comparison).toEqual({
      transcript: 's.txt',
      lines: 6,
      equal: 3,
      differences: [
        { ...place, recorded: ['b'], ours: ['x', 'y'] },
        { ...place, recorded: [], ours: ['e'] },
      ],
    })
  })

  test('as few as possible', () => {
    expect(compareLines(place, ['a', 'b', 'a', 'b'], ['b', 'a', 'b', 'a'])).toMatchObject({ equal: 3, lines: 5 })
  })
})

describe('sessions', () => {
  const transcript = parseTranscript(
    's.txt',
    '### started with: \nhello\n[Lwm2mCmd] $ tlv\n* exact: tlv\n[Lwm2mCmd/TLV] $ exit\n* exact: exit\n\n### process ended rc=0\n',
  )
  const [first, second] = [
    { prompt: '[Lwm2mCmd] $ ', output: ['* exact: tlv'] },
    { prompt: '[Lwm2mCmd/TLV] $ ', output: ['* exact: exit'] },
  ]

  test('prompts and the exit code are lines, too', () => {
    expect(compareSessions(transcript, { opening: ['hello'], steps: [first, second], exitCode: 0 })).toEqual({
      transcript: 's.txt',
      lines: 6,
      equal: 6,
      differences: [],
    })
  })

  test('another prompt and another exit code', () => {
    const steps = [first, { ...second, prompt: '[Lwm2mCmd] $ ' }]
    const { equal, differences } = compareSessions(transcript, { opening: ['hello'], steps, exitCode: 1 })
    expect(equal).toBe(4)
    expect(differences.map(({ step, typed, recorded }) => [step, typed, ...recorded])).toEqual([
      [2, 'exit', '[Lwm2mCmd/TLV] $ exit'],
      [3, '(end)', 'process ended rc=0'],
    ])
  })

  test('a shell that has ended before misses all lines after', () => {
    const replayed = { opening: ['hello'], steps: [first], exitCode: undefined }
    expect(compareSessions(transcript, replayed)).toMatchObject({ lines: 6, equal: 3 })
  })
})
