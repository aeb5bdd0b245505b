import { Lwm2mClient } from 'lwm2m-engine'
import { temperature } from 'lwm2m-engine/objects'
import { Lwm2mServer } from 'lwm2m-engine/server'
import {
  filter,
  firstValueFrom,
  from,
  fromEvent,
  interval,
  lastValueFrom,
  map,
  type Observable,
  skip,
  take,
  takeUntil,
  tap,
  timeout,
} from 'rxjs'
import { WireLog } from './wire-log.ts'

// Whoever reads the output may leave: `npm start -- --forever | head`.
process.stdout.on('error', () => process.exit(0))

// The main job of LwM2M, over real UDP: a device registers with a server, which reads, writes and observes it.
// `npm start` ends by itself; `npm start -- --forever` goes on until Ctrl-C.

const endpoint = 'urn:dev:os:example'
const limitMs = 14_000
const [option, ...others] = process.argv.slice(2)
const forever = option === '--forever'
if (others.length > 0 || (option !== undefined && !forever)) {
  console.error('error: there is one option: npm start -- --forever')
  process.exit(1)
}

/** A thermometer, much simplified: a value 2.5 times a second. */
const sensor$: Observable<number> = interval(400).pipe(map(step => Math.round(2_150 + 200 * Math.sin(step / 3)) / 100))

async function mainJob(): Promise<string> {
  const log = new WireLog()
  const server = await Lwm2mServer.listen({ host: '127.0.0.1', port: 0 })
  const client = new Lwm2mClient({
    endpoint,
    servers: [{ uri: `coap://127.0.0.1:${server.local.port}`, shortServerId: 1, lifetimeSeconds: 300 }],
    objects: [temperature],
    trace: log,
  })
  const sensor = client.objects.create(temperature, 0, { sensorValue: 21.5, sensorUnits: 'Cel' })

  log.step('The client registers')
  client.start()
  await client.registered()

  log.step('The server reads the Device object')
  log.values((await server.read(endpoint, '/3/0')).values)

  log.step('The server writes the lifetime, and the client updates its registration')
  const updated = firstValueFrom(client.events$.pipe(filter(({ type }) => type === 'REG_UPDATE_COMPLETE')))
  await server.write(endpoint, '/1/0/1', 120)
  await updated
  console.log(`    registered for ${server.registrations.get(endpoint)?.lifetimeSeconds} s`)

  log.step('The server observes the temperature: at most once a second, at least every three')
  await server.writeAttributes(endpoint, '/3303/0/5700', { pminSeconds: 1, pmaxSeconds: 3 })
  // The sensor falls silent after a while, so that the last notification is one of pmax.
  const readings = sensor$.pipe(forever ? tap() : take(7)).subscribe(sensorValue => sensor.set({ sensorValue }))
  let notifications = 0
  const notification$ = server.observe(endpoint, '/3303/0/5700').pipe(
    tap(({ values }) => log.values(values)),
    skip(1),
    tap(() => notifications++),
  )
  await lastValueFrom(
    forever ? notification$.pipe(takeUntil(fromEvent(process, 'SIGINT'))) : notification$.pipe(take(4)),
    { defaultValue: undefined },
  )
  readings.unsubscribe()

  log.step('The server cancels the observation and looks at what is there')
  const { links } = await server.discover(endpoint, '/3303/0')
  for (const { target, attributes } of links)
    console.log(`    ${target}`, Object.keys(attributes).length ? attributes : '')

  log.step('The client de-registers')
  await client.stop()
  await server.close()
  return `done: ${log.operations} operations, ${notifications} notifications, ${log.bytes} bytes`
}

try {
  const job = from(mainJob())
  console.log(await firstValueFrom(forever ? job : job.pipe(timeout(limitMs))))
} catch (error) {
  console.error(`error: the main job failed: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}
