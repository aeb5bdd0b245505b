import { inspect } from 'node:util'
import { Lwm2mClient } from 'lwm2m-engine'
import { formatPath, humidity, type PathValue, temperature, voltage } from 'lwm2m-engine/objects'
import { Lwm2mServer } from 'lwm2m-engine/server'
import { sendTo } from 'lwm2m-engine/streams'
import { systemClock } from 'lwm2m-engine/transport'
import { filter, firstValueFrom, from, interval, lastValueFrom, map, take, tap, timeout, timer } from 'rxjs'

// How what a device measures reaches a server, over real UDP, in six seconds; docs/reporting.md says how it works.

const endpoint = 'urn:dev:os:reporting'
const limitMs = 14_000
const startMs = systemClock.now()

/** A sensor, much simplified: a value four times a second. */
const sensor$ = interval(250).pipe(map(index => 20 + index / 4))

async function report(): Promise<void> {
  const server = await Lwm2mServer.listen({ host: '127.0.0.1', port: 0, objects: [humidity, voltage] })
  const uri = `coap://127.0.0.1:${server.local.port}`
  const client = new Lwm2mClient({
    endpoint,
    servers: [{ uri, shortServerId: 1, storesNotifications: true }],
    objects: [temperature, humidity, voltage],
  })
  client.objects.create(temperature, 0)
  client.objects.create(humidity, 0, { sensorValue: 45 })
  client.objects.create(voltage, 0)
  client.start()
  await client.registered()

  step('A sensor flows into a resource')
  const readings = sensor$.subscribe(client.sink('/3303/0/5700'))
  await firstValueFrom(client.value$('/3303/0/5700').pipe(filter(value => value !== undefined)))

  step('The server observes two resources as one, and hears of them every two seconds at most')
  const notification$ = server
    .observeComposite(endpoint, ['/3303/0/5700', '/3304/0/5700'], { attributes: { pminSeconds: 2, pmaxSeconds: 10 } })
    .pipe(map(({ values }) => values))
  const observing = notification$.subscribe(show)
  await firstValueFrom(timer(2_500))

  step('The client is offline for a second: every value is kept, and told with its time afterwards')
  client.enterOffline()
  await firstValueFrom(timer(1_000))
  const told = firstValueFrom(client.observations$.pipe(filter(({ type }) => type === 'acknowledged')))
  client.exitOffline()
  await told
  observing.unsubscribe()
  readings.unsubscribe()

  step('A time series keeps each write until a server has it; a Send carries them all')
  client.objects.cache('/3316/0/5700', { capacity: 100, whenFull: 'dropOldest' })
  const measuring = interval(200).subscribe(index => client.objects.set('/3316/0/5700', 4 - index / 8))
  const received = lastValueFrom(
    server.sends$.pipe(
      take(2),
      tap(({ values }) => show(values)),
    ),
  )
  await lastValueFrom(interval(1_000).pipe(take(2), sendTo(client, ['/3316/0/5700'])))
  await received
  measuring.unsubscribe()

  await client.stop()
  await server.close()
}

function step(text: string): void {
  console.log(`${secondsSinceStart(systemClock.now())} ${text}`)
}

/** What arrived: a line for each place with its values, and with their times where they have them. */
function show(values: readonly PathValue[]): void {
  const texts = new Map<string, string[]>()
  for (const { path, value, timeSeconds } of values) {
    const time = timeSeconds === undefined ? '' : ` (${secondsSinceStart(timeSeconds * 1_000)})`
    const place = formatPath(path)
    texts.set(place, [...(texts.get(place) ?? []), inspect(value) + time])
  }
  for (const [place, all] of texts)
    console.log(`${secondsSinceStart(systemClock.now())}   ${place} = ${all.join(', ')}`)
}

function secondsSinceStart(ms: number): string {
  return `${((ms - startMs) / 1_000).toFixed(1)} s`
}

try {
  await firstValueFrom(from(report()).pipe(timeout(limitMs)))
  console.log('done')
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}
