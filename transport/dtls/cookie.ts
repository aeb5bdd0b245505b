import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { Address } from '../connection.ts'
import type { Random } from '../random.ts'
import { ByteWriter } from './bytes.ts'
import { type ClientHello, encodeClientHello } from './messages/client-hello.ts'
import { RotatingSecret } from './rotating-secret.ts'

/** A cookie outlives all retransmissions of the ClientHello that brings it back: 63 s by default. */
const periodMs = 120_000

const cookieBytes = 32

const none = Buffer.alloc(0)

/**
 * The cookies of a server (RFC 6347 §4.2.1): a client that returns the one sent to an address receives there. They hold
 * for 2 to 4 minutes and leave nothing behind on the server.
 */
export class CookieJar {
  readonly #secret: RotatingSecret

  constructor(clock: Clock, random: Random) {
    this.#secret = new RotatingSecret(clock, random, periodMs)
  }

  /** 32 bytes for a ClientHello, whatever cookie it has, of a client at `address`. */
  cookie(address: Address, hello: ClientHello): Buffer {
    return authenticate(this.#secret.current, parametersOf(address, hello))
  }

  /** Whether the cookie was made for this address and the same parameters. */
  isValid(cookie: Uint8Array, address: Address, hello: ClientHello): boolean {
    // The first ClientHello of a client has none.
    if (cookie.length !== cookieBytes) return false
    const parameters = parametersOf(address, hello)
    const { current, previous } = this.#secret
    if (timingSafeEqual(cookie, authenticate(current, parameters))) return true
    return previous !== undefined && timingSafeEqual(cookie, authenticate(previous, parameters))
  }
}

/** The address and what a client must not change between its two ClientHello: all but cookie and extensions. */
function parametersOf(address: Address, hello: ClientHello): Buffer {
  return new ByteWriter()
    .vector8(Buffer.from(address.host))
    .uint16(address.port)
    .bytes(encodeClientHello({ ...hello, cookie: none, extensions: {} }))
    .finish()
}

function authenticate(secret: Buffer, parameters: Buffer): Buffer {
  return createHmac('sha256', secret).update(parameters).digest()
}
