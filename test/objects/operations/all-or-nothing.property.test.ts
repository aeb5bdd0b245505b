import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ContentFormat } from '../../../objects/formats/format.ts'
import type { Operation } from '../../../objects/operations/operation.ts'
import { parsePath } from '../../../objects/path.ts'
import { codeOf, setUp } from './setting.ts'

const contentFormat = ContentFormat.senmlJson

/** Values that fit, that are of a wrong type or out of range; places that are not writable, or unknown. */
const record = fc.record({
  resource: fc.constantFrom('0', '1', '2', '2', '2', '3', '4/0', '4/7', '4', '9', '10', '99'),
  field: fc.oneof(
    { weight: 5, arbitrary: fc.constant<object>({ v: 1 }) },
    fc.constantFrom<object>({ v: 101 }, { vs: 'x' }, { vb: true }, { v: null }, { vlo: '9:9' }),
  ),
})

/** A payload about one instance most of the time. */
const payloadAbout = (...instances: string[]) =>
  fc
    .array(fc.tuple(fc.constantFrom(...instances), record), { minLength: 1, maxLength: 5 })
    .map(entries => entries.map(([instance, { resource, field }]) => ({ n: `${instance}/${resource}`, ...field })))
    .map(pack => Buffer.from(JSON.stringify(pack)))

const write = fc
  .tuple(fc.constantFrom('/32000/0', '/32000/0/4', '/32000/0/2'), fc.constantFrom('replace', 'update'))
  .chain(([path, mode]) =>
    payloadAbout('/32000/0').map(
      (payload): Operation => ({
        kind: 'write',
        path: parsePath(path),
        mode,
        contentFormat,
        payload,
      }),
    ),
  )
const create = payloadAbout('/32000/5', '/32000/5', '/32000/5', '/32000/6', '/32000/0').map(
  (payload): Operation => ({ kind: 'create', path: [32000], contentFormat, payload }),
)
const writeComposite = payloadAbout('/32000/0', '/32000/0', '/32000/0', '/1/0', '/0/0', '/32000/7').map(
  (payload): Operation => ({ kind: 'writeComposite', path: [], contentFormat, payload }),
)
const operation = fc.oneof(write, create, writeComposite)

test('a Write, Create or Write-Composite that fails anywhere changes nothing and is not told', () => {
  const seen = new Map<string | undefined, number>()
  fc.assert(
    fc.property(operation, fc.boolean(), (request, refuses) => {
      const { store, run } = setUp()
      let told = 0
      store.onChanges(() => told++)
      // The application refuses last, when everything is in the store already.
      if (refuses) store.handlers.add(32000, undefined, 2, { written: () => store.set([32000, 0, 99], 1) })
      const before = store.entries([])
      const code = codeOf(run(request))
      seen.set(code, (seen.get(code) ?? 0) + 1)
      if (code?.startsWith('2') === true) {
        expect(told).toBeLessThanOrEqual(1)
      } else {
        expect(store.entries([])).toEqual(before)
        expect(told).toBe(0)
      }
    }),
    { seed: 1, numRuns: 3000 },
  )
  // The property is about something only when all of these happen.
  for (const code of ['2.01', '2.04', '4.00', '4.01', '4.04', '4.05']) expect(seen.get(code)).toBeGreaterThan(5)
})
