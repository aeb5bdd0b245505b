import { describe, expect, test } from 'vitest'
import { Ports } from '../replay/ports.ts'
import { parseTranscript, splitAtPrompts, splitLines } from '../replay/transcript.ts'

const session = `### started with: -l 7001 --psk-identity me
welcome

waiting for a client on port 7001 ...
<- Update /rd/demo: 
[Lwm2mCmd] port: 7001, client: 127.0.0.1:40000 $ read /3/0/9
* exact: read
-> Read /3/0/9
<- Content 100
[Lwm2mCmd] port: 7001, client: 127.0.0.1:40000 $ 
[Lwm2mCmd] port: 7001, client: 127.0.0.1:40000 $ 
### meanwhile: typed into demo stdin: send-update

<- Update /rd/demo: 
[Lwm2mCmd] port: 7001, client: 127.0.0.1:40000 $ 
### meanwhile: typed into demo stdin: reconnect
recv 2
* exact: recv
[Lwm2mCmd] port: 7001, client: 127.0.0.1:40000 $ 
### Ctrl-C comes soon
### SIGINT while listening
listen 7002
* exact: listen
waiting for a client on port 7002 ...[Lwm2mCmd] port: 7001, client: 127.0.0.1:40000 $ 
### meanwhile: closing the demo (stdin EOF), then an empty line in the shell

<- De-register /rd/demo
[Lwm2mCmd/TLV] $ exit
* exact: exit
exiting

### (driver: no prompt within 20s)
blind

### process ended rc=3
`

describe('a session typed by hand', () => {
  const { steps, ...transcript } = parseTranscript('7.txt', session)

  test('how it was started, what came first, how it ended', () => {
    expect(transcript).toEqual({
      name: '7.txt',
      options: ['-l', '7001', '--psk-identity', 'me'],
      isScript: false,
      opening: ['welcome', '', 'waiting for a client on port 7001 ...', '<- Update /rd/demo: '],
      exitCode: 3,
    })
  })

  test('what was typed, and what came of it', () => {
    expect(steps.map(({ typed, output }) => [typed, ...output])).toEqual([
      ['read /3/0/9', '* exact: read', '-> Read /3/0/9', '<- Content 100'],
      [''],
      ['', '<- Update /rd/demo: '],
      ['recv 2', '* exact: recv'],
      ['listen 7002', '* exact: listen', 'waiting for a client on port 7002 ...'],
      ['', '<- De-register /rd/demo'],
      ['exit', '* exact: exit', 'exiting'],
    ])
  })

  test('prompts, of subshells too', () => {
    expect(new Set(steps.map(({ prompt }) => prompt))).toEqual(
      new Set(['[Lwm2mCmd] port: 7001, client: 127.0.0.1:40000 $ ', '[Lwm2mCmd/TLV] $ ']),
    )
  })

  test('what the driver did beside', () => {
    expect(steps.map(({ event }) => event)).toEqual([
      undefined,
      undefined,
      { kind: 'device', command: 'send-update' },
      { kind: 'device', command: 'reconnect' },
      { kind: 'interrupt' },
      { kind: 'device stopped' },
      undefined,
    ])
  })
})

test('the end of the input is a step without a line', () => {
  const { steps, exitCode } = parseTranscript(
    'end.txt',
    '### started with: \n[Lwm2mCmd] $ \n### stdin closed -> the loop ends\n\n### process ended rc=0\n',
  )
  expect(steps).toEqual([{ prompt: '[Lwm2mCmd] $ ', typed: undefined, event: undefined, output: [] }])
  expect(exitCode).toBe(0)
})

test('a script: its lines are in the heading, the output shows none', () => {
  const { steps, ...transcript } = parseTranscript(
    'script.txt',
    `### shell.py -l 7003 < lines.nsh ; script:
sleep 1

exit
### output:
hello
[Lwm2mCmd] $ * exact: sleep
[Lwm2mCmd] $ <- Update /rd/demo: 
[Lwm2mCmd] $ * exact: exit
exiting`,
  )
  expect(transcript).toMatchObject({ options: ['-l', '7003'], isScript: true, opening: ['hello'], exitCode: undefined })
  expect(steps.map(({ typed, output }) => [typed, ...output])).toEqual([
    ['sleep 1', '* exact: sleep'],
    ['', '<- Update /rd/demo: '],
    ['exit', '* exact: exit', 'exiting'],
  ])
})

test('a text that is no transcript', () => {
  expect(() => parseTranscript('readme.txt', 'hello\n')).toThrow('readme.txt is no transcript')
})

test('an output without a prompt', () => {
  expect(splitAtPrompts('could not start\n')).toEqual({ opening: 'could not start\n', answers: [] })
})

test.each([
  ['', []],
  ['\n', ['']],
  ['a', ['a']],
  ['a\n\n', ['a', '']],
])('the lines of %j', (text, lines) => {
  expect(splitLines(text)).toEqual(lines)
})

describe('ports', () => {
  const ports = new Ports()
  ports.learn('7001', '7011')
  ports.learn('7002', '7012')
  ports.learnFrom('[Lwm2mCmd] port: 7001, client: ::1:40000 $ ', '[Lwm2mCmd] port: 7011, client: ::1:50000 $ ')

  test.each([
    ['-l 7001 --psk-identity me', '-l 7011 --psk-identity me'],
    ['listen 7002 tcp=1', 'listen 7012 tcp=1'],
    ['listen port=7002', 'listen port=7012'],
    ['connect 127.0.0.1 40000 7001', 'connect 127.0.0.1 50000 7011'],
    ['connect host=127.0.0.1 port=40000', 'connect host=127.0.0.1 port=50000'],
    ['bootstrap uri=coaps://127.0.0.1:7002 ssid=1', 'bootstrap uri=coaps://127.0.0.1:7012 ssid=1'],
    ['listen 7777', 'listen 7777'],
    ['write /1/1/1 7001', 'write /1/1/1 7001'],
  ])('typed: %s', (recorded, typed) => {
    expect(ports.toType(recorded)).toBe(typed)
  })

  test.each([
    ['waiting for a client on port 7011 ...', 'waiting for a client on port 7001 ...'],
    ['[Lwm2mCmd] port: 7011, client: 127.0.0.1:50000 $ ', '[Lwm2mCmd] port: 7001, client: 127.0.0.1:40000 $ '],
    ["resource 0 = b'coaps://127.0.0.1:7012'", "resource 0 = b'coaps://127.0.0.1:7002'"],
    ['<- Content 7011', '<- Content 7011'],
  ])('printed: %s', (printed, recorded) => {
    expect(ports.asRecorded(printed)).toBe(recorded)
  })

  test('the port used in place of a recorded one', () => {
    expect([ports.used(7002), ports.used(5683)]).toEqual([7012, 5683])
  })
})
