import type { Clock } from '../../transport/clock.ts'
import type { Address, Connection, Network } from '../../transport/connection.ts'
import { connectDtls } from '../../transport/dtls/connect.ts'
import { psk } from '../../transport/dtls/credentials.ts'
import type { DtlsConnection } from '../../transport/dtls/dtls-connection.ts'
import { listenDtls } from '../../transport/dtls/listener.ts'
import type { DtlsOptions } from '../../transport/dtls/parameters.ts'
import type { ResumableSession } from '../../transport/dtls/resumable-session.ts'
import { seededRandom } from '../../transport/random.ts'

/** What both ends are told before a capture; the same leads to the same. */
export interface CaptureSetup {
  /** Which role the engine has. */
  readonly role: 'client' | 'server'
  readonly identity: string
  /** Hexadecimal. */
  readonly key: string
  /** Of the randomness of the engine. */
  readonly seed: number
  /** What the clock of the engine says throughout. */
  readonly nowMs: number
  /** The id of the only cipher suite that the engine allows. */
  readonly suite: number
  /** Whether the engine, as a server, gives tickets. */
  readonly tickets: boolean
  readonly mtuBytes: number
  /** How many sessions follow each other; each is a resumption of the one before, if there is one. */
  readonly sessions: number
}

export interface CapturedDatagram {
  readonly from: 'engine' | 'peer'
  /** Hexadecimal. */
  readonly bytes: string
}

/** All datagrams between the engine and one address, in order. */
export interface CapturedPath {
  readonly remote: Address
  readonly datagrams: readonly CapturedDatagram[]
}

/** What the engine has learnt in a capture. */
export interface CaptureOutcome {
  readonly keyLog: string[]
  /** The application data received, as text. */
  readonly received: string[]
}

/** A capture as it is kept in a file. */
export interface Capture extends CaptureSetup, CaptureOutcome {
  /** The program at the other end. */
  readonly peer: string
  readonly paths: readonly CapturedPath[]
}

/** What the engine says in each session as a client. */
export const request = 'GET /temperature\n'

/** Plays the client: opens a session, sends {@link request}, waits for an answer, closes; and again. */
export async function playClient(
  network: Network,
  server: Address,
  clock: Clock,
  setup: CaptureSetup,
): Promise<CaptureOutcome> {
  const outcome: CaptureOutcome = { keyLog: [], received: [] }
  const credentials = psk(setup.identity, Buffer.from(setup.key, 'hex'))
  const options = engineOptions(clock, setup, outcome)
  let session: ResumableSession | undefined
  for (let count = 0; count < setup.sessions; count++) {
    const connection = await network.connect(server)
    const opened = await connectDtls(connection, { ...options, credentials, ...(session && { session }) })
    if (opened.isResumed !== count > 0) throw new Error(`session ${count} is resumed: ${opened.isResumed}`)
    outcome.received.push(await ask(opened))
    session = opened.resumable
    opened.close()
  }
  return outcome
}

/** Plays the server: sends back what it receives, for as many sessions as are agreed on. */
export async function playServer(
  network: Network,
  local: Address,
  clock: Clock,
  setup: CaptureSetup,
): Promise<CaptureOutcome> {
  const outcome: CaptureOutcome = { keyLog: [], received: [] }
  const key = Buffer.from(setup.key, 'hex')
  return new Promise((resolve, reject) => {
    let closed = 0
    const end = () => {
      if (++closed === setup.sessions) resolve(outcome)
    }
    const accept = (connection: Connection) => {
      connection.receive({
        datagram: bytes => {
          outcome.received.push(bytes.toString())
          connection.send(bytes)
        },
        failed: reject,
        closed: end,
      })
    }
    const options = {
      ...engineOptions(clock, setup, outcome),
      tickets: setup.tickets,
      psk: (identity: Buffer) => (identity.toString() === setup.identity ? key : undefined),
      onFailure: reject,
    }
    listenDtls(network, local, options, accept).catch(reject)
  })
}

function ask(connection: DtlsConnection): Promise<string> {
  return new Promise((resolve, reject) => {
    connection.receive({ datagram: bytes => resolve(bytes.toString()), failed: reject, closed: reject })
    connection.send(Buffer.from(request))
  })
}

function engineOptions(clock: Clock, setup: CaptureSetup, outcome: CaptureOutcome): DtlsOptions {
  const { seed, suite, mtuBytes } = setup
  return {
    clock,
    random: seededRandom(seed),
    suites: [suite],
    parameters: { mtuBytes },
    keyLog: line => outcome.keyLog.push(line),
  }
}

/** A {@link CapturedPath} in the making. */
export interface GrowingPath {
  readonly remote: Address
  readonly datagrams: CapturedDatagram[]
}

/** A connection that writes down what it carries. */
export function capturedConnection(connection: Connection, { datagrams }: GrowingPath): Connection {
  const { local, remote } = connection
  return {
    local,
    remote,
    send(bytes) {
      datagrams.push({ from: 'engine', bytes: Buffer.from(bytes).toString('hex') })
      connection.send(bytes)
    },
    receive(receiver) {
      connection.receive({
        datagram(bytes) {
          datagrams.push({ from: 'peer', bytes: bytes.toString('hex') })
          receiver.datagram(bytes)
        },
        failed: error => receiver.failed(error),
      })
    },
    close: () => connection.close(),
  }
}
