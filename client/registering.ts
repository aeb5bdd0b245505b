import type { RegisterInput, RegisterOutcome, UpdateInput, UpdateOutcome } from '../machines/effects.ts'
import type { Cause } from '../machines/events.ts'
import type { EnablerVersion } from '../objects/enabler.ts'
import { registrationLinks } from '../objects/links.ts'
import { Code, isSuccess } from '../transport/coap/message.ts'
import { decodeRegistered, encodeUpdate } from '../transport/lwm2m/uplink.ts'
import type { ConnectionEnvironment } from './connection-environment.ts'
import { sha256 } from './fingerprint.ts'
import { registerMessage } from './register-message.ts'
import type { SendRequest } from './request-exchange.ts'
import { type Told, toldBy } from './told.ts'

export interface RegisteringOptions {
  readonly environment: ConnectionEnvironment
  readonly request: SendRequest
  /** The version that is spoken from now on. */
  readonly onVersion: (version: EnablerVersion) => void
  /** The server knows the client, and where it is. */
  readonly onConfirmed: () => void
}

/** Register and Update at one server (LwM2M Core 1.2.2 §6.2), and what they have told it. */
export class Registering {
  readonly #options: RegisteringOptions
  #profileIsUnknown = false
  /** What the server knows of the client. */
  told: Told | undefined

  constructor(options: RegisteringOptions) {
    this.#options = options
  }

  /** The returned function gives it up. */
  register(input: RegisterInput, report: (outcome: RegisterOutcome) => void): () => void {
    const { version } = input
    const { environment, request, onVersion, onConfirmed } = this.#options
    const { store, clock, smsNumber, profileId } = environment
    const atMs = clock.now()
    const objectLinks = registrationLinks(store, version)
    const told = toldBy({ ...input, smsNumber, profileId, objectLinks })
    const tellsProfile = profileId !== undefined && version === '1.2' && !this.#profileIsUnknown
    onVersion(version)
    const message = registerMessage(environment, input, objectLinks, tellsProfile ? profileId : undefined)
    let end = request(
      message,
      response => {
        const location = decodeRegistered(response)
        if (tellsProfile && response.code === Code.conflict) {
          // The server does not know the profile: all that it stands for is told (LwM2M Core 1.2.2 §6.2.1).
          this.#profileIsUnknown = true
          end = this.register(input, report)
        } else if (!isSuccess(response.code)) {
          report({ type: 'register.rejected', responseCode: response.code })
        } else if (location === undefined) {
          report({ type: 'register.timedOut', cause: noLocation })
        } else {
          this.told = told
          report({ type: 'register.created', location, atMs })
          onConfirmed()
        }
      },
      cause => report({ type: 'register.timedOut', cause }),
    )
    return () => end()
  }

  /** The returned function gives it up. */
  update(input: UpdateInput, report: (outcome: UpdateOutcome) => void): () => void {
    const { location, version, lifetimeSeconds, binding, includeLinks } = input
    const { environment, request, onVersion, onConfirmed } = this.#options
    const { store, clock } = environment
    const atMs = clock.now()
    const links = includeLinks ? registrationLinks(store, version) : undefined
    const parameters = {
      ...(lifetimeSeconds === undefined ? {} : { lifetimeSeconds }),
      ...(binding === undefined ? {} : { binding }),
    }
    const told = this.told && { ...this.told, ...parameters, ...(links && { links: sha256(links) }) }
    onVersion(version)
    return request(
      encodeUpdate(location, { ...parameters, ...(links && { objectLinks: links }) }),
      ({ code }) => {
        if (!isSuccess(code)) {
          report({ type: 'update.rejected', responseCode: code })
        } else {
          this.told = told
          report({ type: 'update.changed', atMs })
          onConfirmed()
        }
      },
      cause => report({ type: 'update.timedOut', cause }),
    )
  }
}

const noLocation: Cause = { code: 'NO_LOCATION', message: 'the server accepted, but named no location' }
