import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Certificate } from '../../../../transport/dtls/certificate/certificate.ts'
import { PeerCache } from '../../../../transport/dtls/certificate/peer-cache.ts'
import { verifyRawKey } from '../../../../transport/dtls/certificate/raw-key.ts'
import type { VerifiedPeer } from '../../../../transport/dtls/certificate/verified-peer.ts'
import { type VerifyOptions, verifyCertificates } from '../../../../transport/dtls/certificate/verify.ts'
import { issueAuthority, issueFamily, nowMs, yearMs } from '../../../helpers/certificates.ts'

const { root, intermediate, server } = await issueFamily()
const stranger = await issueAuthority('root')
const chain = () => [Buffer.from(server.der), Buffer.from(intermediate.der)]
const bytes = (value: number) => Buffer.of(value)

afterEach(() => {
  vi.restoreAllMocks()
})

test('the least recently used is forgotten first', () => {
  const cache = new PeerCache<string>(2)
  for (const value of [1, 2, 1, 3]) cache.keep(bytes(value), `value ${value}`)
  expect([1, 2, 3].map(value => cache.find(bytes(value)))).toEqual(['value 1', undefined, 'value 3'])
  expect(cache.size).toBe(2)
})

describe('a certificate', () => {
  function verifier(more: Partial<VerifyOptions> = {}) {
    const cache = new PeerCache<Certificate>()
    const options: VerifyOptions = { purpose: 'server', nowMs, trustStore: [root.der], cache, ...more }
    return {
      cache,
      verify: (now: Partial<VerifyOptions> = {}, shown: readonly Uint8Array[] = chain()) =>
        verifyCertificates(shown, { ...options, ...now }),
    }
  }

  test('of a peer that comes again is neither read nor are its signatures checked again', () => {
    const parse = vi.spyOn(Certificate, 'parse')
    const check = vi.spyOn(X509Certificate.prototype, 'verify')
    const { verify } = verifier()
    const first = verify()
    const before = [parse.mock.calls.length, check.mock.calls.length]
    expect(before).toEqual([3, 2])
    expect(verify()).toEqual(first)
    expect([parse.mock.calls.length, check.mock.calls.length]).toEqual(before)
  })

  test.each<[string, Partial<VerifyOptions>, string]>([
    ['expired in the meantime', { nowMs: nowMs + 2 * yearMs }, 'expired'],
    ['of a time to come', { nowMs: nowMs - 2 * yearMs }, 'notYetValid'],
    ['trusted no more', { trustStore: [] }, 'issuer'],
    ['of another authority of the same name', { trustStore: [stranger.der] }, 'signature'],
    ['for another purpose', { purpose: 'client' }, 'extendedKeyUsage'],
    ['for another host', { hosts: ['other.example'] }, 'hostName'],
    ['not the one of /0/x/4', { serverCertificate: intermediate.der }, 'domainIssued'],
  ])('%s is refused though it is known', (_name, now, rule) => {
    const { verify } = verifier()
    verify()
    expect(() => verify(now)).toThrow(expect.objectContaining({ rule }))
  })

  test('that is refused is not kept', () => {
    const { cache, verify } = verifier({ trustStore: [stranger.der] })
    expect(() => verify()).toThrow()
    expect(cache.size).toBe(0)
  })

  test('shown beside its path is not kept', () => {
    const { cache, verify } = verifier()
    verify({}, [...chain(), stranger.der])
    expect([cache.find(server.der), cache.find(intermediate.der)].map(one => one?.name)).toEqual([
      'CN=server',
      'CN=intermediate',
    ])
    expect(cache.find(stranger.der)).toBeUndefined()
  })

  test('does not depend on the buffer that it came in', () => {
    const { verify } = verifier()
    const shown = chain()
    const first = verify({}, shown)
    for (const der of shown) der.fill(0)
    expect(verify()).toEqual(first)
    expect(() => verify({}, shown)).toThrow(expect.objectContaining({ rule: 'malformed' }))
  })
})

describe('a raw public key', () => {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'der', type: 'spki' })

  test('of a peer that comes again is not read again, but asked for again', () => {
    const cache = new PeerCache<VerifiedPeer>()
    const first = verifyRawKey(key, key, 0, cache)
    expect(verifyRawKey(Buffer.from(key), key, 0, cache)).toBe(first)
    expect(first.publicKey.equals(createPublicKey({ key, format: 'der', type: 'spki' }))).toBe(true)
    expect(() => verifyRawKey(key, () => false, 0, cache)).toThrow(expect.objectContaining({ rule: 'rawKey' }))
  })

  test('that is refused is not kept', () => {
    const cache = new PeerCache<VerifiedPeer>()
    expect(() => verifyRawKey(key, () => false, 0, cache)).toThrow()
    expect(cache.size).toBe(0)
  })
})
