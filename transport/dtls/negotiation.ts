import { refused } from './handshake.ts'
import { namedGroups } from './key-share.ts'
import type { ClientHello } from './messages/client-hello.ts'
import { type CipherSuite, cipherSuites } from './suites.ts'

/** TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746 §3.3). */
export const noRenegotiation = 0x00ff

/** The groups of a key agreement, the preferred first. */
export const groups: readonly number[] = Object.values(namedGroups)

/** The suites of an end, the preferred first: those it is restricted to, in that order, or all. */
export function offeredSuites({ suites }: { readonly suites?: readonly number[] }): number[] {
  return suites === undefined ? [...cipherSuites.keys()] : suites.filter(id => cipherSuites.has(id))
}

export interface Choice {
  readonly suite: CipherSuite
  /** Of the key agreement; undefined for a suite without one. */
  readonly group: number | undefined
}

/** The server's choice: its own preference among what the client offers. Throws DtlsError handshakeFailure. */
export function choose(offered: readonly number[], { suites, extensions }: ClientHello): Choice {
  const group = groups.find(one => extensions.groups?.includes(one))
  for (const id of offered) {
    const suite = cipherSuites.get(id)
    if (suite !== undefined && suites.includes(id) && isPossible(suite, extensions.encryptThenMac === true, group)) {
      return { suite, group: suite.keyExchange === 'psk' ? undefined : group }
    }
  }
  throw refused('the client and the server have no cipher suite in common')
}

/** CBC needs encrypt-then-MAC (RFC 7366), a key agreement a common group. */
function isPossible({ cipher, keyExchange }: CipherSuite, encryptThenMac: boolean, group: number | undefined): boolean {
  return (cipher !== 'cbc' || encryptThenMac) && (keyExchange === 'psk' || group !== undefined)
}
