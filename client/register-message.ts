import type { RegisterInput } from '../machines/effects.ts'
import type { CoapMessage } from '../transport/coap/message.ts'
import { encodeRegister } from '../transport/lwm2m/uplink.ts'
import type { ConnectionEnvironment } from './connection-environment.ts'

/** The Register of a client (LwM2M Core 1.2.2 §6.2.1); with `profileId` it names what the server knows of it already. */
export function registerMessage(
  { endpoint, smsNumber }: ConnectionEnvironment,
  input: RegisterInput,
  objectLinks: string,
  profileId: string | undefined,
): CoapMessage {
  const { version, lifetimeSeconds } = input
  return encodeRegister({
    endpoint,
    version,
    lifetimeSeconds,
    ...bindingParameters(input),
    ...(smsNumber === undefined ? {} : { smsNumber }),
    ...(profileId === undefined ? {} : { profileIds: [profileId] }),
    objectLinks,
  })
}

/** In 1.0 queue mode is part of the binding, afterwards a parameter of its own (LwM2M 1.0.2 §5.3.1.1, Core 1.2.2 §6.2.1). */
function bindingParameters({ version, binding, queueMode }: RegisterInput): { binding: string; queueMode?: true } {
  const modes = binding.replace('Q', '')
  if (!queueMode) return { binding: modes }
  return version === '1.0' ? { binding: `${modes}Q` } : { binding: modes, queueMode: true }
}
