import type { ClientEvent } from '../machines/events.ts'
import { type CoapMessage, Code } from '../transport/coap/message.ts'
import { isRegister } from '../transport/lwm2m/uplink.ts'
import { seededRandom } from '../transport/random.ts'
import type { Trace } from '../transport/trace.ts'
import { Lwm2mClient } from './client.ts'
import { applyDeviceFile, type DeviceFile } from './device-file.ts'
import type { FleetTally } from './fleet-tally.ts'
import type { ClientOptions } from './options.ts'

export interface FleetDeviceOptions {
  readonly index: number
  readonly client: ClientOptions
  readonly file: DeviceFile | undefined
  readonly tally: FleetTally
  /** Something was counted. */
  readonly onCounted: () => void
}

/** One device of a fleet: its client, and what is told of it to the tally. */
export class FleetDevice implements Trace {
  readonly client: Lwm2mClient
  readonly #options: FleetDeviceOptions
  #isStarted = false
  #isRegistered = false
  #hasRegistered = false
  /** When the Register under way was first sent. */
  #registerMs: number | undefined
  #updateMs = 0
  #stopValues = () => {}

  /** Throws as {@link Lwm2mClient}. */
  constructor(options: FleetDeviceOptions) {
    this.#options = options
    this.client = new Lwm2mClient({ ...options.client, trace: this })
  }

  start(): void {
    const { index, file, tally } = this.#options
    const { client } = this
    if (file !== undefined) {
      this.#stopValues = applyDeviceFile(client, file, { clock: client.clock, random: seededRandom(index) })
    }
    this.#isStarted = true
    tally.running++
    client.events$.subscribe(event => this.#follow(event))
    client.start()
  }

  async stop(): Promise<void> {
    if (!this.#isStarted) return
    this.#isStarted = false
    this.#stopValues()
    await this.client.stop()
    this.#options.tally.running--
  }

  message(direction: 'sent' | 'received', message: CoapMessage): void {
    if (direction === 'received' || message.code !== Code.post || this.#registerMs !== undefined) return
    if (isRegister(message)) this.#registerMs = this.client.clock.now()
  }

  #follow(event: ClientEvent): void {
    const { tally, onCounted } = this.#options
    const nowMs = this.client.clock.now()
    switch (event.type) {
      case 'REGISTRATION_COMPLETE':
        tally.register.add(nowMs - (this.#registerMs ?? nowMs))
        this.#registerMs = undefined
        this.#setRegistered(true)
        break
      case 'REG_UPDATE':
        this.#updateMs = nowMs
        return
      case 'REG_UPDATE_COMPLETE':
        tally.update.add(nowMs - this.#updateMs)
        this.#setRegistered(true)
        break
      case 'REGISTRATION_FAILURE':
      case 'CONNECT_FAILURE':
      case 'REG_TIMEOUT':
      case 'DEREGISTER':
      case 'SERVER_DISABLED':
      case 'DISCONNECT':
        this.#registerMs = undefined
        this.#setRegistered(false)
    }
    tally.note(event)
    onCounted()
  }

  #setRegistered(isRegistered: boolean): void {
    const { tally } = this.#options
    if (isRegistered !== this.#isRegistered) tally.registered += isRegistered ? 1 : -1
    if (isRegistered && !this.#hasRegistered) tally.everRegistered++
    this.#isRegistered = isRegistered
    this.#hasRegistered ||= isRegistered
  }
}
