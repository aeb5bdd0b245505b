import {
  type ActorOptions,
  type AnyActor,
  type AnyActorLogic,
  createActor,
  type EventObject,
  type InspectionEvent,
} from 'xstate'
import { accountMachine } from '../../machines/account.machine.ts'
import type { AccountInput } from '../../machines/account-context.ts'
import { bootstrapMachine } from '../../machines/bootstrap.machine.ts'
import type { BootstrapInput } from '../../machines/bootstrap-context.ts'
import { clientMachine } from '../../machines/client.machine.ts'
import {
  accountEffects,
  bootstrapEffects,
  effect,
  type RetryDelayInput,
  type RetryDelayOutcome,
  type System,
  type TimerInput,
  type TimerOutcome,
} from '../../machines/effects.ts'
import type { ClientEvent } from '../../machines/events.ts'
import { firmwareEffects } from '../../machines/firmware-effects.ts'
import { firmwareUpdateMachine } from '../../machines/firmware-update.machine.ts'
import { retryDelayMs } from '../../machines/retry.ts'
import { softwareEffects } from '../../machines/software-effects.ts'
import { softwareManagementMachine } from '../../machines/software-management.machine.ts'
import { SimulatedClock } from '../../transport/simulated-clock.ts'

/** The effects of all charts; of the client chart on its own, its actors. */
export type EffectName =
  | keyof typeof accountEffects
  | keyof typeof bootstrapEffects
  | keyof typeof firmwareEffects
  | keyof typeof softwareEffects
  | 'account'
  | 'bootstrap'

/** An event with its payload. */
export type Outcome = EventObject & Readonly<Record<string, unknown>>

/** An effect that runs: its input, what it was told, and how the test tells its outcome. */
export interface RunningEffect {
  readonly name: EffectName
  readonly input: { readonly shortServerId?: number; readonly securityInstanceId?: number }
  readonly messages: EventObject[]
  report(outcome: Outcome): void
}

/** The world of one actor under test: simulated time, what it announced, and the effects it started. */
export class Site {
  readonly clock = new SimulatedClock(0)
  readonly events: ClientEvent[] = []
  /** The Security instances that were to be purged. */
  readonly purged: unknown[] = []
  /** Every effect ever started, in order. */
  readonly started: RunningEffect[] = []
  readonly running = new Set<RunningEffect>()
  /** Whether timers and retry delays, too, report only when the test says so. */
  readonly byHand: boolean
  /** The application under test: called with each event. */
  onEvent: (event: ClientEvent) => void = () => {}

  constructor(byHand = false) {
    this.byHand = byHand
  }

  open(started: RunningEffect): () => void {
    this.started.push(started)
    this.running.add(started)
    return () => this.running.delete(started)
  }

  /** The names of the effects that run, sorted. */
  get runningNames(): EffectName[] {
    return [...this.running].map(({ name }) => name).sort()
  }

  find(name: EffectName, shortServerId?: number): RunningEffect | undefined {
    for (const running of this.running) {
      const { shortServerId: id = shortServerId } = running.input
      if (running.name === name && (shortServerId === undefined || id === shortServerId)) return running
    }
    return undefined
  }

