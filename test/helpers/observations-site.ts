import { deviceManagement } from '../../client/device-management.ts'
import { Observations } from '../../client/observations.ts'
import type { ObservationsOptions } from '../../client/observations-options.ts'
import { Requests } from '../../client/requests.ts'
import { AttributeTree } from '../../objects/attributes/tree.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import { ObjectsApi } from '../../objects/objects.ts'
import type { OperationContext } from '../../objects/operations/operation.ts'
import { parsePath } from '../../objects/path.ts'
import { ObjectStore } from '../../objects/store.ts'
import { changes$ } from '../../streams/changes.ts'
import { PathRouter } from '../../streams/route.ts'
import { CoapEndpoint } from '../../transport/coap/endpoint.ts'
import { findUint, OptionNumber } from '../../transport/coap/options.ts'
import type { CoapParameters } from '../../transport/coap/parameters.ts'
import { CoapPeer, type PendingObservation, type RequestHandler } from '../../transport/coap/peer.ts'
import { encodeOperation } from '../../transport/lwm2m/downlink.ts'
import { type NetworkConditions } from '../../transport/memory.ts'
import { notFound } from './coap-site.ts'
import { simulatedWorld } from './simulated-world.ts'

/** A notification as the server took it. */
interface Received {
  readonly path: string
  readonly payload: string
  readonly sequence: number | undefined
  /** Since the start of the site. */
  readonly atSeconds: number
}

const clientPort = 49_000

/**
 * The observations of one server by themselves: a device that connects and disconnects at will, always from the same port,
 * and a server that knows nothing of that, on a network in memory.
 */
export async function observationsSite(
  options: Partial<ObservationsOptions> = {},
  parameters: Partial<CoapParameters> = {},
) {
  const { clock, random, network } = simulatedWorld()
  const startMs = clock.now()
  const server = await CoapEndpoint.listen({
    network,
    clock,
    random,
    local: { host: '10.0.0.2', port: 5683 },
    handler: notFound,
  })
  const received: Received[] = []
  const ends: string[] = []
  let storing = false

  /** A process of the device: what is in its memory. */
  const boot = () => {
    const store = new ObjectStore()
    store.define(temperature)
    const objects = new ObjectsApi(store)
    const sensors = [0, 1, 2].map(id => objects.create(temperature, id, { sensorValue: id }))
    const context: OperationContext = { shortServerId: 1, attributes: new AttributeTree(), enablerVersion: '1.1' }
    const router = new PathRouter(changes$(store))
    const told = { waiting: 0, changed: 0 }
    const observations = new Observations({
      store,
      router,
      clock,
      context,
      serverInstance: { store, router, path: [1, 0] },
      maximum: 10,
      confirmable: false,
      storesNotifications: () => storing,
      onWaiting: () => told.waiting++,
      onChanged: () => told.changed++,
      ...options,
    })
    return { store, objects, sensors, context, told, observations }
  }

  let device = boot()
  let peer: CoapPeer | undefined
  const site = {
    clock,
    network,
    server,
    received,
    ends,
    get device() {
      return device
    },
    get observations() {
      return device.observations
    },
    get told() {
      return device.told
    },
    /** Keeps `all` changes from now on, or only the `latest` state. */
    hold(mode: 'all' | 'latest'): void {
      storing = mode === 'all'
      device.observations.hold()
    },
    cancel(id: number): void {
      device.observations.cancel({ kind: 'cancelObservation', path: [3303, id, 5700] })
    },
    /** The values received since the last look, as `/3303/0 21`. */
    take(): string[] {
      return received.splice(0).map(({ path, payload }) => `${path} ${payload}`)
    },
    /** Opens a connection; nothing is attached to it yet. */
    async open(localPort = clientPort): Promise<CoapPeer> {
      const connection = await network.connect(server.local, { localPort })
      const { perform } = deviceManagement({ ...device, isOpen: () => true })
      const requests = new Requests(device.store, 10)
      const handler: RequestHandler = request => requests.handle(() => perform(request))
      peer = new CoapPeer(connection, { clock, random, handler, parameters })
      return peer
    },
    async connect(): Promise<CoapPeer> {
      const opened = await site.open()
      device.observations.attach(opened)
      return opened
    },
    /** The connection is lost, unknown to the server. */
    disconnect(): void {
      peer?.close()
    },
    /** The process of the device ends, and another one starts. */
    restart(): void {
      site.disconnect()
      device.observations.pause()
      device = boot()
    },
    conditions(conditions: Partial<NetworkConditions>): void {
      network.conditions = { ...network.conditions, ...conditions }
    },
    set(id: number, sensorValue: number): void {
      device.sensors[id]?.set({ sensorValue })
    },
    attributes(id: number, attributes: { pminSeconds?: number; pmaxSeconds?: number }): void {
      device.context.attributes.set([3303, id, 5700], attributes)
    },
    /** Observes the value of a sensor. */
    async observe(id: number, accept = 0): Promise<PendingObservation> {
      const path = `/3303/${id}/5700`
      const serverPeer = server.peer({ host: '10.0.0.1', port: clientPort })
      const observation = serverPeer.observe(encodeOperation({ kind: 'observe', path: parsePath(path), accept }), {
        notification: message => {
          const payload = Buffer.from(message.payload).toString()
          const sequence = findUint(message, OptionNumber.observe)
          received.push({ path: `/3303/${id}`, payload, sequence, atSeconds: (clock.now() - startMs) / 1_000 })
        },
        ended: reason => ends.push(`/3303/${id} ${'code' in reason ? reason.code : reason}`),
      })
      await clock.until(observation.response)
      return observation
    },
    async close(): Promise<void> {
      site.disconnect()
      device.observations.close()
      await server.close()
      network.clear()
    },
  }
  return site
}

export type ObservationsSite = Awaited<ReturnType<typeof observationsSite>>
