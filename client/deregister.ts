import type { DeregisterOutcome } from '../machines/effects.ts'
import type { Cause } from '../machines/events.ts'
import type { Clock } from '../transport/clock.ts'
import { describeCode, isSuccess } from '../transport/coap/message.ts'
import { encodeDeregister, type RegistrationLocation } from '../transport/lwm2m/uplink.ts'
import type { SendRequest } from './request-exchange.ts'

/** A De-register may take this long: whoever stops a device does not wait for a dead server. */
const timeoutMs = 5_000

/** Ends a registration (LwM2M Core 1.2.2 §6.2.3); the returned function gives that up. */
export function deregister(
  request: SendRequest,
  clock: Clock,
  location: RegistrationLocation,
  report: (outcome: DeregisterOutcome) => void,
): () => void {
  const failed = (cause: Cause) => report({ type: 'deregister.failed', cause })
  const end = request(
    encodeDeregister(location),
    ({ code }) => {
      if (isSuccess(code)) report({ type: 'deregister.done' })
      else failed({ code: 'REJECTED', message: `the server answered ${describeCode(code)}` })
    },
    failed,
  )
  const timer = clock.setTimeout(
    () => failed({ code: 'TIMEOUT', message: 'the server did not answer in time' }),
    timeoutMs,
  )
  return () => {
    clock.clearTimeout(timer)
    end()
  }
}
