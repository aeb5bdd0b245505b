import { Lwm2mClient } from '../../client/client.ts'
import type { ClientOptions } from '../../client/options.ts'
import { psk } from '../../client/psk.ts'
import { type Security, securityResources } from '../../client/security.ts'
import type { BootstrapAccount, ServerAccount } from '../../objects/account.ts'
import { defineObject } from '../../objects/definition.ts'
import { device12 } from '../../objects/definitions/device.ts'
import { security } from '../../objects/definitions/security.ts'
import { server, server12 } from '../../objects/definitions/server.ts'
import type { EnablerVersion } from '../../objects/enabler.ts'
import type { Path } from '../../objects/path.ts'
import { systemClock } from '../../transport/clock.ts'
import { isRequest } from '../../transport/coap/message.ts'
import type { Connection } from '../../transport/connection.ts'
import { connectDtls } from '../../transport/dtls/connect.ts'
import { systemRandom } from '../../transport/random.ts'
import { systemNetwork } from '../../transport/system-network.ts'
import { parseServerUri } from '../../transport/uri.ts'
import { withHabits } from './habits.ts'
import type { Transcript } from './transcript.ts'

/** What is recorded of the device that took part. */
export interface DeviceFacts {
  readonly endpoint: string
  readonly version: EnablerVersion
  readonly lifetimeSeconds: number
  /** Whether it asked for its accounts first. */
  readonly bootstraps: boolean
}

/** Where it is to go, and with which key. */
export interface DeviceServer {
  readonly port: number
  readonly psk: { readonly identity: string; readonly key: string } | undefined
}

/** An object of the device that took part; sessions create instances of it. */
const demoObject = defineObject({
  id: 33605,
  name: 'Test object',
  multiple: true,
  resources: {
    timestamp: { id: 0, type: 'integer', operations: 'R' },
    counter: { id: 1, type: 'integer', operations: 'RW' },
    incrementCounter: { id: 2, type: 'none', operations: 'E' },
  },
})

/** What sessions read of the device. */
const deviceValues = {
  manufacturer: 'Anjay',
  modelNumber: 'demo-client',
  serialNumber: 'my_endpoint',
  firmwareVersion: '3.14.0',
  availablePowerSources: { 0: 0 },
  powerSourceVoltage: { 0: 31951 },
  powerSourceCurrent: { 0: 9 },
  batteryLevel: 0,
  memoryFree: 0,
  errorCode: { 0: 0 },
  currentTime: 0,
  utcOffset: '+01:00',
  timezone: 'Europe/Warsaw',
  supportedBindingAndModes: 'UQ',
  deviceType: '',
  hardwareVersion: '',
  softwareVersion: '',
  batteryStatus: 0,
  memoryTotal: 0,
  extDevInfo: { 0: { objectId: 33606, instanceId: 0 } },
} satisfies ClientOptions['device']

/** What it has at /1/1 besides. */
const serverValues = {
  initialRegistrationDelayTimer: 0,
  bootstrapOnRegistrationFailure: true,
  communicationRetryCount: 5,
  communicationRetryTimer: 60,
  communicationSequenceDelayTimer: 86_400,
  communicationSequenceRetryCount: 1,
  muteSend: false,
}

/** What the sessions tell of their device; undefined where none took part. */
export function deviceFacts(transcripts: readonly Transcript[]): DeviceFacts | undefined {
  const lines = transcripts.flatMap(({ opening, steps }) => [...opening, ...steps.flatMap(({ output }) => output)])
  const register = lines.find(line => line.startsWith('<- Register '))
  if (register === undefined) return undefined
  const parameter = (name: string) => new RegExp(`[?&]${name}=([^&: ]*)`).exec(register)?.[1] ?? ''
  return {
    endpoint: parameter('ep'),
    version: parameter('lwm2m') as EnablerVersion,
    lifetimeSeconds: Number(parameter('lt')),
    bootstraps: lines.some(line => line.startsWith('<- Request Bootstrap ')),
  }
}

