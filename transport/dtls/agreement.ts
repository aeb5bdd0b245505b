import { empty } from './handshake.ts'
import { keyLogLine } from './keylog.ts'
import type { DtlsOptions } from './parameters.ts'
import { extendedMasterSecret, finishedData, keyBlock, masterSecret } from './prf.ts'
import { createProtection, type RecordProtection } from './protection.ts'
import type { CipherSuite } from './suites.ts'
import type { Transcript } from './transcript.ts'

/** What the two hellos have settled. */
export interface AgreementTerms {
  readonly suite: CipherSuite
  readonly clientRandom: Buffer
  readonly serverRandom: Buffer
  /** RFC 7627. */
  readonly isExtended: boolean
  /** The messages so far; what is derived depends on those added when it is. */
  readonly transcript: Transcript
}

/** The secrets of one handshake, from the premaster secret or an earlier session to keys and Finished. */
export class Agreement {
  readonly terms: AgreementTerms
  readonly #options: DtlsOptions
  #master: Buffer = empty

  constructor(terms: AgreementTerms, options: DtlsOptions) {
    this.terms = terms
    this.#options = options
  }

  /** The master secret of a full handshake; the transcript ends with ClientKeyExchange (RFC 7627 §3). Wipes `premaster`. */
  agree(premaster: Buffer): void {
    const { isExtended, transcript, clientRandom, serverRandom } = this.terms
    this.#master = isExtended
      ? extendedMasterSecret(premaster, transcript.hash())
      : masterSecret(premaster, clientRandom, serverRandom)
    premaster.fill(0)
  }

  /** The master secret of an earlier session. */
  resume(master: Uint8Array): void {
    this.#master = Buffer.from(master)
  }

  get master(): Buffer {
    return this.#master
  }

  /** The protection of what the client and what the server sends (RFC 5246 §6.3). */
  protections(): { readonly client: RecordProtection; readonly server: RecordProtection } {
    const { suite, clientRandom, serverRandom } = this.terms
    const { keyLog, random } = this.#options
    keyLog?.(keyLogLine(clientRandom, this.#master))
    const keys = keyBlock(suite, this.#master, clientRandom, serverRandom)
    return {
      client: createProtection(suite, keys.client, random),
      server: createProtection(suite, keys.server, random),
    }
  }

  /** verify_data of a Finished that follows the messages so far (RFC 5246 §7.4.9). */
  finished(sender: 'client' | 'server'): Buffer {
    return finishedData(this.#master, sender, this.terms.transcript.hash())
  }

  wipe(): void {
    this.#master.fill(0)
  }
}
