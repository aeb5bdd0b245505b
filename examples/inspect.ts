import { Lwm2mClient } from 'lwm2m-engine'
import { Lwm2mServer } from 'lwm2m-engine/server'
import { firstValueFrom, timer } from 'rxjs'
import type { AnyActorRef, InspectionEvent } from 'xstate'

// The statecharts of a client at work: in the Stately inspector, where its URL is given, else as lines of text.
//   node dist/examples/inspect.js                       prints which states are entered
//   node dist/examples/inspect.js ws://localhost:8080   shows them; docs/inspector.md says how to open the inspector

const [url] = process.argv.slice(2)
const states = new Map<string, string>()

/** Each new state of each statechart, by its name. */
function print(event: InspectionEvent): void {
  if (event.type !== '@xstate.snapshot' || !('value' in event.snapshot)) return
  const state = JSON.stringify(event.snapshot.value)
  if (states.get(event.actorRef.sessionId) === state) return
  states.set(event.actorRef.sessionId, state)
  const { id } = event.actorRef as AnyActorRef
  console.log(`${id.padEnd(10)} ${event.event.type.padEnd(30)} → ${state}`)
}

const server = await Lwm2mServer.listen({ host: '127.0.0.1', port: 0 })
const client = new Lwm2mClient({
  endpoint: 'urn:dev:os:1',
  servers: [{ uri: `coap://127.0.0.1:${server.local.port}`, shortServerId: 1 }],
  queueMode: { awakeSeconds: 1 },
  inspect: url ?? print,
  onError: error => console.error(error),
})
client.start()
await client.registered()
await firstValueFrom(timer(1_500)) // the device falls asleep
client.suspend()
client.resume()
await client.stop()
await server.close()
