import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { simulatedWorld } from '../helpers/simulated-world.ts'
import { startCommand } from '../helpers/terminal.ts'

function start(command: string) {
  return startCommand(simulatedWorld(), command)
}

const uriHint = 'write coap://HOST or coap://HOST:PORT'
const listenHint = 'Write a port from 0 to 65535, or a URI such as coap+tcp://127.0.0.1:5683.'
const psk = '--psk-identity a --psk-key 00'

test.each([
  ['client --endpoint a', 'error: a device needs --server, or --bootstrap to get one'],
  ['client --server coap://h', 'error: a device needs --endpoint, or a shell to name it in'],
  [
    'client --endpoint a --server h:5683',
    `error: "h:5683" is no server URI: the scheme "h" is none of coap, coaps, coap+tcp, coaps+tcp; ${uriHint}`,
  ],
  [
    'client --endpoint a --server h',
    `error: "h" is no server URI: it does not parse, the scheme is missing; ${uriHint}`,
  ],
  ['client --endpoint a --server coap://h:x', `error: "coap://h:x" is no server URI: it does not parse; ${uriHint}`],
  [
    'client --endpoint a --server coap://h/rd',
    `error: "coap://h/rd" is no server URI: it goes on after the port; ${uriHint}`,
  ],
  ['client --endpoint a --server coaps://h', 'error: coaps://h needs --psk-identity, --cert or --rpk-key'],
  [
    'client --endpoint a --server coap://h --lifetime -1',
    "error: option '--lifetime <seconds>' argument '-1' is invalid. Write a whole number from 0 to 2147483647.",
  ],
  [
    'client --endpoint a --server coap://h --lifetime 1e3',
    "error: option '--lifetime <seconds>' argument '1e3' is invalid. Write a whole number from 0 to 2147483647.",
  ],
  [
    'client --endpoint a --server coap://h --short-server-id 65535',
    "error: option '--short-server-id <id>' argument '65535' is invalid. Write a whole number from 1 to 65534.",
  ],
  [
    'client --endpoint a --bootstrap coap://h --lifetime 60',
    'error: --lifetime and --short-server-id need --server; a bootstrap server sets them otherwise',
  ],
  [
    'client --endpoint a --server coap://h --lwm2m 1.1,2',
    "error: option '--lwm2m <versions>' argument '1.1,2' is invalid. Write 1.0, 1.1, 1.2, or several as 1.1,1.0.",
  ],
  [
    'client --endpoint a --server coap://h --restart-after 0',
    "error: option '--restart-after <seconds>' argument '0' is invalid. Write a whole number from 1 to 2147483647.",
  ],
  [`client --server coap://h --endpoint ${'e'.repeat(201)}`, 'error: the endpoint name must have 1 to 200 bytes'],
  [
    'client --endpoint a --server coap://h --psk-identity a --psk-key 00',
    'error: coap://h is not secured, but there are credentials; write coaps://',
  ],
  [
    'client --endpoint a --server coap+tcp://h --psk-identity a --psk-key 00',
    'error: coap+tcp://h is not secured, but there are credentials; write coaps+tcp://',
  ],
  ['client --endpoint a --server coaps+tcp://h', 'error: coaps+tcp://h needs --psk-identity, --cert or --rpk-key'],
  [
    'client --endpoint a --server coaps://h --psk-identity a --psk-key 0g',
    'error: --psk-key is no key: write 1 to 64 bytes as hexadecimal digits, two each',
  ],
  [
    'client --endpoint a --server coaps://h --psk-identity a --psk-key 0123456',
    'error: --psk-key is no key: write 1 to 64 bytes as hexadecimal digits, two each',
  ],
  [
    'client --endpoint a --server coaps://h --psk-identity a --psk-key-file /nowhere/key',
    'error: /nowhere/key: no such file or directory',
  ],
  ['client --endpoint a --server coaps://h --psk-identity a --psk-key-file=', 'error: "": no such file or directory'],
  [
    'client --endpoint a --server coaps://h --psk-identity a --psk-key-file package-lock.json',
    'error: package-lock.json: the document is longer than 1000 bytes',
  ],
  [
    'client --endpoint a --server coaps://h --psk-identity a --psk-key 00 --psk-key-file key',
    "error: option '--psk-key <hex>' cannot be used with option '--psk-key-file <file>'",
  ],
  [
    'client --endpoint a --server coaps://h --psk-identity a',
    'error: --psk-identity needs --psk-key or --psk-key-file',
  ],
  ['client --endpoint a --server coaps://h --psk-key 00', 'error: a key needs --psk-identity'],
  [
    `client --endpoint a --server coaps://h --psk-identity ${'i'.repeat(129)} --psk-key 00`,
    'error: the identity of the pre-shared key is longer than 128 bytes',
  ],
  [
    'server --listen 0 --cid 21 --psk-identity a --psk-key 00',
    "error: option '--cid [length]' argument '21' is invalid. Write a whole number from 0 to 20.",
  ],
  [
    'server --listen 0 --cid',
    'error: --cid needs --psk-identity, --cert or --rpk-key; there is no Connection ID without DTLS',
  ],
  [
    'client --endpoint a --server coaps://h --psk-identity a --psk-key 00 --cert a',
    'error: --psk-identity, --cert and --rpk-key exclude each other',
  ],
  ['client --endpoint a --server coaps://h --cert a', 'error: --cert needs --key'],
  ['client --endpoint a --server coaps://h --ca a', 'error: --key and --ca need --cert'],
  ['client --endpoint a --server coaps://h --rpk-peer a', 'error: --rpk-peer needs --rpk-key'],
  ['client --endpoint a --server coaps://h --rpk-key a', 'error: --rpk-key needs --rpk-peer'],
  ['client --endpoint a --server coaps://h --usage 2', 'error: --server-cert and --usage need --cert'],
  ['server --listen 0 --pcap /nowhere/a.pcap', 'error: /nowhere/a.pcap cannot be written: no such file or directory'],
  ['server --listen 65536', `error: option '--listen <port|uri>' argument '65536' is invalid. ${listenHint}`],
  ['server --listen', "error: option '--listen <port|uri>' argument missing"],
  ['server --listen h:5683', `error: option '--listen <port|uri>' argument 'h:5683' is invalid. ${listenHint}`],
  ['server --listen coap://h:x', `error: "coap://h:x" is no server URI: it does not parse; ${uriHint}`],
  ['server --listen coaps://h', 'error: coaps://h:5684 needs --psk-identity, --cert or --rpk-key'],
  ['server --listen coaps+tcp://h', 'error: coaps+tcp://h:5684 needs --psk-identity or --cert'],
  ['server --listen 0 --pcap=', 'error: "" cannot be written: no such file or directory'],
  ['client --endpoint a --server coap://h --state /nowhere/a', 'error: --state /nowhere/a: no such file or directory'],
  ['client --endpoint a --server coap://h --state /', 'error: --state /: is a directory'],
  ['client --endpoint a --server coap://h --state=', 'error: --state "": is a directory'],
  [
    `server --listen coap+tcp://h ${psk}`,
    'error: coap+tcp://h:5683 is not secured, but there are credentials; write coaps+tcp://',
  ],
  [
    `server --listen coap://h --listen coaps+tcp://h ${psk}`,
    'error: coap://h:5683 is not secured, coaps+tcp://h:5684 is; write coaps:// for both to be',
  ],
  [
    'server --listen coaps+tcp://h --rpk-key a --rpk-peer b',
    'error: coaps+tcp://h:5684 has no raw public keys; write --psk-identity or --cert, or coaps:// for --rpk-key',
  ],
  [
    `server --listen coaps+tcp://h --cid ${psk}`,
    'error: --cid is for DTLS, there is no Connection ID over TLS; leave it out, or write coaps://',
  ],
  ['server --listen coap+tcp://h --host i', 'error: --listen coap+tcp://h:5683 has a host; leave --host out'],
  [
    'server --listen 5683 --listen 5684',
    'error: --listen coap://0.0.0.0:5683 and --listen coap://0.0.0.0:5684: ' +
      'a server listens once on UDP and once on TCP; start another one',
  ],
  [
    'server --listen coap://h --listen coap+tcp://h:5684',
    'error: --listen coap://h:5683 and --listen coap+tcp://h:5684: ' +
      'UDP and TCP have the same address; write --listen coap+tcp://h:5683',
  ],
  ['server --listen 0 --loud', "error: unknown option '--loud'"],
  ['server --listen 0 more', "error: too many arguments for 'server'. Expected 0 arguments but got 1."],
  ['server --listen 0 --pcapp a', "error: unknown option '--pcapp' (Did you mean --pcap?)"],
  ['serve', "error: unknown command 'serve' (Did you mean server?)"],
  ['xyzzy', "error: unknown command 'xyzzy'"],
])('lwm2m %s: one line, exit code 1', async (command, line) => {
  const { exitCode, lines, errors } = start(command)
  expect(await exitCode).toBe(1)
  expect(errors).toEqual([line])
  expect(lines).toEqual([])
})

test.each(['--help', 'client --help', 'server --help', 'help client'])(
  'lwm2m %s: usage, exit code 0',
  async command => {
    const { exitCode, lines, errors } = start(command)
    expect(await exitCode).toBe(0)
    expect(lines.join('\n')).toContain('Usage: lwm2m')
    expect(errors).toEqual([])
  },
)

test('lwm2m alone: usage, exit code 1', async () => {
  const { exitCode, errors } = start('')
  expect(await exitCode).toBe(1)
  expect(errors.join('\n')).toContain('Usage: lwm2m')
})

test('lwm2m --version: the version of the package', async () => {
  const { exitCode, lines } = start('--version')
  expect(await exitCode).toBe(0)
  expect(lines).toEqual([(createRequire(import.meta.url)('../../package.json') as { version: string }).version])
})
