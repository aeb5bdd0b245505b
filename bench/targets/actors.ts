import { type AnyActor, createActor } from 'xstate'
import { accountInputs } from '../../client/accounts.ts'
import { factoryBootstrap } from '../../client/factory-bootstrap.ts'
import {
  accountEffects,
  accountMachine,
  type ClientEvent,
  type ConnectionMessage,
  type ConnectionOutcome,
  clientMachine,
  effect,
  type RegisterInput,
  type RegisterOutcome,
  type ServerInput,
  type TimerInput,
  type TimerOutcome,
} from '../../machines/index.ts'
import { SimulatedClock } from '../../transport/index.ts'
import { answerQuestions } from '../questions.ts'
import { collectedMemory } from './collected-memory.ts'

const clock = new SimulatedClock()
const nothing = () => {}
let registered = 0

const account = accountMachine.provide({
  actors: {
    ...accountEffects,
    connection: effect<ServerInput, ConnectionOutcome, ConnectionMessage>((_input, report) => {
      report({ type: 'connect.succeeded', atMs: clock.now() })
      return { receive: nothing, end: nothing }
    }),
    register: effect<RegisterInput, RegisterOutcome>((_input, report) => {
      report({ type: 'register.created', location: ['rd', '1'], atMs: clock.now() })
      return nothing
    }),
    timer: effect<TimerInput, TimerOutcome>(() => nothing),
  },
  actions: {
    announce: (_args, { type }: ClientEvent) => {
      if (type === 'REGISTRATION_COMPLETE') registered++
    },
  },
})
const client = clientMachine.provide({ actors: { account } })

const { store } = factoryBootstrap({
  endpoint: 'urn:dev:os:bench',
  servers: [{ uri: 'coap://10.0.0.2', shortServerId: 1, lifetimeSeconds: 3_600 }],
})
const actors: AnyActor[] = []

answerQuestions({
  /** As many root actors, each with the actor of one account that takes itself for registered. */
  create(count: number): void {
    for (let left = count; left > 0; left--) {
      const actor = createActor(client, { id: 'client', clock })
      actor.subscribe({ error: nothing })
      actor.start()
      actor.send({ type: 'start', accounts: accountInputs(store, {}) })
      actors.push(actor)
    }
    if (registered < actors.length) throw new Error(`only ${registered} of ${actors.length} are registered`)
  },
  memory: collectedMemory,
})
