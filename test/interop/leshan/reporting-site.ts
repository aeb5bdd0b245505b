import { repeat } from 'rxjs'
import { type ClientOptions, Lwm2mClient, type ObservationEvent } from '../../../index.ts'
import { testObject } from '../../../objects/index.ts'
import { Relay } from '../relay.ts'
import { EventLog } from './event-log.ts'
import type { EventStream } from './event-stream.ts'
import type { Leshan } from './leshan.ts'
import { temperature10 } from './lifecycle-client.ts'

type ObservationEvents = { readonly [E in ObservationEvent as E['type']]: E }

/** A client that reports to Leshan, and what is seen of that at the client, on the wire and at Leshan. */
export interface ReportingSite {
  readonly client: Lwm2mClient
  readonly endpoint: string
  readonly observations: EventLog<ObservationEvents>
  readonly relay: Relay
  readonly events: EventStream
}

/** A test, as far as it is cleaned up after. */
interface Cleanup {
  readonly onTestFinished: (step: () => Promise<void> | void) => void
}

let count = 0

/** Registers a client of its own, with two temperatures of 21.5 and numbers of 20 in the Test Object, until the test is over. */
export async function reportingSite(
  leshan: Leshan,
  { onTestFinished }: Cleanup,
  options: Partial<ClientOptions> = {},
): Promise<ReportingSite> {
  const endpoint = `urn:dev:os:reporting-${++count}`
  const relay = await Relay.start(leshan.coapUri)
  onTestFinished(() => relay.close())
  const client = new Lwm2mClient({
    endpoint,
    servers: [{ uri: relay.uri, shortServerId: 1 }],
    versions: ['1.1'],
    objects: [temperature10, testObject],
    ...options,
  })
  client.objects.create(temperature10, 0, { sensorValue: 21.5 })
  client.objects.create(temperature10, 1, { sensorValue: 21.5 })
  client.objects.create(testObject, 0, {
    integerValue: 20,
    unsignedIntegerValue: 20,
    floatValue: 20,
    multipleIntegerValue: { 0: 20, 1: 20 },
  })
  const observations = new EventLog<ObservationEvents>()
  client.observations$.pipe(repeat()).subscribe(event => observations.record(event.type, event))
  const events = await leshan.events(endpoint)
  onTestFinished(() => client.stop())
  client.start()
  await client.registered()
  await events.next('REGISTRATION')
  return { client, endpoint, observations, relay, events }
}

/** Has Leshan, freshly started, take some notifications: the first ones take it long, which would spoil their times. */
export async function warmUp(leshan: Leshan): Promise<void> {
  const steps: (() => Promise<void> | void)[] = []
  const { client, endpoint, events } = await reportingSite(leshan, { onTestFinished: step => steps.push(step) })
  await leshan.observe(endpoint, '/3303/0/5700')
  for (let value = 0; value < 20; value++) {
    client.objects.set('/3303/0/5700', value)
    await events.next('NOTIFICATION')
  }
  for (const step of steps.toReversed()) await step()
}
