import { AlertDescription, DtlsError } from './alert.ts'
import type { Extensions } from './extensions.ts'
import { refused } from './handshake.ts'
import { defaultCertificateTypes, type Proof, proofBy } from './key-exchange/proof.ts'
import { namedGroups } from './key-share.ts'
import { certificateTypeIds } from './messages/certificate.ts'
import type { ClientHello } from './messages/client-hello.ts'
import type { DtlsClientOptions, DtlsServerOptions } from './parameters.ts'
import { type CipherSuite, cipherSuites, isEphemeral, serverKeyType } from './suites.ts'

/** TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746 §3.3). */
export const noRenegotiation = 0x00ff

/** The groups of a key agreement, the preferred first. */
export const groups: readonly number[] = Object.values(namedGroups)

/** The suites of a client that go with its credentials, the preferred first. */
export function clientSuites({ suites, credentials }: DtlsClientOptions): number[] {
  const hasPsk = credentials.kind === 'psk'
  return suitesOf(suites, suite => (serverKeyType(suite) === undefined) === hasPsk)
}

/** The suites of a server that has keys for them, the preferred first. */
export function serverSuites({ suites, psk, credentials = [] }: DtlsServerOptions): number[] {
  return suitesOf(suites, suite => {
    const keyType = serverKeyType(suite)
    return keyType === undefined ? psk !== undefined : credentials.some(each => each.keyType === keyType)
  })
}

/** Those that an end is restricted to, in that order, or all. */
function suitesOf(allowed: readonly number[] | undefined, isPossible: (suite: CipherSuite) => boolean): number[] {
  const possible = [...cipherSuites.values()].filter(isPossible).map(({ id }) => id)
  return allowed === undefined ? possible : allowed.filter(id => possible.includes(id))
}

/** What a server makes of the offers of a client. */
export interface Choice {
  readonly suite: CipherSuite
  /** Of the key agreement; absent for a suite without one. */
  readonly group?: number
  /** What the server proves itself with; absent where both share a key. */
  readonly proof?: Proof
}

/**
 * The server's choice: its own preference among what the client offers. Throws DtlsError handshakeFailure, or
 * unsupportedCertificate where the client takes no form in which the server could show its key (RFC 7250 §4.2).
 */
export function choose(options: DtlsServerOptions, { suites, extensions }: ClientHello): Choice {
  const group = groups.find(one => extensions.groups?.includes(one))
  const proofs = possibleProofs(options, extensions)
  for (const id of serverSuites(options)) {
    const suite = cipherSuites.get(id)
    if (suite === undefined || !suites.includes(id)) continue
    // CBC needs encrypt-then-MAC (RFC 7366).
    if (suite.cipher === 'cbc' && extensions.encryptThenMac !== true) continue
    if (!isEphemeral(suite)) return { suite }
    if (group === undefined) continue
    const keyType = serverKeyType(suite)
    if (keyType === undefined) return { suite, group }
    const proof = proofs.find(each => each.credentials.keyType === keyType)
    if (proof !== undefined) return { suite, group, proof }
  }
  const { serverCertificateTypes: forms } = extensions
  if (forms !== undefined && options.credentials?.every(({ kind }) => !forms.includes(certificateTypeIds[kind]))) {
    throw new DtlsError(AlertDescription.unsupportedCertificate, 'the client verifies no form of the server’s key')
  }
  throw refused('the client and the server have no cipher suite in common')
}

/** What the server could prove itself with to this client. */
function possibleProofs({ credentials = [] }: DtlsServerOptions, extensions: Extensions): Proof[] {
  const { signatureAlgorithms = [], serverCertificateTypes = defaultCertificateTypes } = extensions
  const accepted = { algorithms: signatureAlgorithms, certificateTypes: serverCertificateTypes }
  // The curve of a certificate has to be one of the client's, too (RFC 8422 §5.1.1).
  const takesP256 = extensions.groups?.includes(namedGroups.secp256r1) === true
  return credentials.flatMap(each => (each.keyType === 'ec' && !takesP256 ? [] : (proofBy(each, accepted) ?? [])))
}
