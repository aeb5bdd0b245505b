import type { device } from '../../objects/definitions/device.ts'
import { formatPath } from '../../objects/path.ts'
import type { Lwm2mClient } from '../client.ts'
import type { LivingInstance } from './living-instance.ts'

/** ISO 8601, as `UTC+X` or without the letters. */
const utcOffsetPattern = /^(?:UTC)?(?:Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)$/

/** The end of the year 9999: a clock that goes on from there stays one that can be read. */
const latestSeconds = 253_402_300_799

/**
 * Keeps Current Time, UTC Offset and Timezone (LwM2M Core 1.2.2 §E.4, 13–15): the time goes on from what a server has written,
 * or the application has set; the offset is that of the time zone at the moment, daylight saving included, until one is written.
 * Returns the function that tells the time of the device, seconds since 1970.
 */
export function keepTime(client: Lwm2mClient, living: LivingInstance<typeof device>): () => number {
  const { instance, clock } = living
  const utcOffsetPath = formatPath(instance.path('utcOffset'))
  let aheadSeconds = 0
  const nowSeconds = () => clock.now() / 1000 + aheadSeconds
  const setClock = () => {
    const seconds = instance.get('currentTime')
    if (seconds !== undefined) aheadSeconds = seconds - clock.now() / 1000
  }
  setClock()
  living.follow(['currentTime'], setClock)
  living.onWrite('currentTime', (_, seconds) => Number(seconds) >= 0 && Number(seconds) <= latestSeconds)
  living.onRead('currentTime', () => Math.floor(nowSeconds()))
  living.onRead('utcOffset', () => instance.get('utcOffset') ?? offsetOf(instance.get('timezone'), nowSeconds()))
  living.onWrite('utcOffset', (_, offset) => utcOffsetPattern.test(offset as string))
  living.onWrite('timezone', (_, zone) => isTimeZone(zone as string))
  // The time zone also knows of daylight saving.
  living.add(
    client.objects.onWrite(formatPath(instance.path('timezone')), {
      written: () => client.objects.delete(utcOffsetPath),
    }),
  )
  return nowSeconds
}

function isTimeZone(zone: string): boolean {
  return offsetOf(zone, 0) !== undefined
}

/** The offset that a time zone of the IANA database has at a time, such as `+02:00`; undefined for a text that is none. */
function offsetOf(zone: string | undefined, seconds: number): string | undefined {
  // A fixed offset is no name of a zone, though the formatter takes it.
  if (zone === undefined || !/^[A-Za-z]/.test(zone)) return undefined
  try {
    const format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' })
    const name = format.formatToParts(seconds * 1000).find(({ type }) => type === 'timeZoneName')?.value
    return name === 'GMT' ? '+00:00' : name?.slice('GMT'.length)
  } catch {
    return undefined
  }
}
