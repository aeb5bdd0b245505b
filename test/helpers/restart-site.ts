import { Lwm2mClient } from '../../client/client.ts'
import { canonicalJson } from '../../client/fingerprint.ts'
import type { ClientOptions } from '../../client/options.ts'
import { type LoadedState, type Persistence, PersistenceError } from '../../client/persistence.ts'
import { decodeState, encodeState, type SavedState } from '../../client/saved-state.ts'
import type { ClientEvent } from '../../machines/events.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import { parseBootstrapConfig } from '../../server/bootstrap-config.ts'
import { type BootstrapEvent, Lwm2mBootstrapServer } from '../../server/bootstrap-server.ts'
import { Lwm2mServer } from '../../server/server.ts'
import { describeMessage } from '../../transport/lwm2m/describe.ts'
import { simulatedWorld } from './simulated-world.ts'

/** Keeps the state as text, as a file would. */
export class MemoryPersistence implements Persistence {
  text: string | undefined
  /** Why a save fails. */
  obstacle: PersistenceError | undefined
  saves = 0
  setAsideBecause: string | undefined

  load(): LoadedState {
    const { state } = this
    return state === undefined ? { kind: 'nothing' } : { kind: 'state', state }
  }

  get state(): SavedState | undefined {
    return this.text === undefined ? undefined : decodeState(JSON.parse(this.text))
  }

  setAside(problem: string): PersistenceError {
    this.text = undefined
    this.setAsideBecause = problem
    return new PersistenceError('DAMAGED_STATE', 'memory', problem)
  }

  save(state: SavedState): Promise<void> {
    if (this.obstacle !== undefined) return Promise.reject(this.obstacle)
    this.saves++
    this.text = canonicalJson(encodeState(state))
    return Promise.resolve()
  }

  flush(): Promise<void> {
    return Promise.resolve()
  }

  /** What the next process finds; what the process before still does changes it no more. */
  copy(): MemoryPersistence {
    const copy = new MemoryPersistence()
    copy.text = this.text
    return copy
  }
}

export const endpoint = 'urn:dev:os:1'
export const account = { uri: 'coap://10.0.0.2', shortServerId: 1, lifetimeSeconds: 300 }
export const bootstrap = { uri: 'coap://10.0.0.9' }

/** Servers on a network in memory, and a device that is started again and again on the same state. */
export async function restartSite(bootstrapAccounts: readonly unknown[] = [account]) {
  const { clock, random, network } = simulatedWorld()
  const errors: unknown[] = []
  const common = { clock, random, network, onError: (error: unknown) => errors.push(error) }
  const server = await Lwm2mServer.listen({ ...common, host: '10.0.0.2', port: 5683 })
  const second = await Lwm2mServer.listen({ ...common, host: '10.0.0.3', port: 5683 })
  const config = parseBootstrapConfig(JSON.stringify({ clients: { '*': { servers: bootstrapAccounts } } }))
  const bootstrapServer = await Lwm2mBootstrapServer.listen({ ...common, host: '10.0.0.9', port: 5683, config })
  const bootstraps: BootstrapEvent[] = []
  bootstrapServer.events$.subscribe(event => bootstraps.push(event))

  /** A process: from its beginning to `kill`, or to the `stop` of its client. */
  function boot(persistence: Persistence, options: Partial<ClientOptions> = {}) {
    /** What it asks its servers. */
    const sent: string[] = []
    /** The same and its notifications. */
    const wire: string[] = []
    const told: unknown[] = []
    const events: ClientEvent[] = []
    const client = new Lwm2mClient({
      endpoint,
      servers: [account],
      objects: [temperature],
      ...common,
      onError: error => told.push(error),
      trace: {
        message: (direction, message) => {
          const line = describeMessage(message)
          if (direction !== 'sent') return
          if (/^(POST|DELETE) /.test(line)) sent.push(line)
          if (/^(POST|DELETE) |observe/.test(line)) wire.push(line)
        },
      },
      persistence,
      ...options,
    })
    client.events$.subscribe(event => events.push(event))
    const sensor = client.objects.create(temperature, 0, { sensorValue: 21.5 })
    return {
      client,
      sensor,
      sent,
      wire,
      told,
      events,
      start: async () => {
        client.start()
        await clock.until(client.registered())
        await clock.advance(0)
      },
      /** Ends without a word to anybody. */
      kill: () => {
        client.actor.stop()
      },
    }
  }

  return {
    clock,
    random,
    network,
    server,
    second,
    bootstraps,
    errors,
    boot,
    /** Lets a device run, kills it, and starts it anew on what it has saved. */
    async killed(options: Partial<ClientOptions> = {}, during?: (device: ReturnType<typeof boot>) => Promise<void>) {
      const persistence = new MemoryPersistence()
      const device = boot(persistence, options)
      await device.start()
      await during?.(device)
      device.kill()
      return persistence.copy()
    },
    async close() {
      await server.close()
      await second.close()
      await bootstrapServer.close()
      network.clear()
    },
  }
}

export type RestartSite = Awaited<ReturnType<typeof restartSite>>
