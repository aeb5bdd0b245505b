import { afterAll, beforeAll, expect, it } from 'vitest'
import { Fleet, type FleetOptions, psk } from '../../../index.ts'
import { derivedKey } from '../../../transport/index.ts'
import { describePeer } from '../peer-suite.ts'
import { type Leshan, leshanInstall, leshanPrograms, startLeshan } from './leshan.ts'

const masterKey = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')

describePeer('Leshan 2.0.0-M18 and a fleet', leshanPrograms, leshanInstall, () => {
  let leshan: Leshan

  beforeAll(async () => {
    leshan = await startLeshan()
  })
  afterAll(() => leshan?.close())

  /** Runs it until all are registered, and to its end. */
  async function run({ count, ...options }: Omit<FleetOptions, 'startOverSeconds'>) {
    const fleet = new Fleet({ count, versions: ['1.1'], startOverSeconds: count / 100, ...options })
    fleet.start()
    await expect.poll(() => fleet.progress.registered, { timeout: 60_000, interval: 100 }).toBe(count)
    const known = await leshan.clients()
    await fleet.stop()
    return { fleet, known }
  }

  it('500 devices over UDP', async () => {
    const { fleet, known } = await run({ count: 500, server: { uri: leshan.coapUri, shortServerId: 1 } })
    expect(known.map(({ endpoint }) => endpoint).toSorted()).toEqual(
      Array.from({ length: 500 }, (_, index) => `urn:dev:os:fleet-${index}`).toSorted(),
    )
    expect(await leshan.clients()).toEqual([])
    expect(fleet.summary()).toMatchObject({ everRegistered: 500, failures: [], register: { count: 500 } })
  })

  it('50 devices over DTLS, a key each', async () => {
    const endpoint = (index: number) => `dev${index}`
    const keyOf = (index: number) => derivedKey(masterKey, endpoint(index))
    for (let index = 0; index < 50; index++) {
      await leshan.setPsk(endpoint(index), { identity: endpoint(index), key: keyOf(index) })
    }
    const { fleet, known } = await run({
      count: 50,
      server: { uri: leshan.coapsUri, shortServerId: 1 },
      endpoint,
      security: index => psk(endpoint(index), keyOf(index)),
    })
    expect(known).toHaveLength(50)
    expect(fleet.summary().failures).toEqual([])
  })
})
