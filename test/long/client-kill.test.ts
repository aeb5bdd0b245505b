import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { fingerprint } from '../../client/fingerprint.ts'
import { fileStore } from '../../client/persistence.ts'
import { encodeState, type SavedState } from '../../client/saved-state.ts'
import { formatPath } from '../../objects/path.ts'
import { type BootstrapConfig, bootstrapOf, parseBootstrapConfig } from '../../server/bootstrap-config.ts'
import { Lwm2mBootstrapServer } from '../../server/bootstrap-server.ts'
import { Lwm2mServer } from '../../server/server.ts'
import { isRequest } from '../../transport/coap/message.ts'
import { findStrings, OptionNumber } from '../../transport/coap/options.ts'
import { seededRandom } from '../../transport/random.ts'
import type { Trace } from '../../transport/trace.ts'
import type { Life } from './mortal-device.ts'

/** `KILLS=200 npm run test:long -- client-kill` is the full run. */
const kills = Number(process.env['KILLS'] ?? 16)
const seed = Number(process.env['SEED'] ?? 1)
/** Devices at the same time. */
const devices = 2
/** From the start of the client to its registration with both servers. */
const longestStartMs = 15_000

const folder = mkdtempSync(join(tmpdir(), 'lwm2m-client-kill-'))
afterAll(() => rmSync(folder, { recursive: true }))
const program = fileURLToPath(new URL('./mortal-device.ts', import.meta.url))

const aims = ['bootstrap', 'bootstrap', 'registration', 'persistence', 'registration', 'persistence', 'time'] as const
type Aim = (typeof aims)[number]

/** One device and the servers it has for itself. */
class Mortal {
  readonly #number: number
  readonly #random
  readonly phases = new Map<string, number>()
  starts = 0
  bootstraps = 0
  updates = 0
  registers = 0
  longestMs = 0
  #generation = 0
  #files = 0
  /** Called with each message that a server sees or sends. */
  #onMessage: (aim: Aim) => void = () => {}

  constructor(number: number) {
    this.#number = number
    this.#random = seededRandom(seed * 1000 + number)
  }

