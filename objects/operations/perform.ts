import { accessOf } from '../access.ts'
import { FormatError, OperationError, PathError, ResponseCode, ValueError } from '../errors.ts'
import { isPromiseLike } from '../handlers.ts'
import type { ObjectStore } from '../store.ts'
import { create } from './create.ts'
import { deleteOperation } from './delete.ts'
import { discover } from './discover.ts'
import { execute } from './execute.ts'
import { observationAttributes } from './observation-attributes.ts'
import type { BootstrapContext, Operation, OperationContext, Outcome } from './operation.ts'
import { read } from './read.ts'
import { readComposite } from './read-composite.ts'
import { write } from './write.ts'
import { writeAttributes } from './write-attributes.ts'
import { writeComposite } from './write-composite.ts'

/**
 * Performs an operation of a server on the store. Never throws and never rejects: whatever goes wrong is an Outcome with
 * its response code and a short diagnostic text (RFC 7252 §5.5.2). A Promise only when an application handler returned
 * one. An Observe or Observe-Composite is only read here; the caller registers it when the Outcome is a success.
 */
export function perform(
  store: ObjectStore,
  context: OperationContext,
  operation: Operation,
): Outcome | Promise<Outcome> {
  return settle(context, () => dispatch(store, context, operation))
}

function dispatch(store: ObjectStore, context: OperationContext, operation: Operation): Outcome | Promise<Outcome> {
  const access = accessOf(store, context.shortServerId)
  switch (operation.kind) {
    case 'observe':
      observationAttributes(store, context, operation)
      return read(store, access, context, operation)
    case 'read':
    case 'cancelObservation':
      return read(store, access, context, operation)
    case 'observeComposite':
      observationAttributes(store, context, operation)
      return readComposite(store, access, context, operation)
    case 'readComposite':
    case 'cancelObservationComposite':
      return readComposite(store, access, context, operation)
    case 'discover':
      return discover(store, access, context, operation)
    case 'write':
      return write(store, access, context, operation)
    case 'writeComposite':
      return writeComposite(store, access, context, operation)
    case 'create':
      return create(store, access, context, operation)
    case 'delete':
      return deleteOperation(store, access, operation)
    case 'execute':
      return execute(store, access, operation)
    default:
      return writeAttributes(store, access, context, operation)
  }
}

/** Turns what an operation throws or rejects with into its Outcome. */
export function settle<T extends Outcome | undefined = Outcome>(
  context: BootstrapContext,
  run: () => T | Promise<T>,
): T | Outcome | Promise<T | Outcome> {
  try {
    const outcome = run()
    return isPromiseLike(outcome) ? outcome.catch(error => failure(context, error)) : outcome
  } catch (error) {
    return failure(context, error)
  }
}

const longestDiagnostic = 120

function failure(context: BootstrapContext, error: unknown): Outcome {
  const responseCode = responseCodeOf(error)
  if (responseCode === ResponseCode.internalServerError) {
    context.onError?.((error instanceof OperationError && error.cause) || error)
    return { responseCode }
  }
  return { responseCode, payload: Buffer.from((error as Error).message.slice(0, longestDiagnostic)) }
}

function responseCodeOf(error: unknown): ResponseCode {
  if (error instanceof OperationError) return error.responseCode
  const isBadInput = error instanceof FormatError || error instanceof ValueError || error instanceof PathError
  return isBadInput ? ResponseCode.badRequest : ResponseCode.internalServerError
}
