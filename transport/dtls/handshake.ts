import { timingSafeEqual } from 'node:crypto'
import type { Connection } from '../connection.ts'
import { AlertDescription, DtlsError } from './alert.ts'
import type { FlightPart } from './flight.ts'
import { encodeHandshake, type HandshakeMessage, HandshakeType } from './handshake-message.ts'
import type { RecordProtection } from './protection.ts'
import type { ConnectionIds } from './record-layer.ts'
import type { ResumableSession } from './resumable-session.ts'
import { type CipherSuite, serverKeyType } from './suites.ts'
import type { Transcript } from './transcript.ts'

/** What a handshake has led to. */
export interface Established {
  readonly suite: CipherSuite
  /** Whether it was abbreviated: the keys come from an earlier session. */
  readonly isResumed: boolean
  /** Who the peer has proved to be; undefined where a key that both share says so. */
  readonly peerIdentity: string | undefined
  /** With which the next handshake may be abbreviated; undefined where that is not possible. */
  readonly resumable: ResumableSession | undefined
}

/** How the peer has proved who it is. */
export function proofOf(established: Established | undefined): Connection['proof'] {
  if (established?.peerIdentity === undefined) return undefined
  return serverKeyType(established.suite) === undefined ? 'sharedKey' : 'ownKey'
}

/** What a role of the handshake needs of the association around it. */
export interface HandshakeOutput {
  /** Sends a flight in place of the former one; `isAnswered`: it is repeated until the peer's next one. */
  send(parts: readonly FlightPart[], isAnswered: boolean): void
  /** Begins epoch 1. */
  protect(sealing: RecordProtection, opening: RecordProtection, connectionIds: ConnectionIds): void
  established(result: Established): void
  /** Takes a step when its value is there, maybe now, unless the handshake has ended meanwhile; what fails ends it. */
  later<T>(value: T | Promise<T>, step: (value: T) => void): void
}

/** How far a handshake is: which answer of the peer is awaited. */
export type HandshakeStage = 'hello' | 'cookie' | 'keys' | 'finished'

/** One end of a handshake. */
export interface HandshakeRole {
  readonly stage: HandshakeStage
  /** Undefined before the hellos have settled it. */
  readonly suite: CipherSuite | undefined
  /** Takes the next message of the peer. Throws DtlsError for what it must not send. */
  receive(message: HandshakeMessage): void
  /** Overwrites the secrets it holds. */
  wipe(): void
}

/** `message_seq` has two bytes (RFC 6347 §4.2.2). */
const lastMessageSequence = 0xffff

/** Makes the messages of one end, in order, and remembers them. */
export class MessageWriter {
  readonly #transcript: Transcript
  #sequence: number

  constructor(transcript: Transcript, firstSequence: number) {
    this.#transcript = transcript
    this.#sequence = firstSequence
  }

  /** Throws DtlsError illegalParameter where the peer has begun to count so late that no number is left. */
  write(type: number, body: Buffer, isProtected = false): FlightPart {
    if (this.#sequence > lastMessageSequence) throw illegal('the numbers of the handshake messages are used up')
    const message: HandshakeMessage = { type, sequence: this.#sequence++, body }
    const encoded = encodeHandshake(message)
    this.#transcript.add(encoded)
    return { kind: 'handshake', message, encoded, isProtected }
  }

  /** ChangeCipherSpec and Finished, which end each side's part (RFC 5246 §7.4.9). */
  finish(verifyData: Buffer): FlightPart[] {
    return [{ kind: 'changeCipherSpec' }, this.write(HandshakeType.finished, verifyData, true)]
  }
}

/** Throws DtlsError decryptError for a Finished that is not the one of this handshake (RFC 5246 §7.4.9). */
export function checkFinished(body: Buffer, expected: Buffer): void {
  if (body.length === expected.length && timingSafeEqual(body, expected)) return
  throw new DtlsError(AlertDescription.decryptError, 'the Finished message does not fit the handshake')
}

export function unexpected(message: HandshakeMessage): DtlsError {
  return new DtlsError(
    AlertDescription.unexpectedMessage,
    `a handshake message of type ${message.type} came out of turn`,
  )
}

export function refused(why: string): DtlsError {
  return new DtlsError(AlertDescription.handshakeFailure, why)
}

export function illegal(why: string): DtlsError {
  return new DtlsError(AlertDescription.illegalParameter, why)
}

export const empty = Buffer.alloc(0)

export const noConnectionIds: ConnectionIds = { own: empty, peer: empty }
