import { OperationError } from '../../objects/errors.ts'
import type { CoapMessage } from '../coap/message.ts'
import { findStrings, OptionNumber } from '../coap/options.ts'

/**
 * The parameters of an uplink request by name; one without a value is ''. Only `repeatable` may come several times, its
 * values are joined by commas. Throws OperationError BAD_REQUEST.
 */
export function readQuery(request: CoapMessage, repeatable?: string): ReadonlyMap<string, string> {
  const query = new Map<string, string>()
  for (const parameter of findStrings(request, OptionNumber.uriQuery)) {
    const equals = parameter.indexOf('=')
    const name = equals === -1 ? parameter : parameter.slice(0, equals)
    const value = equals === -1 ? '' : parameter.slice(equals + 1)
    const before = query.get(name)
    if (before !== undefined && name !== repeatable) {
      throw new OperationError('BAD_REQUEST', 'a parameter is given twice')
    }
    query.set(name, before === undefined ? value : `${before},${value}`)
  }
  return query
}

/**
 * The Endpoint Client Name, undefined where the security layer is to tell it (LwM2M Core 1.2.2 §6.1.7.1, §6.2.1). Throws
 * OperationError BAD_REQUEST.
 */
export function readEndpoint(query: ReadonlyMap<string, string>): string | undefined {
  const endpoint = query.get('ep')
  if (endpoint === '') throw new OperationError('BAD_REQUEST', 'the endpoint name is empty')
  return endpoint
}
