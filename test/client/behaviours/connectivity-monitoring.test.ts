import { expect, test } from 'vitest'
import { type Connectivity, connectivityMonitoring } from '../../../client/behaviours/connectivity-monitoring.ts'
import { connectivityMonitoring13 } from '../../../objects/definitions/connectivity-monitoring.ts'
import { behaviourSite, source } from '../../helpers/behaviour-site.ts'

const lte: Connectivity = {
  networkBearer: 6,
  availableNetworkBearers: [6, 7],
  radioSignalStrength: -92,
  linkQuality: -9,
  ipAddresses: ['10.1.2.3', '2001:db8::1'],
  routerIpAddresses: ['10.1.2.1'],
  linkUtilization: 3,
  signalSnr: 12,
  cell: { apn: ['iot.example'], cellId: 84_484, smnc: 1, smcc: 262, lac: 17, coverageEnhancementLevel: 1 },
}

test('each value of the source is told as a whole, in one notification', async () => {
  const { client, read, observe, seconds } = await behaviourSite()
  const connectivity$ = source<Connectivity>()
  connectivityMonitoring(client, connectivity$)
  const told = await observe('/4/0')
  connectivity$.next(lte)
  await seconds(1)
  expect(told).toHaveLength(1)
  // Version 1.2 has no Coverage Enhancement Level.
  expect(await read('/4/0')).toEqual({
    0: 6,
    '1/0': 6,
    '1/1': 7,
    2: -92,
    3: -9,
    '4/0': '10.1.2.3',
    '4/1': '2001:db8::1',
    '5/0': '10.1.2.1',
    6: 3,
    '7/0': 'iot.example',
    8: 84_484,
    9: 1,
    10: 262,
    11: 12,
    12: 17,
  })
})

test('on a bearer that is not cellular there is no cell, and what is not told any more is absent', async () => {
  const { client, read } = await behaviourSite()
  const connectivity$ = source<Connectivity>()
  connectivityMonitoring(client, connectivity$)
  connectivity$.next(lte)
  connectivity$.next({ networkBearer: 21, radioSignalStrength: -60, ipAddresses: ['192.0.2.7'], cell: lte.cell ?? {} })
  expect(await read('/4/0')).toEqual({ 0: 21, '1/0': 21, 2: -60, '4/0': '192.0.2.7' })
})

test('a value that is refused changes nothing, is told, and the next one counts', async () => {
  const { client, clock, read, failures } = await behaviourSite()
  const connectivity$ = source<Connectivity>()
  connectivityMonitoring(client, connectivity$)
  connectivity$.next(lte)
  const before = await read('/4/0')
  connectivity$.next({ ...lte, networkBearer: 51, ipAddresses: [] })
  connectivity$.next({ networkBearer: 41, radioSignalStrength: 0, ipAddresses: ['x'], linkUtilization: 101 })
  await clock.advance(0)
  expect(await read('/4/0')).toEqual(before)
  expect(failures()).toMatchObject([{ path: '/4/0' }, { path: '/4/0', cause: { code: 'INVALID_VALUE' } }])
  connectivity$.next({ ...lte, radioSignalStrength: -80 })
  expect(await read('/4/0/2')).toBe(-80)
})

test('a source that fails is told; after `unsubscribe` the source says nothing any more', async () => {
  const { client, clock, errors, read, failures } = await behaviourSite({
    client: { objects: [connectivityMonitoring13] },
  })
  const [broken$, connectivity$] = [source<Connectivity>(), source<Connectivity>()]
  connectivityMonitoring(client, broken$)
  const behaviour = connectivityMonitoring(client, connectivity$)
  broken$.error(new Error('no modem'))
  await clock.advance(0)
  expect(failures()).toMatchObject([{ path: '/4/0', cause: { code: 'SOURCE_FAILED' } }])
  expect(errors.splice(0)).toHaveLength(1)
  connectivity$.next(lte)
  expect(await read('/4/0/13')).toBe(1)
  behaviour.unsubscribe()
  expect(connectivity$.observed).toBe(false)
})
