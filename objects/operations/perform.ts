import { FormatError, OperationError, PathError, ResponseCode, ValueError } from '../errors.ts'
import { isPromiseLike } from '../handlers.ts'
import type { ObjectStore } from '../store.ts'
import { discover } from './discover.ts'
import { execute } from './execute.ts'
import type { Operation, OperationContext, Outcome } from './operation.ts'
import { read } from './read.ts'
import { write } from './write.ts'
import { writeAttributes } from './write-attributes.ts'

/**
 * Performs an operation of a server on the store. Never throws and never rejects: whatever goes wrong is an Outcome with
 * its response code and a short diagnostic text (RFC 7252 §5.5.2). A Promise only when an application handler returned
 * one. An Observe is only read here; the caller registers it when the Outcome is a success.
 */
export function perform(
  store: ObjectStore,
  context: OperationContext,
  operation: Operation,
): Outcome | Promise<Outcome> {
  try {
    const outcome = dispatch(store, context, operation)
    return isPromiseLike(outcome) ? outcome.catch(error => failure(context, error)) : outcome
  } catch (error) {
    return failure(context, error)
  }
}

function dispatch(store: ObjectStore, context: OperationContext, operation: Operation): Outcome | Promise<Outcome> {
  switch (operation.kind) {
    case 'read':
    case 'observe':
    case 'cancelObservation':
      return read(store, operation)
    case 'discover':
      return discover(store, context, operation)
    case 'write':
      return write(store, operation)
    case 'execute':
      return execute(store, operation)
    default:
      return writeAttributes(store, context, operation)
  }
}

const longestDiagnostic = 120

function failure(context: OperationContext, error: unknown): Outcome {
  const responseCode = responseCodeOf(error)
  if (responseCode === ResponseCode.internalServerError) {
    context.onError?.((error as Error).cause ?? error)
    return { responseCode }
  }
  return { responseCode, payload: Buffer.from((error as Error).message.slice(0, longestDiagnostic)) }
}

function responseCodeOf(error: unknown): ResponseCode {
  if (error instanceof OperationError) return error.responseCode
  const isBadInput = error instanceof FormatError || error instanceof ValueError || error instanceof PathError
  return isBadInput ? ResponseCode.badRequest : ResponseCode.internalServerError
}
