import { repeat } from 'rxjs'
import { type ClientEvent, type ClientOptions, Lwm2mClient } from '../../../index.ts'
import { defineObject, temperature } from '../../../objects/index.ts'
import { type CoapMessage, Code, formatCode, isRequest, isResponse } from '../../../transport/coap/message.ts'
import { findStrings, OptionNumber } from '../../../transport/coap/options.ts'
import { EventLog } from './event-log.ts'

type ClientEvents = { readonly [E in ClientEvent as E['type']]: E }

/** Leshan refuses the quotes that LwM2M 1.0 writes around a version, which goes without saying when it is 1.0. */
export const temperature10 = defineObject({ ...temperature, version: '1.0' })

export const sensorValue = '/3303/0/5700'

let count = 0

/** A client with a temperature, what it told its application, and what it asked its servers. */
export class LifecycleClient {
  readonly endpoint: string
  readonly client: Lwm2mClient
  readonly told = new EventLog<ClientEvents>()
  /** With the answer as soon as there is one: `Register lwm2m=1.2 lt=300: 4.12`, `Update lt=60: 2.04`. */
  readonly requests: string[] = []
  /** Is told the path of each request of a server, after it was answered. */
  onAsked: (path: string) => void = () => {}
  #latest: CoapMessage | undefined

  constructor({ endpoint, ...options }: Omit<ClientOptions, 'endpoint' | 'trace'> & { readonly endpoint?: string }) {
    this.endpoint = endpoint ?? `urn:dev:os:lifecycle-${++count}`
    this.client = new Lwm2mClient({
      ...options,
      endpoint: this.endpoint,
      objects: [temperature10, ...(options.objects ?? [])],
      trace: { message: (direction, message) => this.#trace(direction, message) },
    })
    this.client.objects.create(temperature10, 0, { sensorValue: 21.5, sensorUnits: 'Cel' })
    // Of one run after the other.
    this.client.events$.pipe(repeat()).subscribe(event => this.told.record(event.type, event))
  }

  async register(): Promise<void> {
    this.client.start()
    await this.told.next('REGISTRATION_COMPLETE')
  }

  #trace(direction: 'sent' | 'received', message: CoapMessage): void {
    if (direction === 'sent' && isRequest(message.code)) {
      // The same message once more is a retransmission.
      if (message !== this.#latest) this.requests.push(describeRequest(message))
      this.#latest = message
    } else if (direction === 'received' && isResponse(message.code)) {
      this.requests.push(`${this.requests.pop()}: ${formatCode(message.code)}`)
    } else if (direction === 'received' && isRequest(message.code)) {
      const path = `/${findStrings(message, OptionNumber.uriPath).join('/')}`
      queueMicrotask(() => this.onAsked(path))
    }
  }
}

/** A request of the interfaces Bootstrap and Registration (LwM2M Transport 1.2.2 §6.4), without the endpoint's name. */
function describeRequest(message: CoapMessage): string {
  const [root, location] = findStrings(message, OptionNumber.uriPath)
  const query = findStrings(message, OptionNumber.uriQuery).filter(parameter => !parameter.startsWith('ep='))
  return [nameOf(message.code, root, location), ...query].join(' ')
}

function nameOf(code: number, root: string | undefined, location: string | undefined): string {
  if (root === 'bs') return 'Bootstrap-Request'
  if (location === undefined) return 'Register'
  return code === Code.delete ? 'De-register' : 'Update'
}
