import { expect } from 'vitest'
import type { Address, Connection } from '../../transport/connection.ts'
import { alertName, DtlsError } from '../../transport/dtls/alert.ts'
import { connectDtls } from '../../transport/dtls/connect.ts'
import { psk } from '../../transport/dtls/credentials.ts'
import type { DtlsConnection } from '../../transport/dtls/dtls-connection.ts'
import type { DtlsClientOptions, DtlsServerOptions } from '../../transport/dtls/parameters.ts'
import { ContentType, type DtlsRecord, readRecord } from '../../transport/dtls/record.ts'
import { TransportError } from '../../transport/errors.ts'
import type { MemoryNetwork } from '../../transport/memory.ts'
import { clientCertificate, clientKey, serverCertificate, serverKey, steady, trusting } from './dtls-credentials.ts'
import { DtlsSite, identity, key } from './dtls-site.ts'

/** A kind of handshake, attacked in one way after the other. */
export interface Scenario {
  readonly name: string
  readonly server?: Partial<DtlsServerOptions>
  readonly client?: Partial<DtlsClientOptions>
  /** Whom the server takes the client for. Default: the holder of the pre-shared key. */
  readonly clientIdentity?: string
  /** Whether the handshake that is attacked resumes the session of another before it. */
  readonly resumes?: boolean
}

const identified = { connectionIdLength: 4 }
const small = { parameters: { mtuBytes: 160 } }

const certificates: Scenario = {
  name: 'certificates',
  client: { suites: [0xc0ae], credentials: steady(clientCertificate), verify: trusting(serverCertificate) },
  server: { credentials: [steady(serverCertificate)], verify: trusting(clientCertificate) },
}

export const scenarios: readonly Scenario[] = [
  { name: 'full, with a ticket' },
  { name: 'full, with a session id', server: { tickets: false } },
  { name: 'abbreviated by ticket', resumes: true },
  { name: 'abbreviated by session id', resumes: true, server: { tickets: false } },
  { name: 'ECDHE_PSK', client: { suites: [0xd003] } },
  { name: 'CBC with encrypt-then-MAC', client: { suites: [0x00ae] } },
  { name: 'Connection IDs', client: identified, server: identified },
  { name: 'Connection IDs, abbreviated', resumes: true, client: identified, server: identified },
  certificates,
  { ...certificates, name: 'certificates, abbreviated', resumes: true },
  {
    name: 'raw public keys',
    client: { suites: [0xc0ae], credentials: steady(clientKey), verify: trusting(serverKey) },
    server: { credentials: [steady(serverKey)], verify: trusting(clientKey) },
    clientIdentity: 'key of client',
  },
  { name: 'in fragments', client: { suites: [0xd001] }, server: { ...small, identityHint: 'a hint '.repeat(12) } },
]

/** A datagram on its way, the first one of the attacked handshake with the index 0. */
export interface Travelling {
  readonly index: number
  readonly bytes: Buffer
  readonly from: Address
  readonly to: Address
  readonly toServer: boolean
}

/** Somebody on the path: what it does not deliver is lost. */
export type Attacker = (
  datagram: Travelling,
  deliver: (bytes?: Buffer, delayMs?: number, from?: Address, to?: Address) => void,
) => void

const honest: Attacker = (_datagram, deliver) => deliver()

/** What a peer may be told when something was tampered with; internal_error would be this end's own fault. */
const rightAlerts = new Set([
  'unexpected_message',
  'handshake_failure',
  'illegal_parameter',
  'decode_error',
  'decrypt_error',
  'protocol_version',
  'unsupported_extension',
  'unknown_psk_identity',
  'bad_certificate',
  'unsupported_certificate',
  'certificate_unknown',
  'unknown_ca',
])

function expectRightAlert({ cause, alertCode }: TransportError, why: string): void {
  // Without a cause it is what the peer said.
  if (cause === undefined || alertCode === undefined) return
  expect(cause, why).toBeInstanceOf(DtlsError)
  expect([...rightAlerts], why).toContain(alertName(alertCode))
}

