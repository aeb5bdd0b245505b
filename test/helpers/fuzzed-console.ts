import { cborLevel } from '../../shell/console/cbor-commands.ts'
import { mainLevel } from '../../shell/console/main-level.ts'
import { TextOutput } from '../../shell/console/output.ts'
import { TestingShell } from '../../shell/console/testing-shell.ts'
import { tlvLevel } from '../../shell/console/tlv-commands.ts'
import { text } from '../../shell/line/argument-types.ts'
import type { Command } from '../../shell/line/command.ts'
import { decodeDatagram, encodeDatagram } from '../../transport/coap/codec.ts'
import { Code, isRequest, isSignal, MessageType, noPayload } from '../../transport/coap/message.ts'
import type { Packet, ReceivedPacket } from '../../transport/coap/packet.ts'
import type { Address } from '../../transport/connection.ts'
import { seededRandom } from '../../transport/random.ts'
import { consoleMessage } from './console-message.ts'
import { LineFuzz } from './fuzzed-lines.ts'
import { type Fuzzed, faultOfText, patience, textFault } from './fuzzed-shell.ts'
import { type SimulatedWorld, simulatedWorld } from './simulated-world.ts'
import { TypingReader } from './typing-reader.ts'

const main = mainLevel(text)
const commands: readonly Command<never>[] = [...main.commands, ...tlvLevel().commands, ...cborLevel().commands]
const peer: Address = { host: '10.0.0.9', port: 5683 }
const suffix = ' (try "get_error" for details)'

/** Commands that only answer what comes, if they send anything. */
const listeners = new Set(['', 'recv', 'wait', 'listen', 'file_server'])
/** Commands that send as many messages as it takes. */
const writers = new Set(['bootstrap', 'write_file'])
/** Commands that nobody hears of. */
const quiet = new Set(
  [...tlvLevel().commands, ...cborLevel().commands]
    .map(({ name }) => name)
    .concat('coap_decode lwm2m_decode details reset_history help get_error expect set sleep'.split(' '))
    .concat('payload_buffer_clear payload_buffer_show payload_buffer_show_hex payload_buffer_show_tlv'.split(' '))
    .concat('tlv cbor connect unconnect'.split(' ')),
)
/** What scripts know as it is, and what is wrong with no argument but with how things are. */
const known = [
  String.raw`could not send \w+ \(.+\)`,
  String.raw`(?:no such|ambigious) command: .*`,
  String.raw`cannot assign positional argument: no more expected parameters`,
  String.raw`multiple values for key: \w+`,
  String.raw`not connected to any remote host|the connection was closed|interrupted|no client has registered .*`,
  String.raw`\[Errno \d+\] .*|no file: .*`,
  String.raw`Cannot (?:set both PSK and cert mode|use PSK and Certificates) at the same time`,
  String.raw`cannot add a [A-Z_]+|Element with such ID and parent already exists`,
  String.raw`instance or resource \S+ does not exist|\w+ \S+ is [A-Z_]+, cannot be selected`,
  String.raw`attempted to take \d+ bytes, but only \d+ available`,
]
const states = new RegExp(`^(?:${known.join('|')})$`, 's')

/** Valid lines besides the examples of the commands. */
const more = String.raw`
connect 10.0.0.9
connect 10.0.0.9 5683 7000
connect port=5683 host=10.0.0.9
listen 9000
listen port=9001 ipv6=1
listen 9002 tcp=1
listen 9003 psk_identity=a psk_key=b connection_id=abc
file_server . 9004
unconnect
recv
recv 1
expect Lwm2mContent(msg_id=ANY,token=ANY,content=b"21.5")
expect None
expect Lwm2mUpdate("/rd/demo", content=b"")
coap CONFIRMABLE RES_CONTENT 5 abc [URI_PATH("a b"),BLOCK2(1,True,32)] hello 0
coap NON_CONFIRMABLE 7.01
write /1/0/1 120 format=TEXT_PLAIN update=1
observe /3303/0/5700 pmin=1 pmax=10 lt=1.5 gt=-3 st=0.5
get_error
help
help read
tlv
tlv
cbor
cbor
add_resource 5 7 type=int
add_resource /3/0/0 string hello
select 0
details 3
bootstrap coaps://10.0.0.1:9500 PreSharedKey user password ssid=2 lifetime=60 finish=0
set auto_update=0 auto_ack=0
coap_decode \x60\x00\x13\x38
lwm2m_decode \x40\x01\x13\x38\xb1\x33\xff\xc1\x01\x05
`.split('\n')
const examples = commands.flatMap(({ example = '' }) => [example])
/** Few lines end a session. */
const enduring = [...examples, ...more].filter(line => line !== 'exit' && line !== 'EOF')