  async run(count: number): Promise<void> {
    const trace = (aim: Aim, isOfAim: Parameters<typeof tracing>[1] = () => true): Trace =>
      tracing(() => this.#onMessage(aim), isOfAim)
    const host = '127.0.0.1'
    const isRegistration: Parameters<typeof tracing>[1] = message =>
      isRequest(message.code) && findStrings(message, OptionNumber.uriPath)[0] === 'rd'
    const first = await Lwm2mServer.listen({ host, port: 0, trace: trace('registration', isRegistration) })
    const second = await Lwm2mServer.listen({ host, port: 0, trace: trace('registration', isRegistration) })
    const bootstrap = await Lwm2mBootstrapServer.listen({
      host,
      port: 0,
      trace: trace('bootstrap'),
      config: this.#config([first, second].map(server => `coap://${host}:${server.local.port}`)),
    })
    const servers = [first, second]
    for (const server of servers) this.#keepBusy(server)
    const bootstrapUri = `coap://${host}:${bootstrap.local.port}`
    let sessions = 0
    bootstrap.events$.subscribe(({ type }) => {
      if (type === 'requested') sessions++
    })
    let path = ''
    for (let kill = 0; kill <= count; kill++) {
      // The last start shows that the last kill did no harm. Now and then a device is new.
      const isLast = kill === count
      if (!isLast && (path === '' || this.#random.fraction() < 0.15)) {
        path = join(folder, `state-${this.#number}-${this.#files++}`)
      }
      const aim = isLast ? 'time' : (aims[kill % aims.length] as Aim)
      const before = sessions
      const loaded = stateIn(path)
      const locations = servers.map(server => server.registrations.get(this.#endpoint)?.location)
      const known = locations.map((location, index) => {
        const saved = loaded?.servers[index + 1]?.location[1]
        return saved !== undefined && saved === location
      })
      const check = () => {
        this.starts++
        if (loaded !== undefined) expect(sessions, 'a bootstrapped device bootstraps again').toBe(before)
        else this.bootstraps++
        for (const [index, server] of servers.entries()) {
          const { location } = server.registrations.get(this.#endpoint) ?? {}
          expect(location).toBeDefined()
          // An Update keeps the location, a Register gets another.
          if (known[index])
            expect(location, 'a registration that the server knows is made again').toBe(locations[index])
          if (known[index]) this.updates++
          else this.registers++
        }
      }
      await this.#live({ path, endpoint: this.#endpoint, bootstrapUri }, aim, loaded, isLast, check)
    }
    for (const server of [...servers, bootstrap]) await server.close()
  }

  get #endpoint(): string {
    return `mortal-${this.#number}`
  }

  /** 1 to `largest`. */
  #upTo(largest: number): number {
    return 1 + Math.floor(this.#random.fraction() * largest)
  }

  /** Runs the device until it is killed; checks what it left behind. */
  async #live(
    base: Pick<Life, 'path' | 'endpoint' | 'bootstrapUri'>,
    aim: Aim,
    loaded: SavedState | undefined,
    isLast: boolean,
    check: () => void,
  ): Promise<void> {
    const random = this.#random
    const life: Life = {
      ...base,
      bootstraps: aim === 'bootstrap',
      diesAtStep: aim === 'persistence' ? this.#upTo(60) : 0,
      share: random.fraction(),
    }
    const child = spawn(process.execPath, ['--import', 'tsx', program, JSON.stringify(life)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    let startedMs = 0
    let isRegistered = false
    let killedIn: string | undefined
    const kill = (where: string) => {
      if (killedIn !== undefined) return
      killedIn = where
      child.kill('SIGKILL')
    }
    /** Before the first registration, too, where a first bootstrap or the Update after a restart is in progress. */
    const duringStart = random.fraction() < (loaded === undefined ? 0.7 : 0.4)
    let countdown = this.#upTo(aim === 'bootstrap' ? 16 : duringStart ? 4 : 12)
    const delayMs = random.fraction() < 0.7 ? 0 : random.fraction() * (random.fraction() < 0.2 ? 1200 : 20)
    this.#onMessage = seen => {
      if (seen !== aim || (!duringStart && !isRegistered) || isLast) return
      if (--countdown === 0) void later(delayMs, () => kill(delayMs === 0 ? `in ${aim}` : phaseOf(output, aim)))
    }
    let problem: unknown
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (startedMs === 0 && output.includes('starting\n')) {
        startedMs = performance.now()
        if (aim === 'time' && !isLast) void later(random.fraction() * 1500, () => kill(phaseOf(output, 'time')))
      }
      if (isRegistered || !/^registered$/m.test(output)) return
      isRegistered = true
      this.longestMs = Math.max(this.longestMs, performance.now() - startedMs)
      try {
        check()
      } catch (error) {
        problem = error
        kill('fault')
      }
      if (isLast) kill('end')
    })
    const limit = setTimeout(() => kill('too late'), longestStartMs + 5_000)
    await once(child, 'close')
    clearTimeout(limit)
    this.#onMessage = () => {}
    if (problem !== undefined) throw problem
    expect(output, `seed ${seed}, device ${this.#number}`).not.toContain('error')
    const dying = /^dying (.+)$/m.exec(output)?.[1]
    const where = dying === undefined ? (killedIn ?? 'by itself') : 'in persistence'
    expect(where, output).not.toMatch(/too late|by itself/)
    if (!isLast) this.phases.set(where, (this.phases.get(where) ?? 0) + 1)
    expectLastGoodState(stateIn(base.path), loaded, output)
  }

  /** Each session writes other accounts; half of one and half of another would show. */
  #config(uris: readonly string[]): BootstrapConfig {
    const accounts = (generation: number) =>
      parseBootstrapConfig(
        JSON.stringify({
          clients: {
            '*': {
              servers: uris.map((uri, index) => ({
                uri,
                shortServerId: index + 1,
                lifetimeSeconds: 3600,
                server: { '2': generation, '3': generation + 1000 },
              })),
            },
          },
        }),
      )
    const { schema } = accounts(1)
    const clients = { get: () => bootstrapOf(accounts(++this.#generation), '') }
    return { schema, clients: clients as unknown as BootstrapConfig['clients'] }
  }

  /** After each registration and Update it writes attributes and observes. */
  #keepBusy(server: Lwm2mServer): void {
    let turn = 0
    server.events$.subscribe(({ type }) => {
      if (type !== 'registered' && type !== 'updated') return
      const pminSeconds = turn++ % 7
      // The device may be dead by then.
      server.writeAttributes(this.#endpoint, '/3303/0', { pminSeconds }).catch(() => undefined)
      if (type === 'registered' || turn % 5 === 0) {
        server.observe(this.#endpoint, '/3303/0/5700').subscribe({ error: () => undefined })
      }
    })
  }
}

function tracing(seen: () => void, isOfAim: (message: Parameters<Trace['message']>[1]) => boolean): Trace {
  return { message: (_direction, message) => void (isOfAim(message) && seen()) }
}

async function later(delayMs: number, action: () => void): Promise<void> {
  if (delayMs > 0) await sleep(delayMs)
  action()
}

/** What the device was at when it was killed at no certain point, by what it has printed. */
function phaseOf(output: string, aim: string): string {
  const lines = output.trimEnd().split('\n')
  const lastIs = (word: string) => lines.findLastIndex(line => line.startsWith(word))
  if (lastIs('saving') > lastIs('safe')) return 'in persistence, by time'
  if (lastIs('event BOOTSTRAP_REG_COMPLETE') > lastIs('event BOOTSTRAP_TRANSFER')) return 'in bootstrap, by time'
  return `otherwise after ${aim}`
}

function stateIn(path: string): SavedState | undefined {
  const loaded = fileStore(path).load()
  expect(loaded.kind).not.toBe('failed')
  return loaded.kind === 'state' ? loaded.state : undefined
}

/** What is left is the last state that was safe, or a newer one, and all of its accounts are of one session. */
function expectLastGoodState(state: SavedState | undefined, loaded: SavedState | undefined, output: string): void {
  const named = (word: string) => [...output.matchAll(new RegExp(`^${word} (.+)$`, 'gm'))].map(([, name]) => name)
  const lastSafe = named('safe').at(-1)
  if (state === undefined) {
    expect([loaded, lastSafe], output).toEqual([undefined, undefined])
    return
  }
  const nameOf = (one: SavedState) => fingerprint(encodeState(one))
  const saved = [...(loaded === undefined ? [] : [nameOf(loaded)]), ...named('saving')]
  expect(saved.lastIndexOf(nameOf(state)), output).toBeGreaterThanOrEqual(
    lastSafe === undefined ? 0 : saved.indexOf(lastSafe),
  )
  const values = new Map(state.objects.entries.map(({ path: place, value }) => [formatPath(place), value]))
  const generation = values.get('/1/0/2')
  expect(['/1/1/2', '/1/0/3', '/1/1/3'].map(place => values.get(place))).toEqual([
    generation,
    Number(generation) + 1000,
    Number(generation) + 1000,
  ])
  expect(['/0/1/10', '/0/2/10', '/1/0/0', '/1/1/0'].map(place => values.get(place))).toEqual([1, 2, 1, 2])
}

test(`kill -9 at ${kills} points of bootstrap, registration and persistence writes: the next start works`, async () => {
  const mortals = Array.from({ length: devices }, (_, number) => new Mortal(number))
  const share = Math.ceil(kills / devices)
  const startedMs = performance.now()
  await Promise.all(mortals.map(mortal => mortal.run(share)))
  const sum = (of: (mortal: Mortal) => number) => mortals.reduce((total, mortal) => total + of(mortal), 0)
  const phases = new Map<string, number>()
  for (const mortal of mortals) {
    for (const [phase, count] of mortal.phases) phases.set(phase, (phases.get(phase) ?? 0) + count)
  }
  const report = [
    `${share * devices} kills in ${Math.round((performance.now() - startedMs) / 1000)} s, seed ${seed}`,
    ...[...phases].sort(([a], [b]) => a.localeCompare(b)).map(([phase, count]) => `  ${count} ${phase}`),
    `${sum(mortal => mortal.starts)} starts came as far as registration, ${sum(mortal => mortal.bootstraps)} of them with a first bootstrap`,
    `with ${sum(mortal => mortal.updates)} Updates of known registrations and ${sum(mortal => mortal.registers)} Registers`,
    `longest start: ${Math.round(Math.max(...mortals.map(({ longestMs }) => longestMs)))} ms`,
  ]
  console.log(report.join('\n'))
  expect(readdirSync(folder).filter(name => name.includes('damaged'))).toEqual([])
  expect(existsSync(folder)).toBe(true)
  for (const phase of ['bootstrap', 'registration', 'persistence']) {
    expect(
      [...phases.keys()].some(name => name.startsWith(`in ${phase}`)),
      phase,
    ).toBe(true)
  }
})
