import { OperationError, ResponseCode } from '../objects/errors.ts'
import type { Operation, OperationContext, Outcome } from '../objects/operations/operation.ts'
import { perform } from '../objects/operations/perform.ts'
import type { ObjectStore } from '../objects/store.ts'
import type { CoapMessage } from '../transport/coap/message.ts'
import type { PeerRequest } from '../transport/coap/peer.ts'
import { decodeOperation, encodeOutcome } from '../transport/lwm2m/downlink.ts'
import type { Observations } from './observations.ts'
import type { PerformRequest } from './requests.ts'

export interface DeviceManagementOptions {
  readonly store: ObjectStore
  readonly context: OperationContext
  readonly observations: Observations
  /** Whether the connection that the request came by still stands. */
  readonly isOpen: () => boolean
}

/** Performs what a server asks for by the Device Management and Information Reporting interfaces (LwM2M Core 1.2.2 §6.3, §6.4). */
export function deviceManagement({ store, context, observations, isOpen }: DeviceManagementOptions): PerformRequest {
  function respond(request: PeerRequest, operation: Operation, outcome: Outcome): CoapMessage {
    const response = encodeOutcome(outcome, store.prefix)
    // What a slow handler ends up with after its connection is no matter of the observations of the next.
    if (!isOpen() || outcome.responseCode !== ResponseCode.content) return response
    switch (operation.kind) {
      case 'observe':
      case 'observeComposite':
        return observations.start(request, operation, outcome, response)
      case 'cancelObservation':
      case 'cancelObservationComposite':
        observations.cancel(operation)
    }
    return response
  }

  return request => {
    let operation: Operation
    try {
      operation = decodeOperation(request.message, store.prefix)
    } catch (error) {
      return refusal(error)
    }
    const outcome = perform(store, context, operation)
    return outcome instanceof Promise
      ? outcome.then(settled => respond(request, operation, settled))
      : respond(request, operation, outcome)
  }
}

/** The response to a request that cannot be understood. Throws what is no OperationError. */
export function refusal(error: unknown): CoapMessage {
  if (!(error instanceof OperationError)) throw error
  return encodeOutcome({ responseCode: error.responseCode, payload: Buffer.from(error.message) })
}