/** Valid lines of every command, some with the names of files. */
export function consoleLines(files: readonly string[]): string[] {
  const withFiles = files.flatMap(file => [
    `write_file ${file} /5/0/0`,
    `file_server ${file} 0`,
    `bootstrap coaps://10.0.0.9 Certificate client_cert_path=${file} client_private_key_path=${file}`,
    `listen 9005 ca_path=${file} crt_file=${file} key_file=${file}`,
  ])
  return [...enduring, ...withFiles]
}

/** Types so many lines into the testing shell, beside a peer that may answer. Rejects with what went wrong, and after which lines. */
export async function fuzzConsole(seed: number, count: number, files: readonly string[]): Promise<Fuzzed> {
  const fuzz = new LineFuzz(seededRandom(seed), consoleLines(files), files)
  const site = new ConsoleSite(seed, fuzz)
  const typed: string[] = []
  const fuzzed: Fuzzed = { lines: 0, errors: new Map() }
  const ended = site.shell.run({ listens: false }).finally(() => {
    site.hasEnded = true
  })
  try {
    await site.type('connect 10.0.0.9')
    while (fuzzed.lines < count && !site.hasEnded) {
      const line = fuzz.line()
      typed.push(line)
      fuzzed.lines++
      const error = await site.type(line)
      if (error !== undefined) fuzzed.errors.set(error, (fuzzed.errors.get(error) ?? 0) + 1)
    }
    while (!site.hasEnded) await site.type(undefined)
    await ended
    await site.world.clock.advance(120_000)
    if (site.world.clock.pendingTimers > 0) throw new Error('there are timers after its end')
  } catch (error) {
    throw new Error(`after ${JSON.stringify(typed.slice(-5).map(line => line.slice(0, 300)))}`, { cause: error })
  }
  return fuzzed
}

class ConsoleSite {
  readonly world: SimulatedWorld
  readonly reader = new TypingReader()
  readonly shell: TestingShell
  hasEnded = false
  readonly #fuzz: LineFuzz
  readonly #datagrams: Buffer[] = []
  readonly #told: Packet[] = []
  readonly #heard = new Set<number>()

