import { afterAll, expect, test } from 'vitest'
import { type ReportingSite, reportingSite } from './reporting-site.ts'

/**
 * Notifications under everything that comes between a write and its server: attributes that change, sleep, suspension,
 * outages, loss. One hour of one client and one server a seed, drawn from it: how they are set up, what is observed, what
 * happens, and when. ReportingWatch has the rules.
 *
 * `SEEDS=50 npm run test:long -- reporting` takes other than 500 seeds, `SEED=7` only that one.
 */
const { SEED, SEEDS = '500' } = process.env
const seeds = SEED === undefined ? Array.from({ length: Number(SEEDS) }, (_, index) => index + 1) : [Number(SEED)]
if (seeds.length === 0) throw new Error('SEEDS is to be a number above 0')

type Counts = ReportingSite['counts'] & ReportingSite['watch']['counts']

const total: Partial<Record<keyof Counts, number>> = {}
let violations = 0

async function simulate(seed: number): Promise<ReportingSite> {
  const site = await reportingSite(seed)
  await site.live(3_600_000)
  await site.settle()
  await site.stop()
  return site
}

test.each(seeds)('nothing early, late, lost or twice: seed %i', async seed => {
  const { settings, watch, counts, errors, clock } = await simulate(seed)
  if (watch.violation !== undefined) {
    violations++
    throw new Error(
      `${JSON.stringify(settings)}\n${watch.violation}\nAlone: SEED=${seed} npm run test:long -- reporting`,
    )
  }
  expect(errors).toEqual([])
  expect(clock.pendingTimers).toBe(0)
  for (const [name, count] of Object.entries({ ...watch.counts, ...counts }) as [keyof Counts, number][]) {
    total[name] = (total[name] ?? 0) + count
  }
})

test('a seed replays', async () => {
  const run = async () => {
    const { watch, counts } = await simulate(seeds[0] ?? 1)
    return { ...watch.counts, ...counts }
  }
  expect(await run()).toEqual(await run())
})

afterAll(() => {
  const { writes, writtenAttributes, observations, sleeps, absences, outages, losses } = total
  const { notifications, confirmable, retransmissions, stored, dropped } = total
  console.log(
    `${seeds.length} seeds of an hour: ${writes} writes, ${writtenAttributes} Write-Attributes, ${observations} Observes; ` +
      `${sleeps} sleeps, ${absences} absences, ${outages} outages, ${losses} phases of loss; ${notifications} notifications, ` +
      `${confirmable} of them confirmable, ${retransmissions} retransmissions, ${stored} of what was stored; ` +
      `${dropped} reports dropped; ${violations} violations`,
  )
})
