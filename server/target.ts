import type { Schema } from '../objects/formats/format.ts'
import type { BootstrapOperation, Operation } from '../objects/operations/operation.ts'
import type { CoapMessage } from '../transport/coap/message.ts'
import { encodeOperation, withPrefix } from '../transport/lwm2m/downlink.ts'

/** An operation on a client, or, with a prefix, on a device behind it (LwM2M Gateway 1.1 §8.3). */
export type AnyOperation = (Operation | BootstrapOperation) & { readonly prefix?: string }

/** The request for an operation. A composite one says in its names what it is about. */
export function requestFor(operation: AnyOperation): CoapMessage {
  const request = encodeOperation(operation)
  const { prefix } = operation
  const isComposite = !('path' in operation) || operation.path.length === 0
  return prefix === undefined || isComposite ? request : withPrefix(request, prefix)
}

/** The types of the objects of a device, whose names begin with its prefix. */
export function schemaFor(schema: Schema, prefix: string | undefined): Schema {
  return prefix === undefined
    ? schema
    : { resource: (objectId, resourceId) => schema.resource(objectId, resourceId), prefix }
}