  constructor(seed: number, fuzz: LineFuzz) {
    this.world = simulatedWorld({ seed })
    this.#fuzz = fuzz
    const { network } = this.world
    const send = network.send.bind(network)
    network.send = (bytes, from, to) => {
      this.#datagrams.push(Buffer.from(bytes))
      send(bytes, from, to)
    }
    const say = (bytes: Uint8Array, to: Address) => send(bytes, peer, to)
    network.attach(peer, (bytes, from) => this.#answer(bytes, reply => say(reply, from)))
    const told = this.#told
    const heard = this.#heard
    const output = new (class extends TextOutput {
      override sent(packet: Packet, kind: Parameters<TextOutput['sent']>[1]): void {
        told.push(packet)
        super.sent(packet, kind)
      }
      override received(arrival: ReceivedPacket, kind?: Parameters<TextOutput['received']>[1]): void {
        if (arrival.kind === 'message') heard.add(arrival.packet.messageId)
        super.received(arrival, kind)
      }
      override waiting(port: number): void {
        super.waiting(port)
        if (fuzz.below(3) > 0) say(unasked(fuzz.pick(['register', 'ping', 'noise']), fuzz), { host: '0.0.0.0', port })
      }
    })(line => this.reader.print(line), false)
    this.shell = new TestingShell({
      world: this.world,
      reader: this.reader,
      output,
      defaults: { ipv6: false, tcp: false, debug: false },
      prompts: true,
      echoes: false,
    })
  }

  /** Types a line and looks at what comes of it: the error, if there is one. */
  async type(line: string | undefined): Promise<string | undefined> {
    const { reader } = this
    this.#datagrams.length = 0
    this.#told.length = 0
    this.#heard.clear()
    reader.printed.length = 0
    if (line !== undefined) {
      this.shell.holdsSecret(line)
      this.shell.complete(line, this.#fuzz.below(line.length + 1))
    }
    reader.type(line)
    const isOver = () => reader.isAsked || this.hasEnded
    await patience(this.world.clock, line ?? '', { interrupt: () => reader.interrupt(), isOver })
    return line === undefined ? undefined : this.#check(line)
  }

  #check(line: string): string | undefined {
    const { printed } = this.reader
    const fault = textFault(printed)
    if (fault !== undefined) throw new Error(`${fault}: ${JSON.stringify(printed).slice(0, 2000)}`)
    const command = /^\* (?:exact|prefix|snake case|fuzzy): (\w+)$/.exec(printed[0] ?? '')?.[1] ?? ''
    const errors = printed.filter(one => one.endsWith(suffix))
    if (errors.length > 1 || errors.some(one => one.includes('\n')))
      throw new Error(`not one line: ${printed.join('\n')}`)
    const error = errors[0]?.slice(0, -suffix.length)
    const own = this.#told.filter(
      ({ type, messageId }) => !(type >= MessageType.acknowledgement && this.#heard.has(messageId)),
    )
    this.#checkDatagrams(command)
    if (quiet.has(command) && this.#datagrams.length > 0) throw new Error(`${command} has sent something`)
    if (listeners.has(command) && command !== 'file_server' && own.length > 0)
      throw new Error(`${command} has sent ${own.length} messages of its own`)
    const isSingle = ![quiet, listeners, writers].some(set => set.has(command)) && command !== 'udp' && command !== ''
    if (isSingle && error === undefined && own.length !== 1 && !/^(?:exiting|Skipping)/m.test(printed.join('\n')))
      throw new Error(`${command} has sent ${own.length} messages: ${printed.join('\n')}`)
    if (error === undefined) return undefined
    if (own.length > 0 && !/interrupted|closed/.test(error) && !writers.has(command))
      throw new Error(`${error}, but something was sent`)
    const shape = faultOfText(
      error,
      commands.filter(({ name }) => name === command),
      states,
    )
    if (shape !== undefined) throw new Error(`${command}: ${shape} (${line.slice(0, 300)})`)
    return error
  }

  /** Each datagram is one that was told of, or that of `udp`. */
  #checkDatagrams(command: string): void {
    const told = this.#told.map(one => encodeDatagram(one).toString('hex'))
    for (const datagram of this.#datagrams) {
      const at = told.indexOf(datagram.toString('hex'))
      if (at >= 0) told.splice(at, 1)
      else if (command !== 'udp')
        throw new Error(`${command} has sent ${datagram.toString('hex').slice(0, 200)}, and not told`)
    }
    if (command === 'udp' && this.#datagrams.length > 1) throw new Error('udp has sent several datagrams')
  }

  /** What the peer makes of a datagram. */
  #answer(bytes: Buffer, reply: (bytes: Uint8Array) => void): void {
    const fuzz = this.#fuzz
    if (fuzz.below(4) === 0) reply(unasked(fuzz.pick(['register', 'ping', 'noise', 'send']), fuzz))
    let request: Packet
    try {
      request = decodeDatagram(bytes)
    } catch {
      return
    }
    if (request.type !== MessageType.confirmable || fuzz.below(5) === 0 || isSignal(request.code)) return
    const { messageId, token } = request
    const type = fuzz.below(8) === 0 ? MessageType.reset : MessageType.acknowledgement
    const code =
      type === MessageType.reset || !isRequest(request.code) ? Code.empty : fuzz.pick([0x45, 0x44, 0x84, 0xa0, 0x5f])
    const isEmpty = code === Code.empty
    reply(
      encodeDatagram({
        type,
        code,
        messageId,
        token: isEmpty ? noPayload : token,
        options: [],
        payload: isEmpty ? noPayload : Buffer.from(fuzz.line()).subarray(0, 1000),
      }),
    )
  }
}

/** Something that a peer says by itself. */
function unasked(what: string, fuzz: LineFuzz): Buffer {
  const messageId = 50_000 + fuzz.below(10_000)
  if (what === 'noise') return Buffer.from(fuzz.line()).subarray(0, 1000)
  if (what === 'ping') return Buffer.from([0x40, 0, messageId >> 8, messageId & 0xff])
  const path = what === 'register' ? 'rd' : 'dp'
  const uriQuery = what === 'register' ? [`ep=${fuzz.line().slice(0, 100)}`, 'lwm2m=1.1'] : []
  const message = consoleMessage({
    code: Code.post,
    messageId,
    options: { uriPath: [path], uriQuery },
    payload: fuzz.line().slice(0, 500),
  })
  return encodeDatagram(message as Packet)
}
