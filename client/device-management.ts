import { OperationError, ResponseCode } from '../objects/errors.ts'
import type { Operation, OperationContext, OperationOf, Outcome } from '../objects/operations/operation.ts'
import { perform } from '../objects/operations/perform.ts'
import { andThen } from '../objects/operations/read.ts'
import { streamedWrite } from '../objects/operations/streamed-write.ts'
import type { ObjectStore } from '../objects/store.ts'
import type { CoapMessage } from '../transport/coap/message.ts'
import { findUint, OptionNumber } from '../transport/coap/options.ts'
import type { PeerRequest } from '../transport/coap/peer.ts'
import type { BodyReceiver } from '../transport/coap/streamed-bodies.ts'
import { decodeOperation, encodeOutcome } from '../transport/lwm2m/downlink.ts'
import type { RequestPerformer } from './link.ts'
import type { Observations } from './observations.ts'

export interface DeviceManagementOptions {
  readonly store: ObjectStore
  readonly context: OperationContext
  readonly observations: Observations
  /** Whether the connection that the request came by still stands. */
  readonly isOpen: () => boolean
}

/** Performs what a server asks for by the Device Management and Information Reporting interfaces (LwM2M Core 1.2.2 §6.3, §6.4). */
export function deviceManagement({ store, context, observations, isOpen }: DeviceManagementOptions): RequestPerformer {
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

  return {
    perform: request => {
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
    },
    receive: first => receiveWrite(store, context, first),
  }
}

/** A Write that can be performed as it arrives. */
function receiveWrite(store: ObjectStore, context: OperationContext, first: CoapMessage): BodyReceiver | undefined {
  const operation = findWrite(store, first)
  const write = operation && streamedWrite(store, context, operation, findUint(first, OptionNumber.size1))
  if (write === undefined) return undefined
  return {
    write: bytes => andThen(write.write(bytes), outcome => outcome && encodeOutcome(outcome)),
    end: bytes => andThen(write.end(bytes), encodeOutcome),
    abort: () => write.abort(),
  }
}

/** What is not understood is refused when it is there as a whole. */
function findWrite({ prefix }: ObjectStore, message: CoapMessage): OperationOf<'write'> | undefined {
  try {
    const operation = decodeOperation(message, prefix)
    return operation.kind === 'write' ? operation : undefined
  } catch (error) {
    if (error instanceof OperationError) return undefined
    throw error
  }
}

/** The response to a request that cannot be understood. Throws what is no OperationError. */
export function refusal(error: unknown): CoapMessage {
  if (!(error instanceof OperationError)) throw error
  return encodeOutcome({ responseCode: error.responseCode, payload: Buffer.from(error.message) })
}
