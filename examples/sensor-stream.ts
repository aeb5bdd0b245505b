import { inspect } from 'node:util'
import { Lwm2mClient } from 'lwm2m-engine'
import { type Axes, accelerometer, temperatureSensor } from 'lwm2m-engine/behaviours'
import { accelerometer as accelerometerObject, formatPath } from 'lwm2m-engine/objects'
import { Lwm2mServer, type ReadResult } from 'lwm2m-engine/server'
import { bufferCount, filter, firstValueFrom, interval, map, type Observable, sampleTime, timer } from 'rxjs'

// Sensors whose pipelines end in objects that live, over real UDP, in four seconds; docs/living-objects.md has the others.

const endpoint = 'urn:dev:os:sensors'

/** A thermometer, much simplified, which is asked ten times a second: the mean of its last five readings. */
const celsius$: Observable<number> = interval(100).pipe(
  map(index => 21 + 3 * Math.sin(index / 8)),
  bufferCount(5, 1),
  map(readings => rounded(readings.reduce((sum, reading) => sum + reading) / readings.length)),
)

/** An accelerometer that tells all it feels; four times a second is enough. */
const acceleration$: Observable<Axes> = interval(10).pipe(
  map(index => ({ x: rounded(Math.sin(index / 30)), y: rounded(Math.cos(index / 30)), z: 9.81 })),
  sampleTime(250),
)

const server = await Lwm2mServer.listen({ host: '127.0.0.1', port: 0, objects: [accelerometerObject] })
const uri = `coap://127.0.0.1:${server.local.port}`
const client = new Lwm2mClient({ endpoint, servers: [{ uri, shortServerId: 1 }] })

const behaviours = [
  temperatureSensor(client, celsius$, { values: { sensorUnits: 'Cel', minRangeValue: -40, maxRangeValue: 85 } }),
  accelerometer(client, acceleration$, { values: { sensorUnits: 'm/s2' } }),
]
let changes = 0
client.changes$.subscribe(() => changes++)
client.start()
await client.registered()
await firstValueFrom(client.value$('/3303/0/5700').pipe(filter(value => value !== undefined)))

console.log('The server hears of the temperature once a second at most, and of a movement when x has changed by 0.5')
await server.writeAttributes(endpoint, '/3303/0/5700', { pminSeconds: 1 })
await server.writeAttributes(endpoint, '/3313/0/5702', { st: 0.5 })
let notifications = 0
const observations = ['/3303/0/5700', '/3313/0/5702'].map(path => server.observe(endpoint, path).subscribe(show))
await firstValueFrom(timer(3_000))
for (const observation of observations) observation.unsubscribe()

console.log(`It has been from ${await extremes()} °C; the server resets that`)
await server.execute(endpoint, '/3303/0/5605')
console.log(`From now on it has been from ${await extremes()} °C`)

for (const behaviour of behaviours) behaviour.unsubscribe()
await client.stop()
await server.close()
console.log(`done: ${changes} changes, ${notifications} notifications`)

function show({ values }: ReadResult): void {
  notifications++
  console.log(values.map(({ path, value }) => `  ${formatPath(path)} = ${inspect(value)}`).join('\n'))
}

/** Least and greatest value, as the sensor has kept them. */
async function extremes(): Promise<string> {
  const { values } = await server.readComposite(endpoint, ['/3303/0/5601', '/3303/0/5602'])
  return values.map(({ value }) => inspect(value)).join(' to ')
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
