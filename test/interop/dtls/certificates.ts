import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../../transport/clock.ts'
import { verifyRawKey } from '../../../transport/dtls/certificate/raw-key.ts'
import { type VerifyOptions, verifyCertificates } from '../../../transport/dtls/certificate/verify.ts'
import type { CertificateCredentials, RawKeyCredentials, VerifyPeer } from '../../../transport/dtls/credentials.ts'
import { rpk, x509 } from '../../../transport/dtls/key-pair.ts'
import {
  type CertificateTemplate,
  generateTestKeys,
  issueCertificate,
  type TestCertificate,
} from '../../../transport/dtls/test-certificates.ts'
import { systemRandom } from '../../../transport/random.ts'
import { armored } from '../../helpers/certificates.ts'

/** Of the server, in its certificate; it is asked for by this name. */
export const serverHost = 'server.example'
export const clientName = 'urn:dev:ops:certified'

const hourMs = 3_600_000

/** What somebody proves itself with, for our ends and, in files, for those of others. */
export class Party {
  readonly certificate: TestCertificate
  /** The own certificate, then those of the authorities below the root. */
  readonly chain: readonly Buffer[]
  readonly #folder: string

  constructor(folder: string, certificate: TestCertificate, intermediates: readonly TestCertificate[]) {
    this.#folder = folder
    this.certificate = certificate
    this.chain = [certificate.der, ...intermediates.map(({ der }) => der)]
  }

  get x509(): CertificateCredentials {
    return x509({ chain: this.chain, key: this.certificate.privateKey })
  }

  get rpk(): RawKeyCredentials {
    return rpk({ publicKey: this.certificate.publicKey, key: this.certificate.privateKey })
  }

  /** PEM. */
  file(name: 'own' | 'intermediates' | 'chain' | 'key' | 'publicKey' | 'chainAndKey' | 'keys'): string {
    return join(this.#folder, `${name}.pem`)
  }

  /** PKCS #8 in DER. */
  get pkcs8File(): string {
    return join(this.#folder, 'key.der')
  }

  async write(): Promise<void> {
    const [own = '', ...intermediates] = this.chain.map(der => armored('CERTIFICATE', der))
    const { privateKey, publicKey: spki } = this.certificate
    const isRsa = privateKey.asymmetricKeyType === 'rsa'
    const key = String(privateKey.export({ format: 'pem', type: isRsa ? 'pkcs1' : 'sec1' }))
    const publicKey = armored('PUBLIC KEY', spki)
    const chain = [own, ...intermediates].join('')
    const files = {
      own,
      intermediates: intermediates.join(''),
      chain,
      key,
      publicKey,
      chainAndKey: chain + key,
      keys: publicKey + key,
    }
    const mode = 0o600
    await Promise.all(
      Object.entries(files).map(([name, text]) => writeFile(join(this.#folder, `${name}.pem`), text, { mode })),
    )
    await writeFile(this.pkcs8File, privateKey.export({ format: 'der', type: 'pkcs8' }), { mode })
  }
}

export type Parties = Awaited<ReturnType<typeof issueParties>>

/**
 * A root with an intermediate authority, a server and a client below that; ends right below the root, for programs that show
 * one certificate only; a server with a key of RSA; and ends that nobody is to trust.
 */
export async function issueParties() {
  const folder = await mkdtemp(join(tmpdir(), 'certificates-'))
  const nowMs = systemClock.now()
  const issue = (template: Partial<CertificateTemplate>) =>
    issueCertificate({
      notBeforeMs: nowMs - hourMs,
      notAfterMs: nowMs + 24 * hourMs,
      random: systemRandom,
      ...template,
    })
  const root = await issue({ commonName: 'root', authority: {} })
  const otherRoot = await issue({ commonName: 'other root', authority: {} })
  const intermediate = await issue({ commonName: 'intermediate', authority: {}, issuer: root })

  async function party(template: Partial<CertificateTemplate>, ...intermediates: TestCertificate[]): Promise<Party> {
    const own = await mkdtemp(join(folder, 'party-'))
    const issued = new Party(own, await issue(template), intermediates)
    await issued.write()
    return issued
  }

  const hosts = [serverHost, '127.0.0.1']
  // Leshan's server does not start without the purpose of a client: it begins handshakes, too.
  const server = { commonName: 'server', hosts, purposes: ['server', 'client'] } as const
  const client = { commonName: clientName, purposes: ['client'] } as const
  const rsa = await generateTestKeys('RSA-2048')
  const all = {
    root,
    intermediate,
    otherRoot,
    server: await party({ ...server, issuer: intermediate }, intermediate),
    client: await party({ ...client, issuer: intermediate }, intermediate),
    plainServer: await party({ ...server, issuer: root }),
    plainClient: await party({ ...client, issuer: root }),
    rsaServer: await party({ ...server, issuer: root, keys: rsa }),
    strangeServer: await party({ ...server, issuer: otherRoot }),
    strangeClient: await party({ ...client, issuer: otherRoot }),
    expiredServer: await party({ ...server, issuer: root, notAfterMs: nowMs - hourMs / 2 }),
    expiredClient: await party({ ...client, issuer: root, notAfterMs: nowMs - hourMs / 2 }),
    selfSignedServer: await party(server),
    selfSignedClient: await party(client),
    /** Those of a client with this name, below the intermediate authority, right below the root, and of a stranger. */
    namedClient: (commonName: string) => party({ ...client, commonName, issuer: intermediate }, intermediate),
    plainNamedClient: (commonName: string) => party({ ...client, commonName, issuer: root }),
    strangeNamedClient: (commonName: string) => party({ ...client, commonName, issuer: otherRoot }),
    /** PEM of the root. */
    rootFile: join(folder, 'root.pem'),
    otherRootFile: join(folder, 'other-root.pem'),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
  await writeFile(all.rootFile, armored('CERTIFICATE', root.der))
  await writeFile(all.otherRootFile, armored('CERTIFICATE', otherRoot.der))
  return all
}

/** Trusts by certificates. */
export function verifying(options: Omit<VerifyOptions, 'nowMs'>): VerifyPeer {
  return peer => {
    if (peer.kind === 'rpk') throw new Error('only certificates were asked for')
    return verifyCertificates(peer.chain, { ...options, nowMs: systemClock.now() })
  }
}

/** Trusts the raw key of one. */
export function knowing({ certificate }: Party): VerifyPeer {
  return peer => {
    if (peer.kind === 'x509') throw new Error('only raw public keys were asked for')
    return verifyRawKey(peer.publicKey, certificate.publicKey)
  }
}

/** By which a raw public key is known: the SHA-256 of it, in hexadecimal. */
export function keyFingerprint({ certificate: { publicKey } }: Party): string {
  return createHash('sha256').update(publicKey).digest('hex')
}
