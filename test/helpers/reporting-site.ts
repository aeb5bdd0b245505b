import type { ObservationEvent } from '../../client/observation-event.ts'
import { server, server12 } from '../../objects/definitions/server.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import { testObject } from '../../objects/definitions/test-object.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import { formatOf } from '../../objects/formats/formats.ts'
import { encodePaths } from '../../objects/formats/path-list.ts'
import type { OperationOf } from '../../objects/operations/operation.ts'
import { formatPath, type Path, parsePath } from '../../objects/path.ts'
import { ObjectStore } from '../../objects/store.ts'
import { type CoapMessage, Code, MessageType } from '../../transport/coap/message.ts'
import { findUint, OptionNumber } from '../../transport/coap/options.ts'
import type { PendingObservation } from '../../transport/coap/peer.ts'
import { encodeOperation } from '../../transport/lwm2m/downlink.ts'
import { type ClientSiteOptions, clientSite } from './client-site.ts'

export type ReportingSite = Awaited<ReturnType<typeof reportingSite>>

export interface Observing {
  readonly accept?: number
  readonly attributes?: readonly string[]
}

/** What the server sees of one observation; times in seconds since the site was made. */
export interface ServerView {
  readonly request: PendingObservation
  readonly response: CoapMessage
  /** What it said. */
  readonly first: string
  /** When each notification came, and what it said: `5 /3303/0/5700=22`, with `@4` behind a value that has a time. */
  readonly notifications: string[]
  readonly sizes: number[]
  /** The code of the notification that ended it, or another reason. */
  readonly ends: (number | string)[]
}

/** Short enough for what a test expects. */
const seconds = (ms: number) => Math.round(ms / 100) / 10

/** A registered client with 3303/0, a Test Object 3442/0 and Server 1/0 of LwM2M 1.2, and how its server sees the reports. */
export async function reportingSite({ client, ...options }: ClientSiteOptions = {}) {
  const base = await clientSite({
    lifetimeSeconds: 1_000_000,
    ...options,
    client: { objects: [temperature, testObject, server12], ...client },
  })
  const { clock, network } = base
  const startMs = clock.now()
  const schema = new ObjectStore()
  for (const definition of [temperature, testObject, server]) schema.define(definition)
  const types = base.client.objects.create(testObject, 0, { integerValue: 0, floatValue: 0, booleanValue: false })
  const events: ObservationEvent[] = []
  base.client.observations$.subscribe(event => events.push(event))

  const sent: ('CON' | 'NON')[] = []
  const send = network.send.bind(network)
  network.send = (bytes, from, to) => {
    const isNotification = (bytes[1] as number) === Code.content && to.port === 5683
    const type = ((bytes[0] as number) >> 4) & 3
    if (isNotification && type === MessageType.confirmable) sent.push('CON')
    if (isNotification && type === MessageType.nonConfirmable) sent.push('NON')
    send(bytes, from, to)
  }

  function describe(message: CoapMessage, path: Path): string {
    const format = formatOf(findUint(message, OptionNumber.contentFormat) ?? -1)
    const values = format?.decode(path, message.payload, schema) ?? []
    const texts = values.map(({ path: place, value, timeSeconds }) => {
      const time = timeSeconds === undefined ? '' : `@${seconds(timeSeconds * 1_000 - startMs)}`
      return `${formatPath(place)}=${JSON.stringify(value)}${time}`
    })
    return texts.join(' ')
  }

  async function begin(operation: OperationOf<'observe' | 'observeComposite'>): Promise<ServerView> {
    const notifications: string[] = []
    const sizes: number[] = []
    const ends: (number | string)[] = []
    const request = base.peer.observe(encodeOperation(operation), {
      notification: message => {
        notifications.push(`${seconds(clock.now() - startMs)} ${describe(message, operation.path)}`)
        sizes.push(message.payload.length)
      },
      ended: reason => ends.push('code' in reason ? reason.code : String(reason)),
    })
    const response = await clock.until(request.response)
    return { request, response, first: describe(response, operation.path), notifications, sizes, ends }
  }

  await base.register()
  return {
    ...base,
    types,
    /** The events of observations so far. */
    observationEvents: events,
    /** What has left of each notification: retransmissions, too. */
    sent,
    /** Seconds since the start. */
    now: () => seconds(clock.now() - startMs),
    describe: (message: CoapMessage, path: Path = []) => describe(message, path),
    advance: (durationSeconds: number) => clock.advance(durationSeconds * 1_000),
    set: (path: string, value: number | boolean | bigint) => base.client.objects.set(path, value),
    attach: (path: string, ...attributes: string[]) =>
      base.operate({ kind: 'writeAttributes', path: parsePath(path), attributes }),
    observePath: (path: string, { accept = ContentFormat.senmlCbor, attributes }: Observing = {}) =>
      begin({ kind: 'observe', path: parsePath(path), accept, ...(attributes && { attributes }) }),
    observeComposite: (paths: readonly string[], { accept = ContentFormat.senmlCbor, attributes }: Observing = {}) =>
      begin({ kind: 'observeComposite', ...composite(paths), accept, ...(attributes && { attributes }) }),
    cancelComposite: (paths: readonly string[], accept: number = ContentFormat.senmlCbor) =>
      base.operate({ kind: 'cancelObservationComposite', ...composite(paths), accept }),
  }
}

function composite(paths: readonly string[]) {
  const contentFormat = ContentFormat.senmlJson
  return { path: [] as const, contentFormat, payload: encodePaths(contentFormat, paths.map(parsePath)) }
}
