import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import type { StatelyActorEvent, StatelyInspectionEvent } from '@statelyai/inspect'
import { afterEach, expect, test, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import type { AnyActorRef, AnyStateMachine, InspectionEvent } from 'xstate'
import { getStateNodes } from 'xstate/graph'
import { firmwareUpdate } from '../../client/firmware-update.ts'
import { memoryPackageStore } from '../../client/memory-package-store.ts'
import { memoryPackageStores } from '../../client/package-stores.ts'
import { softwareManagement } from '../../client/software-management.ts'
import { accountMachine } from '../../machines/account.machine.ts'
import { bootstrapMachine } from '../../machines/bootstrap.machine.ts'
import { firmwareUpdateMachine } from '../../machines/firmware-update.machine.ts'
import { softwareManagementMachine } from '../../machines/software-management.machine.ts'
import { statecharts } from '../../machines/statecharts.ts'
import { Lwm2mServer } from '../../server/server.ts'
import { liveThrough, secretSite, secretTexts } from '../helpers/inspected-life.ts'
import { serverSite } from '../helpers/site.ts'
import { startCommand } from '../helpers/terminal.ts'

const inspectors: WebSocketServer[] = []

afterEach(() => {
  for (const inspector of inspectors.splice(0)) {
    for (const connection of inspector.clients) connection.terminate()
    inspector.close()
  }
})

/** The inspector's side: a WebSocket server, as `createInspectorServer` of the package is one. */
async function startInspector() {
  const inspector = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  inspectors.push(inspector)
  const frames: string[] = []
  inspector.on('connection', connection => connection.on('message', (data: Buffer) => frames.push(data.toString())))
  await once(inspector, 'listening')
  return {
    url: `ws://127.0.0.1:${(inspector.address() as AddressInfo).port}`,
    frames,
    messages: () => frames.map(frame => JSON.parse(frame) as StatelyInspectionEvent),
  }
}

type Kind = StatelyInspectionEvent['type']
const kinds: readonly string[] = ['@xstate.actor', '@xstate.event', '@xstate.snapshot'] satisfies Kind[]

/** What the inspector is to hear of what XState tells inside. */
function expected(event: InspectionEvent): unknown {
  const { sessionId, id, _parent: parent } = event.actorRef as AnyActorRef
  if (event.type === '@xstate.actor') return { type: event.type, sessionId, name: id, parentId: parent?.sessionId }
  if (event.type === '@xstate.event') return json({ type: event.type, sessionId, event: event.event })
  if (event.type !== '@xstate.snapshot') throw new Error(`${event.type} is not for the inspector`)
  return json({ type: event.type, sessionId, event: event.event, snapshot: event.snapshot })
}

function heard(message: StatelyInspectionEvent): unknown {
  const { type, sessionId } = message
  if (type === '@xstate.actor') return { type, sessionId, name: message.name, parentId: message.parentId }
  if (type === '@xstate.event') return { type, sessionId, event: message.event }
  return { type, sessionId, event: message.event, snapshot: message.snapshot }
}

const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

/** A client lives under simulated time; every message that an inspector got of it, and what XState told meanwhile. */
async function inspectedLife() {
  const inspector = await startInspector()
  const site = await secretSite(inspector.url)
  const told: InspectionEvent[] = []
  site.client.actor.system.inspect(event => void (kinds.includes(event.type) && told.push(event)))
  await vi.waitFor(() => expect(inspector.frames.length).toBeGreaterThanOrEqual(3))
  const before = inspector.frames.length
  await liveThrough(site)
  const expectedMessages = told.map(expected)
  await vi.waitFor(() => expect(inspector.frames.length - before).toBe(expectedMessages.length))
  return { site, frames: inspector.frames, messages: inspector.messages(), before, expectedMessages }
}

const isActor = (message: StatelyInspectionEvent): message is StatelyActorEvent => message.type === '@xstate.actor'

test('actors, events and snapshots of a whole life arrive, every one and in order', async () => {
  const { messages, before, expectedMessages, site } = await inspectedLife()
  expect(messages.slice(before).map(heard)).toEqual(expectedMessages)
  expect(expectedMessages.length).toBeGreaterThan(50)
  expect(messages[0]).toMatchObject({ type: '@xstate.actor', name: 'client' })
  expect(site.errors).toEqual([])
})

test('every actor has a name a person knows, and a definition; effects are below their account', async () => {
  const { messages } = await inspectedLife()
  const actors = messages.filter(isActor)
  const names = new Map(actors.map(({ sessionId, name }) => [sessionId, name]))
  expect(actors.filter(({ name }) => !/^[a-z][A-Za-z0-9-]+$/.test(name))).toEqual([])
  expect(actors.filter(({ definition }) => definition === undefined)).toEqual([])
  const lines = actors.map(({ name, parentId }) => `${names.get(parentId ?? '') ?? ''}/${name}`)
  expect(new Set(lines)).toEqual(
    new Set([
      '/client',
      'client/account-7',
      'client/bootstrap',
      'client/expiryTimer',
      ...effectsOf(accountMachine).map(effect => `account-7/${effect}`),
      ...effectsOf(bootstrapMachine).map(effect => `bootstrap/${effect}`),
    ]),
  )
})

/** The definitions that an inspector got, by the names of their charts. */
function definitionsIn(messages: readonly StatelyInspectionEvent[]): Map<string, string> {
  const definitions = messages.filter(isActor).map(({ definition = '{}' }) => definition)
  return new Map(definitions.map(definition => [(JSON.parse(definition) as { id: string }).id, definition]))
}

function expectWhole(definitions: ReadonlyMap<string, string>, charts: readonly AnyStateMachine[]): void {
  for (const { id, config, implementations } of charts) {
    const definition = definitions.get(id)
    if (definition === undefined) throw new Error(`no definition of ${id}`)
    // What the serializer puts in place of what is too deep.
    expect(definition).not.toMatch(/"\[(Object|Array|Circular)\]"/)
    expect(JSON.parse(definition)).toMatchObject({ id, states: keysOf(config.states) })
    for (const kind of ['guards', 'delays'] as const) {
      const missing = Object.keys(implementations[kind]).filter(name => !definition.includes(`"${name}"`))
      expect(missing).toEqual([])
    }
  }
}

const packageCharts = [firmwareUpdateMachine, softwareManagementMachine] as const

test('definitions are whole and name guards, delays, actions and effects', async () => {
  const definitions = definitionsIn((await inspectedLife()).messages)
  const charts = statecharts.filter(chart => !packageCharts.some(({ id }) => id === chart.id))
  expect(charts.length).toBe(3)
  expectWhole(definitions, charts)
  const account = definitions.get('account') as string
  for (const name of ['beginRegister', 'recordFailure', 'retryTimer', 'timer']) expect(account).toContain(`"${name}"`)
})

test('the charts of packages, which live beside the client, are shown by the same inspector', async () => {
  const inspector = await startInspector()
  const { client } = await secretSite(inspector.url)
  const done = () => {}
  const firmware = firmwareUpdate(client, { store: memoryPackageStore(), install: done })
  const software = softwareManagement(client, { stores: memoryPackageStores(), install: done, uninstall: done })
  software.add(0)
  await vi.waitFor(() => expectWhole(definitionsIn(inspector.messages()), packageCharts))
  firmware.unsubscribe()
  software.unsubscribe()
})

/** The ids of all that the states of a chart invoke. */
function effectsOf({ root }: AnyStateMachine): string[] {
  return getStateNodes(root).flatMap(({ invoke }) => invoke.map(({ id }) => id))
}

/** The states of a chart down to the leaves, as a pattern to match. */
function keysOf(states: object | undefined): unknown {
  return Object.fromEntries(
    Object.entries(states ?? {}).map(([name, state]: [string, { states?: object }]) => [
      name,
      state.states === undefined ? {} : { states: keysOf(state.states) },
    ]),
  )
}

test('no frame holds a secret key', async () => {
  const { frames, site } = await inspectedLife()
  expect(Buffer.from(site.client.objects.get('/0/0/5') as Uint8Array).toString()).toBe(secretTexts[0])
  const all = frames.join('\n')
  expect(secretTexts.filter(secret => all.includes(secret))).toEqual([])
  // The search finds what is there.
  expect(all).toContain('"shortServerId":7')
})

test('lwm2m client --inspect URL: from its start to the end of the process', async () => {
  const inspector = await startInspector()
  const server = await Lwm2mServer.listen({ host: '127.0.0.1', port: 0 })
  const uri = `coap://127.0.0.1:${server.local.port}`
  const args = ['--server', uri, '--endpoint', 'dev1', '--inspect', inspector.url]
  const client = spawn(process.execPath, ['--import', 'tsx', 'shell/main.ts', 'client', ...args], { stdio: 'ignore' })
  /** Where the client is. */
  const state = () => {
    const latest = inspector
      .messages()
      .findLast(({ type, sessionId }) => type === '@xstate.snapshot' && sessionId === 'x:0')
    return latest?.type === '@xstate.snapshot' && 'value' in latest.snapshot ? latest.snapshot.value : undefined
  }
  await vi.waitFor(() => expect(state()).toEqual({ serving: 'going' }), 20_000)
  await vi.waitFor(() => expect(server.registrations.get('dev1')).toBeDefined(), 20_000)
  client.kill('SIGINT')
  expect(await once(client, 'close')).toEqual([0, null])
  await vi.waitFor(() => expect(state()).toBe('stopped'))
  await server.close()
})

test('lwm2m client --inspect with a URL that is none: one line, exit code 1', async () => {
  const client = startCommand(await serverSite(), 'client --server coap://10.0.0.2 --endpoint dev1 --inspect http://h')
  expect(await client.exitCode).toBe(1)
  expect(client.errors).toEqual(['error: the URL of an inspector must be ws://HOST[:PORT] or wss://HOST[:PORT]'])
})

/** A process that starts a client without servers and leaves it alone, inspected; resolves with its output. */
async function lonelyProcess(url: string): Promise<string> {
  const clientFile = new URL('../../client/client.ts', import.meta.url).href
  const program = `
    import { Lwm2mClient } from '${clientFile}'
    const client = new Lwm2mClient({ endpoint: 'a', servers: [], inspect: '${url}', onError: e => console.log(e.code) })
    client.start()`
  const args = ['--import', 'tsx', '--input-type=module', '--eval', program]
  return (await promisify(execFile)(process.execPath, args, { timeout: 30_000 })).stdout
}

test('an inspector, there or not, neither keeps a process alive nor ends it', async () => {
  const inspector = await startInspector()
  expect(await lonelyProcess(inspector.url)).toBe('')
  expect(inspector.messages()[0]).toMatchObject({ type: '@xstate.actor', name: 'client' })
  inspectors.splice(0).forEach(one => one.close())
  expect(await lonelyProcess(inspector.url)).toBe('NETWORK_UNREACHABLE\n')
})
