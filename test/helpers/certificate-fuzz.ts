import * as fc from 'fast-check'
import { CertificateError } from '../../transport/dtls/certificate/certificate-error.ts'
import { readCertificates, readPrivateKey, readPublicKey } from '../../transport/dtls/certificate/pem.ts'
import { verifyRawKey } from '../../transport/dtls/certificate/raw-key.ts'
import { type CertificateUsage, verifyCertificates } from '../../transport/dtls/certificate/verify.ts'
import { issueFamily, issueLoop, issueServer, nowMs, pem } from './certificates.ts'

const { root, intermediate, server, client } = await issueFamily()
const loop = await issueLoop()
const looped = await issueServer({ issuer: loop.first })

/** Right and wrong chains to begin with. */
const chains: readonly (readonly Buffer[])[] = [
  [server.der, intermediate.der],
  [server.der, intermediate.der, root.der],
  [client.der, intermediate.der],
  [looped.der, loop.first.der, loop.second.der],
]
const seeds = chains.flat()

/** One change to some bytes: of a byte, of a length, of a stretch. */
type Change = (bytes: Buffer) => Buffer

const position = fc.nat({ max: 4095 })
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(position, fc.nat({ max: 255 })).map(([at, value]) => (bytes: Buffer) => {
    const copy = Buffer.from(bytes)
    if (copy.length > 0) copy[at % copy.length] = value
    return copy
  }),
  fc.tuple(position, fc.nat({ max: 7 })).map(([at, bit]) => (bytes: Buffer) => {
    const copy = Buffer.from(bytes)
    if (copy.length > 0) copy.writeUInt8(copy.readUInt8(at % copy.length) ^ (1 << bit), at % copy.length)
    return copy
  }),
  position.map(at => (bytes: Buffer) => bytes.subarray(0, at % (bytes.length + 1))),
  fc.tuple(position, fc.uint8Array({ minLength: 1, maxLength: 40 })).map(([at, inserted]) => (bytes: Buffer) => {
    const start = at % (bytes.length + 1)
    return Buffer.concat([bytes.subarray(0, start), inserted, bytes.subarray(start)])
  }),
  fc
    .tuple(position, fc.nat({ max: seeds.length - 1 }), position, fc.nat({ max: 200 }))
    .map(([at, seed, from, length]) => (bytes: Buffer) => {
      const donor = seeds[seed] as Buffer
      const copy = Buffer.from(bytes)
      donor.copy(copy, at % (copy.length + 1), from % donor.length, (from % donor.length) + length)
      return copy
    }),
)

interface FuzzedChain {
  /** As the peer shows it. */
  readonly chain: readonly Buffer[]
  /** What it was before it was changed. */
  readonly seed: readonly Buffer[]
}

const fuzzedChain: fc.Arbitrary<FuzzedChain> = fc
  .tuple(fc.constantFrom(...chains), fc.array(fc.tuple(fc.nat({ max: 2 }), change), { minLength: 1, maxLength: 4 }))
  .map(([seed, changes]) => {
    const chain = [...seed]
    for (const [index, apply] of changes) {
      const place = index % chain.length
      chain[place] = apply(chain[place] as Buffer)
    }
    return { chain, seed }
  })

/** What is thrown that is no answer; undefined for a verdict. */
function crash(verdict: () => unknown): unknown {
  try {
    verdict()
    return undefined
  } catch (error) {
    return error instanceof CertificateError && !/\p{Cc}/u.test(error.message) ? undefined : (error ?? 'undefined')
  }
}

const usages: readonly CertificateUsage[] = [0, 1, 2, 3]

/** Shows changed certificates to all checks: no crash, and what is accepted is what was right before. */
export function fuzzCertificates(count: number, seed: number): void {
  const trustStore = [root.der]
  const verify = (chain: readonly Buffer[], usage: CertificateUsage | undefined) =>
    verifyCertificates(chain, {
      purpose: 'server',
      nowMs,
      trustStore,
      hosts: ['server.example'],
      ...(usage !== undefined && { usage, serverCertificate: usage % 2 === 1 ? server.der : intermediate.der }),
    })
  fc.assert(
    fc.property(fuzzedChain, fc.constantFrom(undefined, ...usages), ({ chain, seed: before }, usage) => {
      let accepted = false
      const thrown = crash(() => {
        verify(chain, usage)
        accepted = true
      })
      if (thrown !== undefined) throw new Error('no verdict', { cause: thrown })
      if (accepted && !(before[0] as Buffer).equals(chain[0] as Buffer))
        throw new Error('a changed certificate is trusted')
    }),
    { seed, numRuns: count },
  )
}

/** Shows changed text and bytes to all that reads what this end is given. */
export function fuzzOwnFiles(count: number, seed: number): void {
  const privateKey = server.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  const files = [
    Buffer.from(pem(server) + pem(root) + privateKey),
    server.der,
    server.publicKey,
    Buffer.from(privateKey),
  ]
  const file = fc
    .tuple(fc.constantFrom(...files), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([bytes, changes]) => changes.reduce((changed, apply) => apply(changed), bytes))
  fc.assert(
    fc.property(file, bytes => {
      for (const read of [readCertificates, readPrivateKey, readPublicKey, verifyRawKey]) {
        const thrown = crash(() => read(bytes))
        if (thrown !== undefined) throw new Error('no verdict', { cause: thrown })
      }
    }),
    { seed, numRuns: count },
  )
}
