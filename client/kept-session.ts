import type { Random } from '../transport/random.ts'

/** How sessions of one kind are encrypted for the saved state. */
export interface SessionSealing<Session> {
  readonly seal: (session: Session, key: Uint8Array, context: string, random: Random) => Buffer
  /** Undefined for what is not to be opened with this key, or in this context. */
  readonly unseal: (sealed: Uint8Array, key: Uint8Array, context: string) => Session | undefined
}

/**
 * The session of the last handshake with a server, for the next one. It counts for the credentials that it was agreed with
 * alone. With a key of the application it outlives a restart, encrypted; without one it is not saved.
 */
export class KeptSession<Session> {
  readonly #sealing: SessionSealing<Session>
  readonly #owner: string
  readonly #key: Uint8Array | undefined
  readonly #random: Random
  #kept: { readonly session: Session; readonly agreedWith: string } | undefined
  #sealed: string | undefined

  /** `owner` tells whose sessions are saved: nobody else can open them. */
  constructor(sealing: SessionSealing<Session>, owner: string, key: Uint8Array | undefined, random: Random) {
    this.#sealing = sealing
    this.#owner = owner
    this.#key = key
    this.#random = random
  }

  /** For the saved state, base64; undefined: nothing is to be saved. */
  get sealed(): string | undefined {
    return this.#sealed
  }

  keep(session: Session, agreedWith: string): void {
    this.#kept = { session, agreedWith }
    if (this.#key === undefined) return
    const context = this.#context(agreedWith)
    this.#sealed = this.#sealing.seal(session, this.#key, context, this.#random).toString('base64')
  }

  find(agreedWith: string): Session | undefined {
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
  #unseal(agreedWith: string): Session | undefined {
    if (this.#sealed === undefined || this.#key === undefined) return undefined
    return this.#sealing.unseal(Buffer.from(this.#sealed, 'base64'), this.#key, this.#context(agreedWith))
  }

  #context(agreedWith: string): string {
    return `${this.#owner} ${agreedWith}`
  }
}
