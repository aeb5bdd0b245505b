import type { Place } from '../server/place.ts'
import { formatAddress } from '../transport/uri.ts'

/** Where a client is; over which transport where that is not UDP, or another one than before. */
export function describePlace({ address, transport }: Place, before?: Place): string {
  const isNews = transport !== (before?.transport ?? 'udp')
  return `${formatAddress(address)}${transport === 'tcp' || isNews ? ` over ${transport.toUpperCase()}` : ''}`
}

export function isSamePlace(a: Place, b: Place): boolean {
  return a.transport === b.transport && formatAddress(a.address) === formatAddress(b.address)
}