/** One handshake with an attacker on its path, and what came of it. */
export class DtlsDuel {
  readonly site: DtlsSite
  readonly scenario: Scenario
  /** All datagrams since {@link attack}, as they were sent. */
  readonly sent: Travelling[] = []
  /** Alerts in clear. */
  readonly alerts: string[] = []
  readonly serverKeys: string[] = []
  readonly clientKeys: string[] = []
  attacker: Attacker = honest
  client: DtlsConnection | undefined
  error: unknown
  #acceptedBefore = 0
  #inject: MemoryNetwork['send'] = () => {}
  readonly #clientIdentity: string
  #session: Partial<DtlsClientOptions> = {}

  constructor(scenario: Scenario, seed = 1) {
    this.scenario = scenario
    this.#clientIdentity = scenario.clientIdentity ?? identity
    this.site = new DtlsSite({ seed, server: { ...scenario.server, keyLog: line => this.serverKeys.push(line) } })
  }

  /** Has the server listen, and the session that will be resumed made. */
  async prepare(): Promise<this> {
    const { site, scenario } = this
    await site.listen()
    if (scenario.resumes === true) {
      const first = await site.connect(scenario.client)
      if (first.resumable !== undefined) this.#session = { session: first.resumable }
      first.close()
      await site.clock.advance(1)
    }
    this.#acceptedBefore = site.accepted.length
    this.#tap()
    return this
  }

