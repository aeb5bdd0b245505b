import type { CertificateUsage } from '../../../transport/dtls/certificate/verify.ts'
import type { Parties, Party } from '../dtls/certificates.ts'

export const usageNames = [
  'CA constraint',
  'service certificate constraint',
  'trust anchor assertion',
  'domain-issued certificate',
] as const

/** What /0/x/4 is for a certificate usage, and what the server shows. */
export interface UsageCase {
  readonly name: 'right' | 'wrong' | 'self-signed'
  readonly usage: CertificateUsage
  readonly shown: 'server' | 'selfSignedServer'
  /** /0/x/4 */
  readonly given: (parties: Parties) => Buffer
  readonly isTrusted: boolean
}

export const usageCaseNames = ['right', 'wrong', 'self-signed'] as const

const own = ({ certificate }: Party) => certificate.der

/**
 * RFC 6698 §2.1.1: a right certificate; a wrong one, of another authority or another server; and a server that shows one that it
 * signed itself, which is the given one.
 */
export const usageCases: readonly UsageCase[] = ([0, 1, 2, 3] as const).flatMap(usage => {
  const isAuthority = usage === 0 || usage === 2
  return [
    {
      name: 'right' as const,
      usage,
      shown: 'server' as const,
      given: (parties: Parties) => (isAuthority ? parties.root.der : own(parties.server)),
      isTrusted: true,
    },
    {
      name: 'wrong' as const,
      usage,
      shown: 'server' as const,
      given: (parties: Parties) => (isAuthority ? parties.otherRoot.der : own(parties.plainServer)),
      isTrusted: false,
    },
    {
      name: 'self-signed' as const,
      usage,
      shown: 'selfSignedServer' as const,
      given: (parties: Parties) => own(parties.selfSignedServer),
      isTrusted: usage >= 2,
    },
  ]
})
