import { Lwm2mClient } from 'lwm2m-engine'
import { defineObject } from 'lwm2m-engine/objects'
import { Lwm2mServer } from 'lwm2m-engine/server'
import { MemoryNetwork, SimulatedClock, seededRandom } from 'lwm2m-engine/transport'
import { expect, test } from 'vitest'
import { createActor, createMachine } from 'xstate'
import { getShortestPaths } from 'xstate/graph'

// A device of your own with a statechart of your own, and a test that takes every way through that: what the server sees must
// be what the chart says. No port is opened and no time passes: the network is in memory, the clock is simulated.
//   npx vitest run --project examples examples/model-test.ts

/** A valve that takes ten seconds from one end to the other, and can be turned back on its way. */
const valveMachine = createMachine({
  id: 'valve',
  initial: 'closed',
  states: {
    closed: { on: { open: 'opening' } },
    opening: { on: { close: 'closing' }, after: { 10_000: 'opened' } },
    opened: { on: { close: 'closing' } },
    closing: { on: { open: 'opening' }, after: { 10_000: 'closed' } },
  },
})

const valve = defineObject({
  id: 33_000,
  name: 'Valve',
  multiple: true,
  resources: {
    position: { id: 0, type: 'string', operations: 'R', mandatory: true },
    open: { id: 1, type: 'none', operations: 'E' },
    close: { id: 2, type: 'none', operations: 'E' },
  },
})

/** A device with a valve, registered with a server. */
async function site() {
  const clock = new SimulatedClock()
  const random = seededRandom(1)
  const network = new MemoryNetwork({ clock, random })
  const world = { clock, random, network }
  const server = await Lwm2mServer.listen({ ...world, host: '10.0.0.2', objects: [valve] })
  const endpoint = 'urn:dev:os:valve'
  const client = new Lwm2mClient({ ...world, endpoint, servers: [{ uri: 'coap://10.0.0.2', shortServerId: 1 }] })

  const actor = createActor(valveMachine, { clock })
  const handle = client.objects.create(valve, 0, { position: 'closed' })
  actor.subscribe(({ value }) => {
    if (typeof value === 'string') handle.set({ position: value })
  })
  client.objects.onExecute(valve, 'open', () => actor.send({ type: 'open' }))
  client.objects.onExecute(valve, 'close', () => actor.send({ type: 'close' }))
  actor.start()

  client.start()
  await clock.until(client.registered())
  return {
    clock,
    command: (name: 'open' | 'close') => clock.until(server.execute(endpoint, `/33000/0/${valve.resources[name].id}`)),
    position: async () => (await clock.until(server.read(endpoint, '/33000/0/0'))).values[0]?.value,
    end: async () => {
      await clock.until(client.stop())
      await server.close()
      actor.stop()
    },
  }
}

const paths = getShortestPaths(valveMachine)

test('there is a way to each state', () => {
  const states = new Set(paths.map(({ state }) => state.value))
  expect(states).toEqual(new Set(['closed', 'closing', 'opened', 'opening']))
})

test.each(paths.map(path => [path.steps.map(({ event }) => event.type).join(', '), path] as const))(
  'the server sees what the chart says: %s',
  async (_title, { state, steps }) => {
    const { clock, command, position, end } = await site()
    for (const { event } of steps) {
      if (event.type === 'open' || event.type === 'close') await command(event.type)
      else if (event.type.startsWith('xstate.after')) await clock.advance(10_000)
    }
    expect(await position()).toBe(state.value)
    await end()
    expect(clock.pendingTimers).toBe(0)
  },
)
