import { firstValueFrom, take, toArray } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { endpoint, identity, secureSite } from '../../helpers/secure-site.ts'

describe('a client over DTLS', () => {
  test('registers, is read and observed, and de-registers', async () => {
    const site = await secureSite()
    await site.register()
    expect(site.handshakes()).toEqual(['full'])
    expect(site.server.registrations.get(endpoint)?.identity).toBe(identity)
    const result = await site.clock.until(site.server.read(endpoint, '/3303/0/5700'))
    expect(result.values[0]?.value).toBe(21.5)
    const seen = firstValueFrom(site.server.observe(endpoint, '/3303/0/5700').pipe(take(2), toArray()))
    await site.clock.advance(10)
    site.client.objects.set('/3303/0/5700', 23)
    expect((await site.clock.until(seen)).map(({ values }) => values[0]?.value)).toEqual([21.5, 23])
    await site.clock.until(site.client.stop())
    expect(site.server.registrations.size).toBe(0)
    expect(site.handshakes()).toEqual([])
  })
})
