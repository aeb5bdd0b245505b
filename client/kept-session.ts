import { openResumable, type ResumableSession, sealResumable } from '../transport/dtls/resumable-session.ts'
import type { Random } from '../transport/random.ts'

/**
 * The DTLS session of the last handshake with a server, for the next one. It counts for the credentials that it was agreed with
 * alone. With a key of the application it outlives a restart, encrypted; without one it is not saved.
 */
export class KeptSession {
  readonly #owner: string
  readonly #key: Uint8Array | undefined
  readonly #random: Random
  #kept: { readonly session: ResumableSession; readonly agreedWith: string } | undefined
  #sealed: string | undefined

  /** `owner` tells whose sessions are saved: nobody else can open them. */
  constructor(owner: string, key: Uint8Array | undefined, random: Random) {
    this.#owner = owner
    this.#key = key
    this.#random = random
  }

  /** For the saved state, base64; undefined: nothing is to be saved. */
  get sealed(): string | undefined {
    return this.#sealed
  }

  keep(session: ResumableSession, agreedWith: string): void {
    this.#kept = { session, agreedWith }
    if (this.#key === undefined) return
    this.#sealed = sealResumable(session, this.#key, this.#context(agreedWith), this.#random).toString('base64')
  }

  find(agreedWith: string): ResumableSession | undefined {
    if (this.#kept === undefined) return this.#unseal(agreedWith)
    return this.#kept.agreedWith === agreedWith ? this.#kept.session : undefined
  }

  forget(): void {
    this.#kept = undefined
    this.#sealed = undefined
  }

  /** Takes what an earlier run of the client has saved. */
  restore(sealed: string | undefined): void {
    if (this.#key !== undefined) this.#sealed = sealed
  }

  /** Undefined for what was saved with another key, for other credentials or for somebody else. */
  #unseal(agreedWith: string): ResumableSession | undefined {
    if (this.#sealed === undefined || this.#key === undefined) return undefined
    return openResumable(Buffer.from(this.#sealed, 'base64'), this.#key, this.#context(agreedWith))
  }

  #context(agreedWith: string): string {
    return `${this.#owner} ${agreedWith}`
  }
}