/** Our client in the place of the device of a recorded session. */
export class Device {
  readonly #client: Lwm2mClient
  readonly #ticking: NodeJS.Timeout
  #requests = 0
  /** A server without security knows its device by it. */
  #localPort = 0
  #heard = () => {}

  constructor({ endpoint, version, lifetimeSeconds, bootstraps }: DeviceFacts, to: DeviceServer) {
    const secured = to.psk && psk(to.psk.identity, Buffer.from(to.psk.key))
    const uri = `${secured ? 'coaps' : 'coap'}://127.0.0.1:${to.port}`
    this.#client = new Lwm2mClient({
      endpoint,
      versions: [version],
      ...(bootstraps && { bootstrap: { uri, ...(secured && { security: secured }) } }),
      objects: [version === '1.2' ? server12 : server, device12, demoObject],
      device: deviceValues,
      connect: account => this.#connect(account),
      trace: { message: (direction, { code }) => direction === 'sent' && isRequest(code) && this.#count() },
    })
    this.#client.objects.onCreate('/33605', path => this.#complete(path))
    if (!bootstraps) this.#createAccount(uri, lifetimeSeconds, secured)
    this.#client.objects.onRead('/3/0/13', () => Math.floor(Date.now() / 1000))
    this.#ticking = setInterval(() => this.#client.objects.changed('/3/0/13'), 1000)
    this.#client.start()
  }

  /** What was typed into the device. What its commands are called is the reference's. */
  command(text: string): void {
    switch (text) {
      case 'send-update':
        return this.update()
      case 'reconnect':
        return this.#client.reconnect()
      case 'send-register':
        // The recorded device sends nothing then.
        return
      default:
        throw new Error(`the device was told to ${text}, which ours cannot`)
    }
  }

  update(): void {
    this.#client.update()
  }

  /** De-registers, too. */
  async stop(): Promise<void> {
    clearInterval(this.#ticking)
    await this.#client.stop()
  }

  /** Requests that the device has sent. */
  get requests(): number {
    return this.#requests
  }

  /** Resolves once there are more than so many of them, or after the timeout. */
  hasSent(requests: number, timeoutMs: number): Promise<void> {
    return new Promise(resolve => {
      const finish = () => {
        clearTimeout(timer)
        this.#heard = () => {}
        resolve()
      }
      const timer = setTimeout(finish, timeoutMs)
      this.#heard = () => {
        if (this.#requests > requests) finish()
      }
      this.#heard()
    })
  }

  /** As it would have been after a bootstrap: the recorded device has its server at /1/1. */
  #createAccount(uri: string, lifetime: number, secured: Security | undefined): void {
    const { objects } = this.#client
    objects.create(security, 1, {
      lwm2mServerUri: uri,
      bootstrapServer: false,
      ...securityResources(secured),
      shortServerId: 1,
    })
    objects.create(server12, 1, {
      shortServerId: 1,
      lifetime,
      notificationStoringWhenDisabledOrOffline: true,
      binding: 'U',
      ...serverValues,
    })
  }

  async #connect({ uri, securityMode, securityInstanceId }: ServerAccount | BootstrapAccount): Promise<Connection> {
    const localPort = securityMode === 'noSec' ? this.#localPort : 0
    const connection = await systemNetwork.connect(parseServerUri(uri), { localPort })
    if (securityMode === 'noSec') {
      this.#localPort = connection.local.port
      return withHabits(connection)
    }
    const stored = (resource: number) => this.#client.objects.get(`/0/${securityInstanceId}/${resource}`) as Uint8Array
    const credentials = psk(stored(3), stored(5))
    return withHabits(await connectDtls(connection, { clock: systemClock, random: systemRandom, credentials }))
  }

  #complete(path: Path): void {
    for (const resource of [0, 1]) this.#client.objects.set(`/${[...path, resource].join('/')}`, 0)
  }

  #count(): void {
    this.#requests++
    this.#heard()
  }
}
