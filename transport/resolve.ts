import { lookup } from 'node:dns/promises'
import { TransportError } from './errors.ts'

/** The addresses of a host, one for a literal. Rejects with TransportError HOST_NOT_FOUND. */
export async function resolve(host: string): Promise<string[]> {
  try {
    const addresses = await lookup(host, { all: true, verbatim: true })
    return addresses.map(({ address }) => address)
  } catch (error) {
    throw new TransportError('HOST_NOT_FOUND', `the host name "${host}" cannot be resolved`, { cause: error })
  }
}

/** A host may be reachable at some of its addresses only: all of them, beginning with another one in each attempt. */
export function inTurn(hosts: readonly string[], attempt: number): string[] {
  const first = attempt % hosts.length
  return [...hosts.slice(first), ...hosts.slice(0, first)]
}
