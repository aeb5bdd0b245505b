import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'

/**
 * The certificates that the peer has shown, in DER, each followed by the one that certifies it; none where it has shown
 * none. A session that was resumed has at a server the client's own one alone, and at a client none.
 */
export function shownChain(socket: TLSSocket): Buffer[] {
  const chain: Buffer[] = []
  // Of a socket without a certificate it is an empty object, of one that is destroyed null.
  let certificate = socket.getPeerCertificate(true) as Partial<DetailedPeerCertificate> | null | undefined
  while (certificate?.raw !== undefined) {
    chain.push(certificate.raw)
    const issuer: DetailedPeerCertificate | undefined = certificate.issuerCertificate
    // One that has signed itself is its own issuer.
    certificate = issuer === certificate ? undefined : issuer
  }
  return chain
}
