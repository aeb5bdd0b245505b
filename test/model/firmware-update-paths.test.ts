import { test } from 'vitest'
import type { SnapshotFrom } from 'xstate'
import type { FirmwareInput, FirmwarePhase } from '../../machines/firmware-context.ts'
import { firmwareEffects } from '../../machines/firmware-effects.ts'
import { type EffectName, simulatedFirmwareMachine } from '../helpers/account-actor.ts'
import { eventsOf, walkChart } from '../helpers/chart-walk.ts'

const machine = simulatedFirmwareMachine

const results = [{ result: 5 }, { result: 8 }]

const events = eventsOf(machine, {
  'push.failed': [{ result: 4 }],
  'pull.failed': [{ result: 7 }],
  'verify.failed': [{ result: 5 }],
  'install.failed': results,
  'install.deferred': [{ atMs: 1000 }],
  fail: results,
  defer: [{ atMs: 2000 }],
})

function situation({ value, context }: SnapshotFrom<typeof machine>): unknown {
  const { result, held, pushed, deferredAtMs } = context
  return [value, result, held, pushed, deferredAtMs !== undefined]
}

const phases: readonly FirmwarePhase[] = ['idle', 'pushing', 'pulling', 'pulled', 'downloaded', 'deferred', 'updating']

const inputs: FirmwareInput[] = [
  ...phases.map(phase => ({ phase, result: 0, manual: false, held: false }) as const),
  { phase: 'updating', result: 0, manual: true, held: true },
]

/** Whose outcome an event is; what servers write comes as commands. */
function reporterOf(type: string): EffectName | undefined {
  const name = type.split('.')[0] ?? ''
  return name !== 'push' && Object.hasOwn(firmwareEffects, name) ? (name as EffectName) : undefined
}

test('every path through the firmware update chart, taken by a live update, ends without a leftover', () => {
  const counts = walkChart({
    machine,
    beginnings: inputs.map(input => ({ input, events: () => events })),
    situation,
    reporter: ({ type }) => {
      const name = reporterOf(type)
      return name && { name }
    },
    stop: (_, actor) => actor.stop(),
  })
  console.log(counts)
})
