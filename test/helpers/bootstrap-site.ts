import { device } from '../../objects/definitions/device.ts'
import { security } from '../../objects/definitions/security.ts'
import { server as serverObject } from '../../objects/definitions/server.ts'
import { ObjectsApi } from '../../objects/objects.ts'
import { performBootstrap } from '../../objects/operations/bootstrap.ts'
import type { BootstrapOperation } from '../../objects/operations/operation.ts'
import { ObjectStore } from '../../objects/store.ts'
import { parseBootstrapConfig } from '../../server/bootstrap-config.ts'
import { type BootstrapEvent, Lwm2mBootstrapServer } from '../../server/bootstrap-server.ts'
import type { BootstrapListenOptions } from '../../server/options.ts'
import { type CoapMessage, Code } from '../../transport/coap/message.ts'
import { CoapPeer } from '../../transport/coap/peer.ts'
import type { Address } from '../../transport/connection.ts'
import { type BootstrapRequest, encodeBootstrapRequest } from '../../transport/lwm2m/bootstrap-request.ts'
import { describeMessage } from '../../transport/lwm2m/describe.ts'
import { decodeBootstrapOperation, encodeOutcome } from '../../transport/lwm2m/downlink.ts'
import { MemoryNetwork } from '../../transport/memory.ts'
import { type Random } from '../../transport/random.ts'
import { SimulatedClock } from '../../transport/simulated-clock.ts'
import { openCoapStream } from './coap-stream.ts'
import { simulatedWorld } from './simulated-world.ts'

export const account = { uri: 'coap://10.0.0.2', shortServerId: 1, lifetimeSeconds: 60 }

export interface BootstrapSiteOptions {
  /** The file of the server. Default: any client gets {@link account}. */
  readonly config?: unknown
  readonly server?: Partial<BootstrapListenOptions>
}

/** A bootstrap server on a network in memory, under simulated time. */
export async function bootstrapSite({ config, server: serverOptions = {} }: BootstrapSiteOptions = {}) {
  const { clock, random, network } = simulatedWorld()
  const errors: unknown[] = []
  const server = await Lwm2mBootstrapServer.listen({
    config: parseBootstrapConfig(JSON.stringify(config ?? { clients: { '*': { servers: [account] } } })),
    clock,
    random,
    network,
    host: '10.0.0.9',
    onError: error => errors.push(error),
    ...serverOptions,
  })
  const events: BootstrapEvent[] = []
  server.events$.subscribe(event => events.push(event))
  return {
    clock,
    random,
    network,
    server,
    events,
    /** Faults of the server. */
    errors,
    /** One line an event. */
    get told() {
      return events.map(tell)
    },
    device: (options: DeviceOptions = {}) =>
      bootstrapDevice({ clock, random, network }, { remote: server.local, ...options }),
  }
}

export interface DeviceOptions {
  /** Instance of its Bootstrap-Server Account. Default 0. */
  readonly accountInstanceId?: number
  readonly enablerVersion?: '1.0' | '1.1' | '1.2'
  /** Default: where the server of the site listens. */
  readonly remote?: Address
  /** How it comes. Default `udp`. */
  readonly transport?: 'udp' | 'tcp'
  /** Answers in its place; undefined leaves it to the device. */
  readonly answer?: (operation: BootstrapOperation) => CoapMessage | Promise<CoapMessage> | undefined
}

interface Surroundings {
  readonly clock: SimulatedClock
  readonly random: Random
  readonly network: MemoryNetwork
}

/** A device that does what the bootstrap server asks, on a store that holds its account there. */
async function bootstrapDevice({ clock, random, network }: Surroundings, options: DeviceOptions & { remote: Address }) {
  const store = new ObjectStore()
  for (const definition of [security, serverObject, device]) store.define(definition)
  const objects = new ObjectsApi(store)
  objects.create(device, 0, { errorCode: { 0: 0 }, supportedBindingAndModes: 'U' })
  objects.create(security, options.accountInstanceId ?? 0, {
    lwm2mServerUri: 'coap://10.0.0.9',
    bootstrapServer: true,
    securityMode: 3,
  })
  /** What it was asked, and in which message. */
  const asked: string[] = []
  const context = { enablerVersion: options.enablerVersion ?? '1.1' } as const
  const connection =
    options.transport === 'tcp'
      ? await openCoapStream({ clock, network }, options.remote)
      : await network.connect(options.remote)
  const peer = new CoapPeer(connection, {
    clock,
    random,
    handler: ({ message }) => {
      asked.push(describeMessage(message))
      const operation = decodeBootstrapOperation(message)
      const answer = options.answer?.(operation) ?? performBootstrap(store, context, operation)
      return 'responseCode' in answer ? encodeOutcome(answer) : (answer as CoapMessage | Promise<CoapMessage>)
    },
  })
  return {
    store,
    objects,
    asked,
    peer,
    address: connection.local,
    send: (message: CoapMessage) => clock.until(peer.request(message).response),
    /** Asks for bootstrap and lets the sequence happen. Resolves with the code of the answer. */
    async bootstrap(request: BootstrapRequest = { endpoint: 'dev1' }) {
      const { code } = await this.send(encodeBootstrapRequest(request))
      await clock.advance(1_000)
      return code
    },
  }
}

function tell(event: BootstrapEvent): string {
  const who = event.endpoint ?? 'nobody'
  switch (event.type) {
    case 'operation': {
      const path = event.path === undefined ? '' : ` /${event.path.join('/')}`
      return `${who} ${event.kind}${path} ${event.responseCode >> 5}.${String(event.responseCode & 31).padStart(2, '0')}`
    }
    case 'failed':
      return `${who} failed: ${event.cause.message}`
    case 'refused':
      return `${who} refused: ${event.reason}`
    default:
      return `${who} ${event.type}`
  }
}

export function response(code: number, payload = '', options: CoapMessage['options'] = []): CoapMessage {
  return { code, options, payload: Buffer.from(payload) }
}

export const changed = response(Code.changed)
