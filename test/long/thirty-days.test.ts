import { afterAll, expect, test } from 'vitest'
import { Lwm2mClient } from '../../client/client.ts'
import { MemoryNetwork } from '../../transport/memory.ts'
import { seededRandom } from '../../transport/random.ts'
import { SimulatedClock } from '../../transport/simulated-clock.ts'
import { FailingServer, failingNetwork } from '../helpers/failing-server.ts'
import { RegistrationWatch } from '../helpers/registration-watch.ts'

/**
 * Thirty days of a client with three servers, 20 % loss and outages.
 *
 * It is registered again within its current backoff delay + MAX_TRANSMIT_WAIT: the delay is over in time, and the attempt
 * is, too. Where this counts from depends on what the client can know when the server returns:
 *
 * * while it waits: from the return, since the wait goes on;
 * * while an attempt is under way that the outage has spoilt: from the failure of that, which makes the delay the current
 *   one;
 * * while it takes itself for registered, and the server remembers: nothing was lost;
 * * while it does, and the server has forgotten: from its next Update, which is refused, so that there is no delay.
 *
 * An attempt fails by chance, too: at 20 % loss each way a transmission goes unanswered at 1 − 0.8², and five of them in
 * 0.6 % of all exchanges. From there it counts anew, and that it was by chance is seen on the wire: five transmissions, no
 * answer. RegistrationWatch has the rules that these bounds are made of, and those of what may be sent when.
 *
 * `SEEDS=1000 npm run test:long -- thirty-days` takes other than 100 seeds, `SEED=7` only that one.
 */
const { SEED, SEEDS = '100' } = process.env
const seeds = SEED === undefined ? Array.from({ length: Number(SEEDS) }, (_, index) => index + 1) : [Number(SEED)]
if (seeds.length === 0) throw new Error('SEEDS is to be a number above 0')

const days = 30
const dayMs = 86_400_000
const endpoint = 'urn:dev:os:1'
const retry = { initialDelaySeconds: 2, maximumDelaySeconds: 600, spread: 0.5 }
const lifetimesSeconds = [3_600, 21_600, 86_400]

function failingAccount(site: { clock: SimulatedClock; network: MemoryNetwork; seed: number }, index: number) {
  const { clock, network, seed } = site
  const shortServerId = index + 1
  const host = `10.0.1.${shortServerId}`
  const lifetimeSeconds = lifetimesSeconds[index] as number
  const server: FailingServer = new FailingServer({
    host,
    clock,
    network,
    random: seededRandom(seed + shortServerId * 1e6),
    fate: seededRandom(seed + shortServerId * 1e7),
    onFailure: () => watch.serverFailed(),
    onReturn: forgot => watch.serverReturned(forgot),
  })
  const watch = new RegistrationWatch({ clock, lifetimeSeconds, retry, isKnown: () => server.knows(endpoint) })
  const wire = {
    get reachable() {
      return server.reachable
    },
    sent: (bytes: Uint8Array) => watch.sent(bytes),
    received: (bytes: Uint8Array) => watch.received(bytes),
  }
  return { host, shortServerId, lifetimeSeconds, server, watch, wire }
}

async function simulate(seed: number, durationMs: number) {
  const clock = new SimulatedClock()
  const network = new MemoryNetwork({
    clock,
    random: seededRandom(seed),
    conditions: { loss: 0.2, delayMs: [10, 500] },
  })
  const accounts = lifetimesSeconds.map((_, index) => failingAccount({ clock, network, seed }, index))
  const accountOf = new Map(accounts.map(account => [account.shortServerId, account]))
  const errors: unknown[] = []
  const client = new Lwm2mClient({
    endpoint,
    servers: accounts.map(({ host, shortServerId, lifetimeSeconds }) => {
      return { uri: `coap://${host}`, shortServerId, lifetimeSeconds }
    }),
    retry,
    clock,
    random: seededRandom(seed + 1e8),
    network: failingNetwork(network, new Map(accounts.map(({ host, wire }) => [host, wire]))),
    onError: error => errors.push(error),
  })
  const subscription = client.events$.subscribe(event => {
    if ('shortServerId' in event) accountOf.get(event.shortServerId ?? 0)?.watch.announced(event)
    else errors.push(event)
  })
  for (const { server } of accounts) await server.start()
  for (const { watch } of accounts) watch.begin()
  client.start()
  await clock.advance(durationMs)

  subscription.unsubscribe()
  for (const { watch } of accounts) watch.end()
  await clock.until(client.stop())
  for (const { server } of accounts) await server.close()
  network.clear()
  return { accounts, errors, timersLeft: clock.pendingTimers }
}

const total = { outages: 0, losses: 0, registers: 0, updates: 0, unanswered: 0, comebacks: 0, longestComebackMs: 0 }

test.each(seeds)('registered again after each outage, and never sent too early: seed %i', async seed => {
  const { accounts, errors, timersLeft } = await simulate(seed, days * dayMs)
  const violations = accounts.flatMap(({ shortServerId, watch: { violation } }) =>
    violation === undefined ? [] : [`server ${shortServerId}:\n${violation}`],
  )
  if (violations.length > 0) {
    throw new Error(`${violations.join('\n')}\nAlone: SEED=${seed} npm run test:long -- thirty-days`)
  }
  expect(errors).toEqual([])
  expect(timersLeft).toBe(0)
  for (const { server, watch } of accounts) {
    for (const [name, count] of Object.entries({ ...server.counts, ...watch.counts }) as [
      keyof typeof total,
      number,
    ][]) {
      total[name] = name === 'longestComebackMs' ? Math.max(total[name], count) : total[name] + count
    }
  }
})

test('a seed replays', async () => {
  const run = async () => {
    const { accounts } = await simulate(seeds[0] ?? 1, 3 * dayMs)
    return accounts.map(({ watch, server }) => ({ ...watch.counts, ...server.counts, history: watch.history }))
  }
  expect(await run()).toEqual(await run())
})

afterAll(() => {
  const { outages, losses, registers, updates, unanswered, comebacks, longestComebackMs } = total
  console.log(
    `${seeds.length} seeds of ${days} days: ${outages} outages, ${losses} with loss of memory; ${registers} Registers and ` +
      `${updates} Updates, ${unanswered} unanswered; ${comebacks} times registered again after an outage that was noticed, ` +
      `within ${Math.round(longestComebackMs / 1000)} s`,
  )
})
