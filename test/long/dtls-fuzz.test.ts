import { afterAll, expect, test } from 'vitest'
import { seededRandom } from '../../transport/random.ts'
import { DtlsDuel, scenarios, undisturbed } from '../helpers/dtls-duel.ts'
import { DtlsFuzz } from '../helpers/dtls-fuzz.ts'
import { DtlsForger } from '../helpers/dtls-keys.ts'

/**
 * Datagrams that nobody should send, at both ends and at each stage of each kind of handshake, and in the session that it
 * leads to: from the peer's address, from others, and under the keys themselves.
 *
 * `RECORDS=5000 npm run test:long -- dtls-fuzz` sends other than 1,000,000, `SEED=7` begins with another seed than 1:
 * a failure names the seed that repeats it with `RECORDS=1`.
 */
const { SEED = '1', RECORDS = '1000000' } = process.env
const target = Number(RECORDS)
const roundsEach = 25

const counts = { rounds: 0, datagrams: 0, established: 0, failed: 0, ended: 0 }
const stranger = { host: '10.6.6.6', port: 6_666 }
const real = await Promise.all(scenarios.map(async scenario => (await undisturbed(scenario)).map(({ bytes }) => bytes)))

/** In the middle of the handshake: it comes to an end that is right, or to one that says why. */
async function duringHandshake(seed: number, fuzz: DtlsFuzz): Promise<void> {
  const scenario = fuzz.pick(scenarios)
  const datagrams = real[scenarios.indexOf(scenario)] ?? []
  const stage = fuzz.below(datagrams.length)
  const duel = await new DtlsDuel(scenario, seed).prepare()
  await duel.handshake(({ index, from, to }, deliver) => {
    const total = index === stage ? 40 : 0
    for (let sent = 0; sent < total; sent++) {
      counts.datagrams++
      const bytes = fuzz.datagram(
        duel.sent.length > 1 && fuzz.below(2) === 0 ? duel.sent.map(each => each.bytes) : datagrams,
      )
      const direction = fuzz.below(5)
      if (direction < 2) deliver(bytes)
      else if (direction < 4) deliver(bytes, 0, to, from)
      else deliver(bytes, 0, stranger, duel.site.serverAddress)
    }
    deliver()
  })
  if (duel.client === undefined) counts.failed++
  else counts.established++
  await duel.expectSound(`SEED=${seed}, ${scenario.name}, stage ${stage}`, true)
}

/** In a session: nothing that is not under its keys ends it. */
async function inSession(seed: number, fuzz: DtlsFuzz): Promise<void> {
  const scenario = fuzz.pick(scenarios)
  const duel = await new DtlsDuel(scenario, seed).prepare()
  const { site } = duel
  const path = await site.network.connect(site.serverAddress)
  await duel.handshake(undefined, path)
  const datagrams = [...(real[scenarios.indexOf(scenario)] ?? []), ...duel.sent.map(({ bytes }) => bytes)]
  for (let sent = 0; sent < 400; sent++) {
    counts.datagrams++
    const bytes = fuzz.datagram(datagrams)
    const direction = fuzz.below(5)
    if (direction < 2) duel.inject(bytes, path.local, site.serverAddress)
    else if (direction < 4) duel.inject(bytes, site.serverAddress, path.local)
    else duel.inject(bytes, stranger, site.serverAddress)
  }
  await site.clock.advance(130_000)
  counts.established++
  await duel.expectSound(`SEED=${seed}, ${scenario.name}, in the session`)
}

/** From a peer that has the keys: it may end the session, and no more. */
async function underTheKeys(seed: number, fuzz: DtlsFuzz): Promise<void> {
  const scenario = fuzz.pick(scenarios)
  const duel = await new DtlsDuel(scenario, seed).prepare()
  const { site } = duel
  const path = await site.network.connect(site.serverAddress)
  await duel.handshake(undefined, path)
  const forger = new DtlsForger(duel)
  for (let sent = 0; sent < 60; sent++) {
    counts.datagrams++
    const sender = fuzz.pick(['client', 'server'] as const)
    // A record of type tls12_cid does not hold another.
    const bytes = forger.seal(sender, fuzz.contentType(), fuzz.content())
    if (sender === 'client') duel.inject(bytes, path.local, site.serverAddress)
    else duel.inject(bytes, site.serverAddress, path.local)
    await site.clock.advance(1)
  }
  await site.clock.advance(130_000)
  counts.ended += duel.served.length === 0 ? 1 : 0
  for (const { code } of site.accepted.flatMap(({ ends }) => ends)) expect(code, `SEED=${seed}`).toBe('CLOSED')
  await duel.expectNothingLeft(`SEED=${seed}, ${scenario.name}, under the keys`)
}

test('nothing is established wrongly, nothing breaks, nothing is left behind', async () => {
  for (let seed = Number(SEED); counts.datagrams < target; seed++) {
    const fuzz = new DtlsFuzz(seededRandom(seed))
    const round = seed % roundsEach
    counts.rounds++
    if (round === 0) await underTheKeys(seed, fuzz)
    else if (round < 8) await inSession(seed, fuzz)
    else await duringHandshake(seed, fuzz)
  }
})

afterAll(() => {
  const { rounds, datagrams, established, failed, ended } = counts
  console.log(
    `${datagrams} datagrams in ${rounds} rounds from seed ${SEED}: ${established} sessions established and kept, ` +
      `${failed} handshakes refused, ${ended} sessions ended by a peer with the keys`,
  )
})