  effect(name: EffectName, shortServerId?: number): RunningEffect {
    const found = this.find(name, shortServerId)
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
const scripted = (name: EffectName) =>
  effect<RunningEffect['input'], EventObject>((input, sendBack, system) => {
    const messages: EventObject[] = []
    const end = siteOf(system).open({ name, input, messages, report: sendBack })
    return { end, receive: message => messages.push(message) }
  })

const timer = effect<TimerInput, TimerOutcome>(({ deadlineMs }, sendBack, system) => {
  const site = siteOf(system)
  const due = () => sendBack({ type: 'timer.due' })
  const end = site.open({ name: 'timer', input: {}, messages: [], report: due })
  if (deadlineMs === undefined || site.byHand) return end
  const handle = site.clock.setTimeout(due, deadlineMs - site.clock.now())
  return () => {
    site.clock.clearTimeout(handle)
    end()
  }
})

/** Takes away the whole spread: the shortest delay. */
const retryDelay = effect<RetryDelayInput, RetryDelayOutcome>(({ failedAttempts, retry }, sendBack, system) => {
  const site = siteOf(system)
  const end = site.open({
    name: 'retryDelay',
    input: {},
    messages: [],
    report: outcome => sendBack(outcome as RetryDelayOutcome),
  })
  if (site.byHand) return end
  const delayMs = retryDelayMs(failedAttempts, retry, 0)
  sendBack({ type: 'retry.scheduled', delayMs, atMs: site.clock.now() + delayMs })
  return end
})

/** All effects of a chart, their outcomes reported by the test; typed as what they stand for. */
function simulated<TEffects extends Readonly<Record<string, AnyActorLogic>>>(effects: TEffects): TEffects {
  const logics = Object.keys(effects).map(name => [name, scripted(name as EffectName)])
  return { ...Object.fromEntries(logics), timer, retryDelay }
}

const announce = ({ system }: { system: System }, event: ClientEvent) => {
  const site = siteOf(system)
  site.events.push(event)
  site.onEvent(event)
}

const purgeBootstrapAccount = ({ system }: { system: System }, params: { securityInstanceId: number | undefined }) => {
  siteOf(system).purged.push(params.securityInstanceId)
}

export const simulatedAccountMachine = accountMachine.provide({
  actors: simulated(accountEffects),
  actions: { announce },
})

export const simulatedBootstrapMachine = bootstrapMachine.provide({
  actors: simulated(bootstrapEffects),
  actions: { announce },
})

export const simulatedFirmwareMachine = firmwareUpdateMachine.provide({ actors: simulated(firmwareEffects) })

export const simulatedSoftwareMachine = softwareManagementMachine.provide({ actors: simulated(softwareEffects) })

const simulatedClientMachine = clientMachine.provide({
  actors: { account: simulatedAccountMachine, bootstrap: simulatedBootstrapMachine, timer },
  actions: { announce, purgeBootstrapAccount },
})

/** The client chart on its own: its accounts and its bootstrap are effects, whose ends the test reports as well. */
export const lonelyClientMachine = clientMachine.provide({
  actors: simulated({ account: accountMachine, bootstrap: bootstrapMachine, timer }),
  actions: { announce, purgeBootstrapAccount },
})

export const cause = { code: 'TIMEOUT', message: 'no answer' } as const
export const location = ['rd', 'a1'] as const

export function place<TActor extends AnyActor>(actor: TActor, site: Site): TActor {
  sites.set(actor.system, site)
  actor.start()
  return actor
}

/** An account of server 1 that has just begun to connect, or goes on from a snapshot. */
export function startAccount(
  input: Partial<AccountInput> = {},
  options: Pick<ActorOptions<typeof accountMachine>, 'snapshot'> = {},
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

/** Has the effect, of this account if given, report an outcome. */
export function report(site: Site, name: EffectName, outcome: Outcome, shortServerId?: number): void {
  site.effect(name, shortServerId).report(outcome)
}

export function connect(site: Site, shortServerId?: number): void {
  report(site, 'connection', { type: 'connect.succeeded', atMs: site.clock.now() }, shortServerId)
}

/** Connects and registers an account, answering as a server would. */
export function answerRegister(site: Site, shortServerId?: number): void {
  connect(site, shortServerId)
  report(site, 'register', { type: 'register.created', location, atMs: site.clock.now() }, shortServerId)
}

/** A registered account, its REGISTRATION_COMPLETE already taken. */
export function registeredAccount(input: Partial<AccountInput> = {}) {
  const { site, actor } = startAccount(input)
  answerRegister(site)
  site.take()
  return { site, actor }
}

export function acceptUpdate(site: Site): void {
  report(site, 'update', { type: 'update.changed', atMs: site.clock.now() })
}

/** A bootstrap that has just begun to connect to the server of its first account. */
export function startBootstrap(input: Partial<BootstrapInput> = {}) {
  const site = new Site()
  const accounts = [{ securityInstanceId: 0, holdOffSeconds: 0 }] as const
  const actor = createActor(simulatedBootstrapMachine, {
    id: 'bootstrap',
    clock: site.clock,
    input: { accounts, ...input },
  })
  return { site, actor: place(actor, site) }
}

/** A client that was not started yet. */
export function createClient(options: { inspect?: (event: InspectionEvent) => void } = {}) {
  const site = new Site()
  const actor = createActor(simulatedClientMachine, { id: 'client', clock: site.clock, ...options })
  return { site, actor: place(actor, site) }
}
