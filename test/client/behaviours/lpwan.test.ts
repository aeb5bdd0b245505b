import { Subject } from 'rxjs'
import { expect, test } from 'vitest'
import { type LpwanLink, lpwan } from '../../../client/behaviours/lpwan.ts'
import { behaviourSite } from '../../helpers/behaviour-site.ts'

test('what the radio tells arrives together; addresses are the server’s to set', async () => {
  const { client, clock, observe, read, seconds, server } = await behaviourSite()
  const link$ = new Subject<LpwanLink>()
  const { instance } = lpwan(client, link$, {
    values: { typeOfNetwork: 'LoRaWAN', macAddress: '0004A30B001C0530', networkAddress: { 0: '26011BDA' } },
  })
  const told = await observe('/3412/0')
  link$.next({ receivedSignalStrengthIndication: -97.5, signalToNoiseRatio: 8, peerAddress: { 0: 'A1', 1: 'A2' } })
  await seconds(1)
  link$.next({ receivedSignalStrengthIndication: -101 })
  await seconds(1)
  expect(told).toHaveLength(2)
  expect(told[1]).toContain('20=-101')
  expect(await read('/3412/0')).toEqual({
    1: 'LoRaWAN',
    '4/0': '26011BDA',
    6: '0004A30B001C0530',
    '7/0': 'A1',
    '7/1': 'A2',
    18: 8,
    20: -101,
  })
  const groups = [
    { path: [3412, 0, 8, 0], value: 'FF001122' },
    { path: [3412, 0, 8, 1], value: 'FF001123' },
  ]
  await clock.until(server.write('urn:dev:os:1', '/3412/0/8', groups))
  expect(instance.get('multicastGroupAddress')).toEqual({ 0: 'FF001122', 1: 'FF001123' })
})

test('a link with one value that is none changes nothing', async () => {
  const { client, clock, failures, read } = await behaviourSite()
  const link$ = new Subject<LpwanLink>()
  lpwan(client, link$, { values: { macAddress: '00' } })
  link$.next({ signalToNoiseRatio: 3, transmitPower: Number.NaN })
  await clock.advance(0)
  expect(failures()).toMatchObject([{ path: '/3412/0', cause: { code: 'INVALID_VALUE' } }])
  expect(await read('/3412/0')).toEqual({ 6: '00' })
})
