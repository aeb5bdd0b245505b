import { type ActorOptions, type AnyActor, createActor } from 'xstate'
import { accountMachine } from '../../machines/account.machine.ts'
import type { AccountInput } from '../../machines/account.ts'
import { clientMachine } from '../../machines/client.machine.ts'
import {
  type AccountOutcome,
  type accountEffects,
  type DeregisterInput,
  effect,
  type RegisterInput,
  type RetryTimerInput,
  type ServerInput,
  type System,
  type TimerInput,
  type UpdateInput,
} from '../../machines/effects.ts'
import type { ClientEvent } from '../../machines/events.ts'
import { retryDelayMs } from '../../machines/retry.ts'
import { SimulatedClock } from '../../transport/simulated-clock.ts'

export type EffectName = keyof typeof accountEffects

/** An effect that runs: its input, and how the test tells its outcome. */
export interface RunningEffect {
  readonly name: EffectName
  readonly input: { readonly shortServerId?: number }
  report(outcome: AccountOutcome): void
}

/** The world of one actor under test: simulated time, what it announced, and the effects it started. */
export class Site {
  readonly clock = new SimulatedClock(0)
  readonly events: ClientEvent[] = []
  /** Every effect ever started, in order. */
  readonly started: RunningEffect[] = []
  readonly running = new Set<RunningEffect>()
  /** The application under test: called with each event. */
  onEvent: (event: ClientEvent) => void = () => {}

  open(started: RunningEffect): () => void {
    this.started.push(started)
    this.running.add(started)
    return () => this.running.delete(started)
  }

  wait(started: RunningEffect, delayMs: number): () => void {
    const close = this.open(started)
    const timer = this.clock.setTimeout(() => started.report({ type: 'timer.due' }), delayMs)
    return () => {
      this.clock.clearTimeout(timer)
      close()
    }
  }

  /** The names of the effects that run, sorted. */
  get runningNames(): EffectName[] {
    return [...this.running].map(({ name }) => name).sort()
  }

  effect(name: EffectName, shortServerId = 1): RunningEffect {
    const found = [...this.running].find(
      running => running.name === name && (running.input.shortServerId ?? shortServerId) === shortServerId,
    )
    if (found === undefined) throw new Error(`no ${name} runs, but ${this.runningNames.join(', ')}`)
    return found
  }

  /** The inputs of all effects of this name so far. */
  inputs(name: EffectName): unknown[] {
    return this.started.filter(started => started.name === name).map(({ input }) => input)
  }

  /** What was announced since the last call. */
  take(): ClientEvent[] {
    return this.events.splice(0)
  }

  takeTypes(): string[] {
    return this.take().map(({ type }) => type)
  }
}

/** The machines are provided once a process; what belongs to one actor is found by its system, as the client does it. */
const sites = new WeakMap<System, Site>()

function siteOf(system: System): Site {
  const site = sites.get(system)
  if (site === undefined) throw new Error('an actor without a site')
  return site
}

/** An effect whose outcome the test reports. */
const scripted = <TInput extends ServerInput>(name: EffectName) =>
  effect<TInput, AccountOutcome>((input, report, system) => siteOf(system).open({ name, input, report }))

const timer = effect<TimerInput, AccountOutcome>(({ deadlineMs }, report, system) => {
  const site = siteOf(system)
  return site.wait({ name: 'timer', input: {}, report }, deadlineMs - site.clock.now())
})

/** Draws no jitter: the shortest delay. */
const retryTimer = effect<RetryTimerInput, AccountOutcome>(({ failedAttempts, retry }, report, system) => {
  const delayMs = retryDelayMs(failedAttempts, retry, 0)
  report({ type: 'retry.scheduled', delayMs })
  return siteOf(system).wait({ name: 'retryTimer', input: {}, report }, delayMs)
})

const announce = ({ system }: { system: System }, event: ClientEvent) => {
  const site = siteOf(system)
  site.events.push(event)
  site.onEvent(event)
}

export const simulatedAccountMachine = accountMachine.provide({
  actors: {
    connection: scripted<ServerInput>('connection'),
    register: scripted<RegisterInput>('register'),
    update: scripted<UpdateInput>('update'),
    deregister: scripted<DeregisterInput>('deregister'),
    timer,
    retryTimer,
  },
  actions: { announce },
})

export const simulatedClientMachine = clientMachine.provide({
  actors: { account: simulatedAccountMachine },
  actions: { announce },
})

export const cause = { code: 'TIMEOUT', message: 'no answer' } as const
export const location = ['rd', 'a1'] as const

function place<TActor extends AnyActor>(actor: TActor, site: Site): TActor {
  sites.set(actor.system, site)
  actor.start()
  return actor
}

/** An account of server 1 that has just begun to connect, or goes on from a snapshot. */
export function startAccount(
  input: Partial<AccountInput> = {},
  options: Pick<ActorOptions<typeof accountMachine>, 'snapshot' | 'inspect'> = {},
) {
  const site = new Site()
  const actor = createActor(simulatedAccountMachine, {
    id: 'account-1',
    clock: site.clock,
    input: { shortServerId: 1, lifetimeSeconds: 300, ...input },
    ...options,
  })
  return { site, actor: place(actor, site) }
}

/** Connects and registers an account, answering as a server would. */
export function answerRegister(site: Site, shortServerId = 1): void {
  site.effect('connection', shortServerId).report({ type: 'connect.succeeded' })
  site.effect('register', shortServerId).report({ type: 'register.created', location, atMs: site.clock.now() })
}

/** A registered account, its REGISTRATION_COMPLETE already taken. */
export function registeredAccount(input: Partial<AccountInput> = {}) {
  const { site, actor } = startAccount(input)
  answerRegister(site)
  site.take()
  return { site, actor }
}

export function acceptUpdate(site: Site): void {
  site.effect('update').report({ type: 'update.changed', atMs: site.clock.now() })
}

/** A client that was not started yet. */
export function createClient(options: Pick<ActorOptions<typeof clientMachine>, 'inspect'> = {}) {
  const site = new Site()
  const actor = createActor(simulatedClientMachine, { id: 'client', clock: site.clock, ...options })
  return { site, actor: place(actor, site) }
}
