import { test } from 'vitest'
import type { SnapshotFrom } from 'xstate'
import type { SoftwareInput, SoftwarePhase } from '../../machines/software-context.ts'
import { type EffectName, simulatedSoftwareMachine } from '../helpers/account-actor.ts'
import { eventsOf, walkChart } from '../helpers/chart-walk.ts'

const machine = simulatedSoftwareMachine

const events = eventsOf(machine, {
  'push.failed': [{ result: 52 }],
  'pull.failed': [{ result: 56 }],
  'verify.failed': [{ result: 53 }],
  'verify.passed': [{ name: 'app', version: '1' }],
  uninstall: [{ isForUpdate: false }, { isForUpdate: true }],
})

const hold = events.filter(({ type }) => type === 'hold')

function situation({ value, context }: SnapshotFrom<typeof machine>): unknown {
  const { isInPlace, isForUpdate, held, resumed } = context
  return [value, isInPlace, isForUpdate, held, resumed]
}

const inPlace: readonly SoftwarePhase[] = ['removing', 'inactive', 'active', 'uninstalling']
const notInPlace: readonly SoftwarePhase[] = ['pushing', 'pulling', 'downloaded', 'delivered', 'installing']

const inputs: SoftwareInput[] = [...inPlace, ...notInPlace].map(phase => ({
  held: false,
  saved: { phase, result: 0, isInPlace: inPlace.includes(phase), isForUpdate: false, name: '', version: '' },
}))

/** Whose outcome an event is; what servers ask for comes as commands. */
function reporterOf(type: string): EffectName | undefined {
  const [name = '', outcome] = type.split('.')
  return outcome !== undefined && name !== 'push' && name !== 'uri' ? (name as EffectName) : undefined
}

test('every path through the Software Management chart, taken by a live instance, ends without a leftover', () => {
  const counts = walkChart({
    machine,
    beginnings: [
      { input: { held: false }, events: () => events },
      // What follows when an earlier run is caught up with is that of the first.
      ...inputs.map(input => ({
        input,
        events: ({ context }: SnapshotFrom<typeof machine>) => (context.resumed === undefined ? hold : events),
      })),
    ],
    situation,
    reporter: ({ type }) => {
      const name = reporterOf(type)
      return name && { name }
    },
    stop: (_, actor) => actor.stop(),
  })
  console.log(counts)
})
