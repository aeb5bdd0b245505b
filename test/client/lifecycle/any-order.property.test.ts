import * as fc from 'fast-check'
import { repeat } from 'rxjs'
import { expect, test } from 'vitest'
import type { ClientEvent } from '../../../machines/events.ts'
import { type ClientSite, clientSite } from '../../helpers/client-site.ts'
import { scriptedBootstrapServer } from '../../helpers/scripted-bootstrap-server.ts'
import { serverUri } from '../../helpers/transport.ts'

type Command = keyof typeof commands
type Step =
  | { readonly kind: 'command'; readonly command: Command }
  /** From within the subscriber of `events$`, the next time that this is told. */
  | { readonly kind: 'inAnswerTo'; readonly type: ClientEvent['type']; readonly command: Command }
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'network'; readonly loss: 0 | 1 }

interface Run {
  readonly site: ClientSite
  /** What `stop` has promised. */
  readonly stops: Promise<void>[]
}

/** What an application can do with a client. */
const commands = {
  start: ({ site }: Run) => site.client.start(),
  stop: ({ site, stops }: Run) => void stops.push(site.client.stop()),
  suspend: ({ site }: Run) => site.client.suspend(),
  resume: ({ site }: Run) => site.client.resume(),
  enterOffline: ({ site }: Run) => site.client.enterOffline(),
  exitOffline: ({ site }: Run) => site.client.exitOffline(),
  reconnect: ({ site }: Run) => site.client.reconnect(),
  disable: ({ site }: Run) => site.client.disable(7),
  disableForAMinute: ({ site }: Run) => site.client.disable(7, 60),
  enable: ({ site }: Run) => site.client.enable(7),
  bootstrap: ({ site }: Run) => site.client.bootstrap(),
  update: ({ site }: Run) => site.client.update(),
  setLifetime({ site }: Run) {
    if (site.client.objects.get('/1/0/1') !== undefined) site.client.objects.set('/1/0/1', 301 + site.uplinks.length)
  },
  setSensor: ({ site }: Run) => site.sensor.set({ sensorValue: site.uplinks.length }),
}

const command = fc.constantFrom(...(Object.keys(commands) as Command[]))

const told = fc.constantFrom<ClientEvent['type'][]>(
  'BOOTSTRAP_REG_COMPLETE',
  'BOOTSTRAP_TRANSFER_COMPLETE',
  'BOOTSTRAP_RETRY',
  'BOOTSTRAP_REG_FAILURE',
  'REGISTRATION_COMPLETE',
  'REG_TIMEOUT',
  'REG_UPDATE',
  'REG_UPDATE_COMPLETE',
  'QUEUE_MODE_RX_OFF',
  'SERVER_DISABLED',
  'DEREGISTER',
  'DEREGISTER_FAILURE',
  'DISCONNECT',
  'ENGINE_SUSPENDED',
  'NETWORK_ERROR',
)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('command'), command }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('inAnswerTo'), type: told, command }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('wait'), seconds: fc.constantFrom(0, 0.05, 0.15, 1, 10, 100, 400) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('network'), loss: fc.constantFrom(0, 1) }) },
)

const steps = fc.array(step, { minLength: 3, maxLength: 25, size: 'max' })

async function follow(sequence: readonly Step[], options: Parameters<typeof clientSite>[0]): Promise<void> {
  const site = await clientSite(options)
  const { clock, network, random } = site
  const bootstrap = await scriptedBootstrapServer({ clock, network, random })
  const run: Run = { site, stops: [] }
  const answers: Extract<Step, { readonly kind: 'inAnswerTo' }>[] = []
  site.client.events$.pipe(repeat()).subscribe(({ type }) => {
    const index = answers.findIndex(answer => answer.type === type)
    const [answer] = index < 0 ? [] : answers.splice(index, 1)
    if (answer !== undefined) commands[answer.command](run)
  })
  const { conditions } = network
  commands.start(run)
  for (const one of sequence) {
    if (one.kind === 'command') commands[one.command](run)
    else if (one.kind === 'inAnswerTo') answers.push(one)
    else if (one.kind === 'wait') await clock.advance(one.seconds * 1000)
    else network.conditions = { ...conditions, loss: one.loss }
  }

  // Whatever happened, the client comes to itself when it is let.
  answers.length = 0
  network.conditions = conditions
  for (const promise of run.stops) await clock.until(promise, 10_000)
  await clock.advance(10_000)
  commands.exitOffline(run)
  commands.resume(run)
  commands.enable(run)
  commands.start(run)
  await clock.until(site.client.registered(), 1_300_000)
  const from = site.events.length
  let completed = false
  site.client.events$.subscribe({ complete: () => (completed = true) })
  await clock.until(site.client.stop(), 10_000)
  expect(site.events.slice(from).filter(({ type }) => type === 'DISCONNECT')).toEqual([
    { type: 'DISCONNECT', shortServerId: 7 },
  ])
  expect(completed).toBe(true)
  // Nothing goes on behind the scenes.
  await clock.advance(300_000)
  expect(site.errors).toEqual([])
  await site.closeServer()
  await bootstrap.close()
  network.clear()
  expect(clock.pendingTimers).toBe(0)
}

const bootstrapServer = { uri: serverUri('10.0.0.9') }

test.each<[string, Parameters<typeof clientSite>[0]]>([
  ['with a server', {}],
  ['in queue mode', { client: { queueMode: { awakeSeconds: 20 } } }],
  ['in queue mode, its connection kept', { client: { queueMode: { awakeSeconds: 20, whileAsleep: 'keep' } } }],
  ['with a server and a Bootstrap-Server', { client: { bootstrap: bootstrapServer } }],
  [
    'with a Bootstrap-Server that gives up soon',
    {
      client: {
        servers: [],
        bootstrap: bootstrapServer,
        bootstrapRetry: { initialDelaySeconds: 1, maximumDelaySeconds: 10, attempts: 2 },
        retry: { initialDelaySeconds: 1, maximumDelaySeconds: 10, attempts: 2 },
      },
    },
  ],
])('a client %s, started, stopped, suspended and so on in any order, comes to itself and ends', async (_, options) => {
  await fc.assert(
    fc.asyncProperty(steps, sequence => follow(sequence, options)),
    { seed: 1, numRuns: 100 },
  )
})
