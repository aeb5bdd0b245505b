import { describe, expect, test } from 'vitest'
import { readSourceTree } from '../../helpers/source-tree.ts'

/** Certificates and public keys are no secrets. */
const files = readSourceTree().filter(({ path }) => /^transport\/dtls\/(?!certificate\/)/.test(path))

/** Where secrets are compared: what a peer sent with what it cannot know without the keys. */
const timingSafe = ['cbc-cipher.ts', 'cookie.ts', 'handshake.ts']

/** Where bytes are compared at the speed of their first difference, and why nobody learns a secret by it. */
const harmless: Readonly<Record<string, string>> = {
  'client-handshake.ts': 'session ids, which both hellos show',
  'fragments.ts': 'handshake messages in clear, and one under the keys that is authentic already',
  'key-pair.ts': 'public keys',
  'key-share.ts': 'drawn bytes with the order of P-256: those that are refused are not used',
  'listener.ts': 'the random of a ClientHello, in clear',
  'record-layer.ts': 'Connection IDs, in clear',
}

const named = (names: readonly string[]) => names.map(name => `transport/dtls/${name}`).sort()
const pathsWith = (pattern: RegExp) => files.filter(({ code }) => pattern.test(code)).map(({ path }) => path)

describe('secrets are compared in constant time (RFC 5246 §6.2.3.2)', () => {
  test('by timingSafeEqual, in these files', () => {
    expect(pathsWith(/\btimingSafeEqual\(/).sort()).toEqual(named(timingSafe))
  })

  test('other comparisons of bytes are of nothing secret', () => {
    expect(pathsWith(/\.equals\(|\.compare\(|\bisDeepStrictEqual\b/).sort()).toEqual(named(Object.keys(harmless)))
  })

  test('nothing that is called a secret is compared by an operator', () => {
    const secret = String.raw`\w*(?:[sS]ecret|[mM]aster|[kK]ey|[mM]ac|[vV]erifyData|[cC]ookie|[tT]ag|[nN]once)`
    const plain = String.raw`(?!\s*(?:undefined|true|false|''))`
    const compared = new RegExp(String.raw`\b${secret}\s*[!=]==${plain}|[!=]==\s*(?:\w+\.)*${secret}\b(?!\.)`)
    expect(compared.test('cookie === expected')).toBe(true)
    expect(compared.test('if (expected !== session.masterSecret)')).toBe(true)
    const found = files.flatMap(({ path, code }) => {
      const hit = compared.exec(code)
      return hit === null ? [] : [`${path}: ${hit[0]}`]
    })
    expect(found).toEqual([])
  })

  test('the authentication tags of AEADs are left to OpenSSL', () => {
    expect(pathsWith(/\bgetAuthTag\(/).sort()).toEqual(pathsWith(/\bsetAuthTag\(/).sort())
  })
})
