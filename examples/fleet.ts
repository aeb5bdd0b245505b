import { Fleet } from 'lwm2m-engine'
import { Lwm2mServer } from 'lwm2m-engine/server'
import { filter, firstValueFrom, from, timeout } from 'rxjs'

// 200 devices in this process register with a server in it, over real UDP; docs/fleet.md says the rest.

const count = 200
const limitMs = 14_000

async function runFleet(): Promise<void> {
  const server = await Lwm2mServer.listen({ host: '127.0.0.1', port: 0 })
  const fleet = new Fleet({
    count,
    startOverSeconds: 2,
    server: { uri: `coap://127.0.0.1:${server.local.port}`, shortServerId: 1, lifetimeSeconds: 300 },
    endpoint: index => `urn:dev:os:meter-${index}`,
  })
  let tenths = 0
  fleet.progress$.subscribe(({ registered, failures }) => {
    const now = Math.floor((10 * registered) / count)
    if (now > tenths) console.log(`${registered} of ${count} registered, ${failures} failures`)
    tenths = Math.max(tenths, now)
  })

  fleet.start()
  await firstValueFrom(fleet.progress$.pipe(filter(({ registered }) => registered === count)))
  console.log(`the server knows ${server.registrations.size} devices`)

  // Each is a client as any other.
  const { values } = await server.read('urn:dev:os:meter-7', '/3/0/0')
  console.log('the manufacturer of one of them:', values[0]?.value)
  for (const client of fleet.clients.values()) client.update()
  await firstValueFrom(fleet.progress$.pipe(filter(({ updates }) => updates >= count)))

  const { register, update, failures, everRegistered } = fleet.summary()
  console.log(`${everRegistered} registered: half within ${ms(register.p50Ms)}, all within ${ms(register.maximumMs)}`)
  console.log(`${update.count} Updates: half within ${ms(update.p50Ms)}, all within ${ms(update.maximumMs)}`)
  for (const { event, cause, count: times } of failures) console.log(`${times} times ${event}: ${cause}`)
  await fleet.stop()
  await server.close()
}

function ms(duration: number): string {
  return `${duration.toFixed(1)} ms`
}

try {
  await firstValueFrom(from(runFleet()).pipe(timeout(limitMs)))
  console.log('done')
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}
