import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parsePath } from '../../objects/path.ts'
import { encodeOperation } from '../../transport/lwm2m/downlink.ts'
import { type ReportingSite, reportingSite } from '../helpers/reporting-site.ts'

const celsius = '/3303/0/5700'
const integer = '/3442/0/120'

const attributes = [
  'pmin=5',
  'pmin=30',
  'pmin',
  'pmax=7',
  'pmax',
  'con=1',
  'con',
  'hqmax=2',
  'hqmax=0',
  'hqmax',
  'epmax=3',
]

/** What may happen to a client, as the application, the server, the network and time do it. */
const anyStep = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ set: fc.constantFrom(celsius, integer), value: fc.integer({ min: 0, max: 50 }) }),
  },
  { weight: 6, arbitrary: fc.record({ waitSeconds: fc.constantFrom(0.3, 1, 3, 10, 40) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      attach: fc.constantFrom(celsius, integer, '/3303', '/3442/0'),
      attribute: fc.constantFrom(...attributes),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      call: fc.constantFrom('suspend', 'resume', 'enterOffline', 'exitOffline', 'update'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ delayMs: fc.constantFrom(0, 300, 1_500) }) },
)

type Step = typeof anyStep extends fc.Arbitrary<infer S> ? S : never

async function take(site: ReportingSite, step: Step): Promise<void> {
  if ('set' in step) {
    site.set(step.set, step.value)
  } else if ('waitSeconds' in step) {
    await site.advance(step.waitSeconds)
  } else if ('attach' in step) {
    const path = parsePath(step.attach)
    const request = encodeOperation({ kind: 'writeAttributes', path, attributes: [step.attribute] })
    // A client that is silent may never answer.
    site.peer.request(request).response.catch(() => undefined)
    await site.advance(0.1)
  } else if ('call' in step) {
    site.client[step.call as 'suspend']()
  } else {
    site.network.conditions = { loss: 0, duplication: 0, delayMs: [step.delayMs, step.delayMs] }
  }
}

test('whatever happens, the server learns of the last value without another write (RFC 7641 §1.3)', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        stores: fc.boolean(),
        isComposite: fc.boolean(),
        queueMode: fc.boolean(),
        accept: fc.constantFrom(0, 112),
      }),
      fc.array(anyStep, { maxLength: 40 }),
      async ({ stores, isComposite, queueMode, accept }, steps) => {
        const sleep = queueMode ? { queueMode: { awakeSeconds: 4 } } : {}
        const site = await reportingSite({ client: { ...sleep, maximumHeldNotifications: 4 } })
        site.client.objects.set('/1/0/6', stores)
        const views = isComposite
          ? [await site.observeComposite([celsius, integer])]
          : [await site.observePath(celsius, { accept }), await site.observePath(integer, { accept })]
        for (const step of steps) await take(site, step)
        site.client.resume()
        site.client.exitOffline()
        await site.advance(200)
        for (const path of [celsius, integer]) {
          const told = views.flatMap(({ first, notifications }) => [first, ...notifications]).join(' ')
          const values = [...told.matchAll(new RegExp(`${path}=([0-9.]+)`, 'g'))].map(([, value]) => Number(value))
          expect(values.at(-1)).toBe(site.client.objects.get(path))
        }
        expect(views.flatMap(({ ends }) => ends)).toEqual([])
        await site.stop()
        expect([site.clock.pendingTimers, site.errors]).toEqual([0, []])
      },
    ),
    { seed: 1, numRuns: 100 },
  )
})
