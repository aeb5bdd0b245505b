import { OperationError } from '../objects/errors.ts'
import { ContentFormat, type Schema } from '../objects/formats/format.ts'
import { formatOf } from '../objects/formats/formats.ts'
import { comparePaths, formatPath, type Path } from '../objects/path.ts'
import { type CoapMessage, Code } from '../transport/coap/message.ts'
import { OptionNumber, uintOption } from '../transport/coap/options.ts'
import type { ClientBootstrap } from './bootstrap-config.ts'
import { type KnownInstance, planWrites, presumedInstances } from './bootstrap-plan.ts'
import { RequestError } from './errors.ts'

/** The formats that can hold several objects (LwM2M Transport 1.2.2 §6.4.2). */
const packFormats: ReadonlySet<number> = new Set([
  ContentFormat.senmlJson,
  ContentFormat.senmlCbor,
  ContentFormat.lwm2mCbor,
])

/**
 * The Bootstrap-Pack of a client: all that its bootstrap would write, in one response (LwM2M Core 1.2.2 §6.1.7.7).
 * `accountInstances` are those of its Bootstrap-Server Account. Throws OperationError NOT_ACCEPTABLE, or
 * METHOD_NOT_ALLOWED when only a Bootstrap-Request can serve this client.
 */
export function encodePack(
  client: ClientBootstrap,
  accept: number = ContentFormat.senmlCbor,
  accountInstances: readonly Path[] | undefined,
  schema: Schema,
): CoapMessage {
  const format = packFormats.has(accept) ? formatOf(accept) : undefined
  if (format === undefined) throw new OperationError('NOT_ACCEPTABLE', 'a Bootstrap-Pack has another Content-Format')
  const known = accountInstances?.map(path => ({ path })) ?? presumedInstances
  const writes = plan(client, known).flatMap(({ values }) => values)
  // As if written one after the other: of two values of a resource the later stays.
  const values = [...new Map(writes.map(value => [formatPath(value.path), value])).values()]
  values.sort((a, b) => comparePaths(a.path, b.path))
  return {
    code: Code.content,
    options: [uintOption(OptionNumber.contentFormat, accept)],
    payload: format.encode([], values, schema),
  }
}

function plan(client: ClientBootstrap, known: readonly KnownInstance[]) {
  try {
    return planWrites(client, known)
  } catch (error) {
    if (error instanceof RequestError) throw new OperationError('METHOD_NOT_ALLOWED', error.message)
    throw error
  }
}
