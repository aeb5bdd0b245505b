import type { Access } from '../access.ts'
import { OperationError, ResponseCode } from '../errors.ts'
import { callHandler, type ExecuteArguments, isPromiseLike } from '../handlers.ts'
import type { ObjectStore } from '../store.ts'
import type { OperationOf, Outcome } from './operation.ts'
import { findTarget, notAllowed, notFound } from './target.ts'

/**
 * Performs an Execute (LwM2M Core 1.2.2 §6.3.5). Anything but an executable resource is 4.05; an executable resource
 * that no handler performs is not there: 4.04, as Discover does not show it either.
 */
export function execute(
  store: ObjectStore,
  access: Access,
  operation: OperationOf<'execute'>,
): Outcome | Promise<Outcome> {
  const { path } = operation
  const resource = findTarget(store, access, 'execute', path)
  if (resource?.executable !== true) throw notAllowed(path, 'Execute')
  const handler = store.handlers.find('execute', path)
  if (handler === undefined) throw notFound(path)
  const args = parseArguments(operation.arguments)
  const done = callHandler(path, () => handler(path, args))
  const outcome = { responseCode: ResponseCode.changed }
  return isPromiseLike(done) ? done.then(() => outcome) : outcome
}

/**
 * Parses `0='reset',2` (LwM2M Core 1.2.2 §6.3.5). Throws OperationError `BAD_REQUEST` for what the grammar does not
 * allow and for a digit that occurs twice.
 */
function parseArguments(text: string): ExecuteArguments {
  const args = new Map<number, string | undefined>()
  // A value holds every printable ASCII character but space, quotes and backslash, commas too.
  const argument = /(\d)(?:='([!#-&(-[\]-~]*)')?(?:,(?=\d)|$)/y
  while (argument.lastIndex < text.length) {
    const match = argument.exec(text)
    const digit = Number(match?.[1])
    if (match === null || args.has(digit)) throw new OperationError('BAD_REQUEST', 'malformed Execute arguments')
    args.set(digit, match[2])
  }
  return args
}
