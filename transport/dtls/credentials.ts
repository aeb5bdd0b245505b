import { isUtf8 } from 'node:buffer'
import type { KeyObject } from 'node:crypto'
import type { VerifiedPeer } from './certificate/verified-peer.ts'
import { type SignatureAlgorithm, type SigningKeyType, signWith } from './signatures.ts'

/** A pre-shared key, at least 1 byte; as a function where it is kept elsewhere, asked once for each full handshake. */
export type PskKey = Uint8Array | (() => Uint8Array | Promise<Uint8Array>)

/** What a client proves itself with in the PSK suites (RFC 4279). */
export interface PskCredentials {
  readonly kind: 'psk'
  /** 0–65535 bytes; UTF-8 where people chose it (RFC 4279 §5.1). */
  readonly identity: Uint8Array
  readonly key: PskKey
}

/** A server's keys: that of an identity as the client sent it, undefined for one that nobody has. */
export type PskLookup = (identity: Buffer) => Uint8Array | undefined

/**
 * Signs: a private key, EC of P-256 or RSA, or a function where it is kept elsewhere. The signature is in DER for ECDSA
 * (RFC 8422 §5.10); a promise has to settle, a handshake waits for it.
 */
export type SigningKey =
  | KeyObject
  | ((data: Uint8Array, algorithm: SignatureAlgorithm) => Uint8Array | Promise<Uint8Array>)

/** A certificate and its key (RFC 5246 §7.4.2); {@link x509} makes it. */
export interface CertificateCredentials {
  readonly kind: 'x509'
  /** DER; the own certificate first, each next one certifies the one before. */
  readonly chain: readonly Uint8Array[]
  readonly key: SigningKey
  /** Of the own certificate. */
  readonly keyType: SigningKeyType
}

/** A key pair without a certificate (RFC 7250); {@link rpk} makes it. */
export interface RawKeyCredentials {
  readonly kind: 'rpk'
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array
  readonly key: SigningKey
  readonly keyType: SigningKeyType
}

/** What an end signs with, and shows the public key of. */
export type KeyPairCredentials = CertificateCredentials | RawKeyCredentials

/** A client that proves nothing: only the server is verified. */
interface AnonymousCredentials {
  readonly kind: 'anonymous'
}

/** What a client proves itself with. */
export type Credentials = PskCredentials | KeyPairCredentials | AnonymousCredentials

/** What a peer has shown; views, valid while they are looked at. Whether it holds the private key is verified next. */
export type PeerCertificate =
  | { readonly kind: 'x509'; readonly chain: readonly Buffer[] }
  | { readonly kind: 'rpk'; readonly publicKey: Buffer }

/** The form in which an end shows its public key: in certificates, or by itself. */
export type CertificateType = PeerCertificate['kind']

/** Decides on a peer. Throws DtlsError with the alert for one that is not to be trusted. */
export type VerifyPeer = (peer: PeerCertificate) => VerifiedPeer

/** Identities and keys have a length of two bytes on the wire and in the premaster secret (RFC 4279 §2). */
const maximumBytes = 0xffff

/**
 * A pre-shared key and its identity, a text as UTF-8.
 * Throws RangeError for an identity longer than 65535 bytes or a key of not 1–65535.
 */
export function psk(identity: string | Uint8Array, key: PskKey): PskCredentials {
  const bytes = Buffer.from(identity)
  if (bytes.length > maximumBytes) throw new RangeError(`a PSK identity has ${maximumBytes} bytes at most`)
  return { kind: 'psk', identity: bytes, key: typeof key === 'function' ? key : checkedKey(key) }
}

/** The key itself; a promise where it has to be asked for, rejected with RangeError for a key of not 1–65535 bytes. */
export function requestKey({ key }: PskCredentials): Uint8Array | Promise<Uint8Array> {
  return typeof key === 'function' ? askForKey(key) : checkedKey(key)
}

async function askForKey(key: () => Uint8Array | Promise<Uint8Array>): Promise<Uint8Array> {
  return checkedKey(await key())
}

/** A signature of `data`; a promise where it has to be asked for. */
export function sign(
  { key }: KeyPairCredentials,
  data: Uint8Array,
  algorithm: SignatureAlgorithm,
): Uint8Array | Promise<Uint8Array> {
  return typeof key === 'function' ? askToSign(key, data, algorithm) : signWith(key, data, algorithm)
}

async function askToSign(
  key: Exclude<SigningKey, KeyObject>,
  data: Uint8Array,
  algorithm: SignatureAlgorithm,
): Promise<Uint8Array> {
  return key(data, algorithm)
}

/** An empty key would let everybody in. */
export function checkedKey(key: Uint8Array): Uint8Array {
  if (key.length === 0 || key.length > maximumBytes)
    throw new RangeError(`a pre-shared key has 1–${maximumBytes} bytes`)
  return key
}

/** How an identity looks that is no text. */
const hexadecimal = /^0x(?:[0-9a-f]{2})*$/

/**
 * An identity as text; in hexadecimal where it is not UTF-8, or a text that looks like that, so that no two are taken for
 * one.
 */
export function identityText(identity: Buffer): string {
  const text = identity.toString()
  return isUtf8(identity) && !hexadecimal.test(text) ? text : `0x${identity.toString('hex')}`
}

/** The identity of which {@link identityText} made `text`. */
export function identityBytes(text: string): Buffer {
  return hexadecimal.test(text) ? Buffer.from(text.slice(2), 'hex') : Buffer.from(text)
}
