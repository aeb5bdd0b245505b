import { accountMachine } from '../machines/account.machine.ts'
import { bootstrapMachine } from '../machines/bootstrap.machine.ts'
import { clientMachine } from '../machines/client.machine.ts'
import {
  effect,
  type RetryDelayInput,
  type RetryDelayOutcome,
  type System,
  type TimerInput,
  type TimerOutcome,
} from '../machines/effects.ts'
import type { ClientEvent } from '../machines/events.ts'
import { retryDelayMs } from '../machines/retry.ts'
import type { Clock } from '../transport/clock.ts'
import type { Random } from '../transport/random.ts'
import type { BootstrapConnection } from './bootstrap-connection.ts'
import type { ServerConnection } from './server-connection.ts'

/** What the statecharts of one client work with; never part of their context. */
export interface ClientPorts {
  readonly clock: Clock
  readonly random: Random
  connection(shortServerId: number): ServerConnection
  bootstrapConnection(securityInstanceId: number): BootstrapConnection
  announce(event: ClientEvent): void
  purgeBootstrapAccount(securityInstanceId: number): void
}

/** Each client has an actor system of its own, by which the effects, made once a process, find its ports. */
const portsOfSystem = new WeakMap<System, ClientPorts>()

export function attachPorts(system: System, ports: ClientPorts): void {
  portsOfSystem.set(system, ports)
}

function portsOf(system: System): ClientPorts {
  const ports = portsOfSystem.get(system)
  if (ports === undefined) throw new Error('the actor system has no client')
  return ports
}

const timer = effect<TimerInput, TimerOutcome>(({ deadlineMs }, report, system) => {
  const { clock } = portsOf(system)
  if (deadlineMs === undefined) return () => {}
  const handle = clock.setTimeout(() => report({ type: 'timer.due' }), Math.max(0, deadlineMs - clock.now()))
  return () => clock.clearTimeout(handle)
})

const retryDelay = effect<RetryDelayInput, RetryDelayOutcome>(({ failedAttempts, retry }, report, system) => {
  const { clock, random } = portsOf(system)
  const delayMs = retryDelayMs(failedAttempts, retry, random.fraction())
  report({ type: 'retry.scheduled', delayMs, atMs: clock.now() + delayMs })
  return () => {}
})

const announce = ({ system }: { system: System }, event: ClientEvent) => portsOf(system).announce(event)

const account = accountMachine.provide({
  actors: {
    connection: effect(({ shortServerId }, report, system) => portsOf(system).connection(shortServerId).open(report)),
    register: effect((input, report, system) =>
      portsOf(system).connection(input.shortServerId).register(input, report),
    ),
    update: effect((input, report, system) => portsOf(system).connection(input.shortServerId).update(input, report)),
    deregister: effect((input, report, system) =>
      portsOf(system).connection(input.shortServerId).deregister(input, report),
    ),
    awakeWindow: effect((input, report, system) =>
      portsOf(system).connection(input.shortServerId).awakeWindow(input, report),
    ),
    timer,
    retryDelay,
  },
  actions: { announce },
})

const bootstrap = bootstrapMachine.provide({
  actors: {
    bootstrapConnection: effect(({ securityInstanceId }, report, system) =>
      portsOf(system).bootstrapConnection(securityInstanceId).open(report),
    ),
    bootstrapRequest: effect(({ securityInstanceId }, report, system) =>
      portsOf(system).bootstrapConnection(securityInstanceId).request(report),
    ),
    bootstrapPack: effect(({ securityInstanceId }, report, system) =>
      portsOf(system).bootstrapConnection(securityInstanceId).pack(report),
    ),
    silence: effect((input, report, system) =>
      portsOf(system).bootstrapConnection(input.securityInstanceId).silence(input, report),
    ),
    timer,
    retryDelay,
  },
  actions: { announce },
})

/** The client chart with its effects: provided once a process, since to provide a client costs twice its memory. */
export const client = clientMachine.provide({
  actors: { account, bootstrap, timer },
  actions: {
    announce,
    purgeBootstrapAccount: ({ system }, { securityInstanceId }) => {
      if (securityInstanceId !== undefined) portsOf(system).purgeBootstrapAccount(securityInstanceId)
    },
  },
})
