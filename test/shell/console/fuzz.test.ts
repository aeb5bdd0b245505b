import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Connection } from '../../../transport/connection.ts'
import { simulatedWorld } from '../../helpers/simulated-world.ts'
import { answersTo, pace, startShell } from '../../helpers/testing-shell.ts'

/** What only ends when somebody comes or time passes, and what sends bytes without a word. */
const special = /^\s*(?:l|rec|sl|f|w|u)/

const names =
  'bootstrap changed coap coap_decode connect content create details discover empty expect lwm2m_decode notify observe read read_composite register reset send set tlv cbor write write_attributes write_composite help exit EOF add_resource show serialize'.split(
    ' ',
  )

const word = fc.oneof(
  fc.constantFrom(
    '/3/0',
    '5',
    'msg_id=5',
    'token=a',
    'ANY',
    'None',
    'options=',
    'BLOCK1(0,True,64)',
    '[',
    '"',
    "'",
    '(',
    '\\x',
    '-1',
  ),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 6 }),
)
const line = fc
  .tuple(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...names) }, word), fc.array(word, { maxLength: 5 }))
  .map(([name, words]) => [name, ...words].join(' ').replace(/[\r\n]/g, ' '))
  .filter(typed => !special.test(typed) && !typed.startsWith('exit') && !typed.startsWith('EOF'))

test('whatever is typed, nothing is sent that was not told, and the shell goes on', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 20, maxLength: 60 }), async lines => {
      const world = simulatedWorld()
      let sent = 0
      const { network } = world
      const connect = network.connect.bind(network)
      network.connect = async (remote, options) => {
        const connection = await connect(remote, options)
        const send = connection.send.bind(connection)
        connection.send = (bytes: Uint8Array) => {
          sent++
          send(bytes)
        }
        return connection satisfies Connection
      }
      const shell = startShell(world, ['connect 10.0.0.9', ...lines, 'sleep 0'], ['--json'])
      expect(await pace(world, shell.exitCode)).toBe(0)
      const told = shell.output.split('\n').filter(text => text.startsWith('{"event":"sent"'))
      expect(sent).toBe(told.length)
    }),
    { seed: 9, numRuns: 50 },
  )
})

test('each error is one line', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 20, maxLength: 60 }), async lines => {
      const world = simulatedWorld()
      const shell = startShell(world, lines)
      await pace(world, shell.exitCode)
      for (const answer of answersTo(shell.output)) {
        expect(answer.split('\n').filter(text => text.endsWith('(try "get_error" for details)')).length).toBeLessThan(2)
      }
    }),
    { seed: 10, numRuns: 50 },
  )
})