  /** Runs the handshake to its end, and on until nothing is repeated any more. */
  async handshake(attacker: Attacker = honest, connection?: Connection): Promise<this> {
    const { site, scenario } = this
    const { clock, random } = site
    this.attacker = attacker
    const keyLog = (line: string) => this.clientKeys.push(line)
    const path = connection ?? (await site.network.connect(site.serverAddress))
    const options = { clock, random, keyLog, credentials: psk(identity, key), ...scenario.client, ...this.#session }
    try {
      this.client = await clock.until(connectDtls(path, options))
    } catch (error) {
      this.error = error
    }
    await clock.advance(130_000)
    return this
  }

  /** The sessions that the server takes for established. */
  get served(): Connection[] {
    return this.site.accepted
      .slice(this.#acceptedBefore)
      .filter(({ ends }) => ends.length === 0)
      .map(({ connection }) => connection)
  }

  /** Both ends have agreed on the same keys, on who is who, and hear each other. */
  async expectEstablished(why: string): Promise<void> {
    const { site, client, scenario } = this
    expect(this.error, why).toBeUndefined()
    if (client === undefined) throw new Error(`${why}: no session`)
    expect(client.isResumed, why).toBe(scenario.resumes === true)
    await this.expectSound(why)
    expect(site.failures, why).toEqual([])
  }

  /**
   * Whatever an attacker did: nothing was established wrongly, whoever gave up said why, and nothing is left behind.
   * @param mayBeAlone whether one end may take the session for established that the other has forgotten: a forged alert
   * in clear ends a handshake
   */
  async expectSound(why: string, mayBeAlone = false): Promise<void> {
    const { site, client, error } = this
    this.attacker = honest
    if (client === undefined) {
      expect(error, why).toBeInstanceOf(TransportError)
      expect(['HANDSHAKE', 'TIMEOUT'], why).toContain((error as TransportError).code)
      expectRightAlert(error as TransportError, why)
      // Who gives up by itself says so; who was told to does not answer.
      const isSilent = (error as TransportError).cause === undefined
      if (mayBeAlone && isSilent)
        for (const served of this.served) expect(served.identity, why).toBe(this.#clientIdentity)
      else expect(this.served, why).toEqual([])
    } else if (mayBeAlone && this.served.length === 0) {
      expect(await site.echo(client, Buffer.of(1)), why).toBeUndefined()
    } else {
      expect(this.serverKeys, why).toContain(this.clientKeys.at(-1))
      expect(
        this.served.map(served => served.identity),
        why,
      ).toEqual([this.#clientIdentity])
      for (const length of [3, 300]) {
        const bytes = site.random.bytes(length)
        expect(await site.echo(client, bytes), why).toEqual(bytes)
      }
    }
    for (const failure of site.failures) expectRightAlert(failure, why)
    for (const alert of this.alerts) expect([...rightAlerts], why).toContain(alert)
    await this.expectNothingLeft(why)
  }

  async expectNothingLeft(why: string): Promise<void> {
    const { clock, listener } = this.site
    // The hourly sweep of a server that has, or had, sessions is its only timer.
    expect(clock.pendingTimers, why).toBeLessThanOrEqual(Math.min(1, this.site.accepted.length))
    this.client?.close()
    await clock.advance(10)
    if (this.client !== undefined) expect(this.served, why).toEqual([])
    await listener.close()
    await clock.advance(10)
    expect(clock.pendingTimers, why).toBe(0)
  }

  /** Sends what neither end has said. */
  inject(bytes: Buffer, from: Address, to: Address): void {
    this.#inject(bytes, from, to)
  }

  #tap(): void {
    const { network, serverAddress, clock } = this.site
    const send = network.send.bind(network)
    this.#inject = send
    network.send = (bytes, from, to) => {
      const datagram: Travelling = {
        index: this.sent.length,
        bytes: Buffer.from(bytes),
        from,
        to,
        toServer: to.port === serverAddress.port,
      }
      this.sent.push(datagram)
      this.#note(datagram)
      this.attacker(datagram, (changed = datagram.bytes, delayMs = 0, sender = from, receiver = to) => {
        if (delayMs === 0) send(changed, sender, receiver)
        else clock.setTimeout(() => send(changed, sender, receiver), delayMs)
      })
    }
  }

  #note({ bytes }: Travelling): void {
    for (const record of recordsOf(bytes)) {
      if (record.type === ContentType.alert && record.epoch === 0) this.alerts.push(alertName(record.fragment[1] ?? -1))
    }
  }
}

/** A duel that is ready for its handshake. */
export async function duelOf(scenario: Scenario): Promise<DtlsDuel> {
  return await new DtlsDuel(scenario).prepare()
}

/** The datagrams of a handshake that nobody disturbs: the same ones again, up to what an attacker does. */
export async function undisturbed(scenario: Scenario): Promise<readonly Travelling[]> {
  const duel = await (await duelOf(scenario)).handshake()
  const flights = [...duel.sent]
  await duel.expectEstablished('undisturbed')
  return flights
}

/** Flips a bit in one byte out of `stride` of each datagram; returns how many handshakes that were. */
export async function flipBytes(scenario: Scenario, stride: number, first = 0): Promise<number> {
  let handshakes = 0
  let place = first
  for (const { index, bytes } of await undisturbed(scenario)) {
    for (; place < bytes.length; place += stride) {
      const duel = await duelOf(scenario)
      const bit = 1 << (handshakes++ & 7)
      await duel.handshake((datagram, deliver) => {
        if (datagram.index !== index) return deliver()
        const changed = Buffer.from(datagram.bytes)
        changed[place] = (changed[place] as number) ^ bit
        deliver(changed)
      })
      await duel.expectSound(`bit ${bit} of byte ${place} in datagram ${index}`)
    }
    place -= bytes.length
  }
  return handshakes
}

/** One record of a datagram, and where it is. */
export interface PlacedRecord {
  readonly type: number
  readonly epoch: number
  readonly start: number
  readonly end: number
  readonly fragment: Buffer
  readonly record: DtlsRecord
}

/** The records of a datagram. */
export function recordsOf(datagram: Buffer, connectionIdLength = identified.connectionIdLength): PlacedRecord[] {
  const records: PlacedRecord[] = []
  for (let start = 0; start < datagram.length; ) {
    const read = readRecord(datagram, start, connectionIdLength)
    if (read === undefined) break
    const { type, epoch, fragment } = read.record
    records.push({ type, epoch, start, end: read.next, fragment, record: read.record })
    start = read.next
  }
  return records
}
