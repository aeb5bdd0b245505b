import { describe, expect, test } from 'vitest'
import { AlertDescription } from '../../../../transport/dtls/alert.ts'
import type { CertificateError } from '../../../../transport/dtls/certificate/certificate-error.ts'
import { type VerifyOptions, verifyCertificates } from '../../../../transport/dtls/certificate/verify.ts'
import { generateTestKeys } from '../../../../transport/dtls/test-certificates.ts'
import { issue, issueAuthority, issueFamily, issueLoop, issueServer, nowMs, yearMs } from '../../../helpers/certificates.ts'

const { root, intermediate, server, client } = await issueFamily()
const ders = (...certificates: { readonly der: Buffer }[]) => certificates.map(({ der }) => der)
const trust: VerifyOptions = { purpose: 'server', nowMs, trustStore: [root.der], hosts: ['server.example'] }

function refusal(chain: readonly Uint8Array[], options: Partial<VerifyOptions> = {}): CertificateError {
  try {
    verifyCertificates(chain, { ...trust, ...options })
  } catch (error) {
    return error as CertificateError
  }
  throw new Error('it was accepted')
}
test('x', async () => {
  console.log(verifyCertificates(ders(server, intermediate), trust))
  const loop = await issueLoop()
  const cases: [string, Uint8Array[], Partial<VerifyOptions>?][] = [
    ['loop', ders(await issueServer({ issuer: loop.first }), loop.first, loop.second)],
    ['expired', ders(server, intermediate), { nowMs: nowMs + 2 * yearMs }],
    ['notyet', ders(server, intermediate), { nowMs: nowMs - 2 * yearMs }],
    ['host', ders(server, intermediate), { hosts: ['other.example'] }],
    ['curve', ders(await issueServer({ issuer: intermediate, keys: await generateTestKeys('P-384') }), intermediate)],
    ['cfg', ders(server, intermediate), { serverCertificate: Buffer.from('xx') }],
    ['cfg', ders(server, intermediate), { trustStore: [Buffer.from('xx')] }],
    ['client', ders(client, intermediate), { }],
  ]
  for (const [n, c, o] of cases) console.log(n, refusal(c, o).message, refusal(c,o).alert)
})
