import { createHash, createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  extendedMasterSecret,
  finishedData,
  keyBlock,
  masterSecret,
  prf,
  pskPremaster,
} from '../../../transport/dtls/prf.ts'
import { type CipherSuite, cipherSuites } from '../../../transport/dtls/suites.ts'

const hex = (text: string) => Buffer.from(text, 'hex')

/** P_SHA256 as RFC 5246 §5 defines it: A(i) and the output blocks in two lists. */
function expand(secret: Buffer, labelAndSeed: Buffer, length: number): Buffer {
  const hmac = (...parts: Buffer[]) => createHmac('sha256', secret).update(Buffer.concat(parts)).digest()
  const chain = [labelAndSeed]
  while ((chain.length - 1) * 32 < length) chain.push(hmac(chain.at(-1) as Buffer))
  const blocks = chain.slice(1).map(link => hmac(link, labelAndSeed))
  return Buffer.concat(blocks).subarray(0, length)
}

const clientRandom = createHash('sha256').update('client').digest()
const serverRandom = createHash('sha256').update('server').digest()
const premaster = createHash('sha256').update('premaster').digest()

describe('the PRF of TLS 1.2 with SHA-256', () => {
  const secret = hex('9bbe436ba940f017b17652849a71db35')
  const seed = hex('a0ba9f936cda311827a6f796ffd5198c')
  const output =
    'e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17' +
    'abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66'

  test('gives the known answer', () => {
    expect(prf(secret, 'test label', seed, 100).toString('hex')).toBe(output)
  })

  test.each([0, 1, 12, 31, 32, 33, 64, 99])('gives %i bytes of it', length => {
    expect(prf(secret, 'test label', seed, length).toString('hex')).toBe(output.slice(0, 2 * length))
  })
})

describe('the premaster secret', () => {
  test('of a key is as many zeros, then the key (RFC 4279 §2)', () => {
    expect(pskPremaster(hex('0a0b0c')).toString('hex')).toBe('000300000000030a0b0c')
    expect(pskPremaster(hex('')).toString('hex')).toBe('00000000')
  })

  test('of a key and ECDH is its secret, then the key (RFC 5489 §2)', () => {
    expect(pskPremaster(hex('0a0b0c'), hex('0102')).toString('hex')).toBe('0002010200030a0b0c')
  })
})

describe('the master secret', () => {
  test('comes of both randoms (RFC 5246 §8.1)', () => {
    const seed = Buffer.concat([Buffer.from('master secret'), clientRandom, serverRandom])
    expect(masterSecret(premaster, clientRandom, serverRandom)).toEqual(expand(premaster, seed, 48))
  })

  test('extended, comes of the session hash (RFC 7627 §4)', () => {
    const sessionHash = createHash('sha256').update('messages').digest()
    const seed = Buffer.concat([Buffer.from('extended master secret'), sessionHash])
    expect(extendedMasterSecret(premaster, sessionHash)).toEqual(expand(premaster, seed, 48))
  })
})

describe('the key block', () => {
  const master = masterSecret(premaster, clientRandom, serverRandom)
  const seed = Buffer.concat([Buffer.from('key expansion'), serverRandom, clientRandom])
  const block = expand(master, seed, 200)

  test('of an AEAD is cut into keys and nonces, each of the client first (RFC 5246 §6.3)', () => {
    const keys = keyBlock(cipherSuites.get(0xc0a8) as CipherSuite, master, clientRandom, serverRandom)
    expect(keys).toEqual({
      client: { macKey: hex(''), key: block.subarray(0, 16), iv: block.subarray(32, 36) },
      server: { macKey: hex(''), key: block.subarray(16, 32), iv: block.subarray(36, 40) },
    })
  })

  test('of CBC is cut into MAC keys and keys', () => {
    const keys = keyBlock(cipherSuites.get(0x00ae) as CipherSuite, master, clientRandom, serverRandom)
    expect(keys).toEqual({
      client: { macKey: block.subarray(0, 32), key: block.subarray(64, 80), iv: hex('') },
      server: { macKey: block.subarray(32, 64), key: block.subarray(80, 96), iv: hex('') },
    })
  })
})

test.each(['client', 'server'] as const)('the verify_data of the %s (RFC 5246 §7.4.9)', end => {
  const seed = Buffer.concat([Buffer.from(`${end} finished`), clientRandom])
  expect(finishedData(premaster, end, clientRandom)).toEqual(expand(premaster, seed, 12))
})
