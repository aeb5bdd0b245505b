import { expect, test } from 'vitest'
import { secureSite } from '../../helpers/secure-site.ts'

test.each<[{ connectionIdLength?: number }]>([[{ connectionIdLength: 8 }], [{}]])(
  'a day of sleep on a bad network, the server restarted twice (%o)',
  async security => {
    const site = await secureSite({
      security,
      account: { lifetimeSeconds: 1_800 },
      client: { queueMode: { awakeSeconds: 20 } },
    })
    await site.register()
    site.network.conditions = { loss: 0.2, duplication: 0.1, delayMs: [10, 200] }
    const handshakes: string[] = []
    for (let hour = 0; hour < 24; hour++) {
      await site.clock.advance(3_600_000)
      handshakes.push(...site.handshakes())
      if (hour % 10 === 9) await site.restartServer()
    }
    site.network.conditions = { loss: 0, duplication: 0, delayMs: [0, 0] }
    await site.clock.advance(3_600_000)
    expect(site.server.registrations.size).toBe(1)
    expect(site.eventTypes.filter(type => type === 'REG_UPDATE_COMPLETE').length).toBeGreaterThan(40)
    // A restart costs a full one each, an Update that was lost for good one more; each of the some fifty wakings none, or a short one.
    expect(handshakes.filter(kind => kind === 'full').length).toBeLessThanOrEqual(4)
    expect(handshakes.length > 40).toBe(security.connectionIdLength === undefined)
  },
)
