import { createCipheriv, createHmac } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DirectionKeys } from '../../../transport/dtls/prf.ts'
import { createProtection } from '../../../transport/dtls/protection.ts'
import { ContentType, type DtlsRecord, readRecord } from '../../../transport/dtls/record.ts'
import { type CipherSuite, cipherSuites } from '../../../transport/dtls/suites.ts'
import { seededRandom } from '../../../transport/random.ts'

const suites = [...cipherSuites.values()].filter(({ keyExchange }) => keyExchange === 'psk')
const none = Buffer.alloc(0)
const someId = Buffer.from('c1d2e3f4', 'hex')
const text = Buffer.from('a record of a session')
const { applicationData, handshake } = ContentType

function suiteWith(cipher: CipherSuite['cipher']): CipherSuite {
  return suites.find(suite => suite.cipher === cipher) as CipherSuite
}

/** Fresh ones, as a protection takes its keys over. */
function keysOf({ keyBytes, macKeyBytes, fixedIvBytes }: CipherSuite): DirectionKeys {
  const random = seededRandom(7)
  return { key: random.bytes(keyBytes), macKey: random.bytes(macKeyBytes), iv: random.bytes(fixedIvBytes) }
}

function protectionOf(suite: CipherSuite) {
  return createProtection(suite, keysOf(suite), seededRandom(8))
}

function recordOf(bytes: Uint8Array, connectionIdLength: number): DtlsRecord | undefined {
  return readRecord(Buffer.from(bytes), 0, connectionIdLength)?.record
}

/** What a record is opened to, undefined too when the bytes are no record. */
function open(suite: CipherSuite, bytes: Uint8Array, connectionIdLength: number) {
  const record = recordOf(bytes, connectionIdLength)
  return record && protectionOf(suite).open(record)
}

function uint16(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff)
}

const epochAndSequence = Buffer.from('0001010203040506', 'hex')
const epoch = 1
const sequence = 0x010203040506

/** Version, epoch, sequence number and connection ID: what additional data and header have in common. */
const identified = Buffer.concat([Buffer.of(25, 0xfe, 0xfd), epochAndSequence, someId])
const placeholder = Buffer.concat([Buffer.alloc(8, 0xff), Buffer.of(25, someId.length)])

describe.each(['ccm8', 'ccm', 'gcm'] as const)('a record of %s', cipher => {
  const suite = suiteWith(cipher)
  const { key, iv } = keysOf(suite)
  const authTagLength = cipher === 'ccm8' ? 8 : 16

  /** Explicit nonce, ciphertext and tag. */
  function fragmentOf(content: Buffer, additionalData: Buffer): Buffer {
    const nonce = Buffer.concat([iv, epochAndSequence])
    const aead =
      cipher === 'gcm'
        ? createCipheriv('aes-128-gcm', key, nonce)
        : createCipheriv('aes-128-ccm', key, nonce, { authTagLength })
    aead.setAAD(additionalData, { plaintextLength: content.length })
    const ciphertext = Buffer.concat([aead.update(content), aead.final()])
    return Buffer.concat([epochAndSequence, ciphertext, aead.getAuthTag()])
  }

  test('is as RFC 6347 §4.1.2 and RFC 5246 §6.2.3.3 construct it', () => {
    const version = Buffer.of(applicationData, 0xfe, 0xfd)
    const fragment = fragmentOf(text, Buffer.concat([epochAndSequence, version, uint16(text.length)]))
    const record = Buffer.concat([version, epochAndSequence, uint16(fragment.length), fragment])
    expect(protectionOf(suite).seal(applicationData, epoch, sequence, text, none)).toEqual(record)
    expect(open(suite, record, 0)).toEqual({ type: applicationData, plaintext: text })
  })

  const recordWith = (inner: Buffer) => {
    const fragment = fragmentOf(inner, Buffer.concat([placeholder, identified, uint16(inner.length)]))
    return Buffer.concat([identified, uint16(fragment.length), fragment])
  }

  test('with connection ID is as RFC 9146 §5.3 constructs it', () => {
    const record = recordWith(Buffer.concat([text, Buffer.of(handshake)]))
    expect(protectionOf(suite).seal(handshake, epoch, sequence, text, someId)).toEqual(record)
    expect(open(suite, record, someId.length)).toEqual({ type: handshake, plaintext: text })
  })

  test('with connection ID may be padded with zeros', () => {
    const record = recordWith(Buffer.concat([text, Buffer.of(handshake), Buffer.alloc(50)]))
    expect(open(suite, record, someId.length)).toEqual({ type: handshake, plaintext: text })
  })

  test.each([
    ['nothing', none],
    ['zeros only', Buffer.alloc(20)],
    ['a type that does not exist', Buffer.of(1, 2, 24)],
    ['the type tls12_cid', Buffer.of(1, 2, 25)],
    ['more than 2^14 bytes', Buffer.alloc(16_385, applicationData)],
  ])('with connection ID that holds %s is dropped', (_name, inner) => {
    expect(open(suite, recordWith(inner), someId.length)).toBeUndefined()
  })

  test('may have an explicit nonce of its own', () => {
    const nonce = Buffer.concat([iv, Buffer.alloc(8, 9)])
    const aead = createCipheriv(cipher === 'gcm' ? 'aes-128-gcm' : ('aes-128-ccm' as 'aes-128-gcm'), key, nonce, {
      authTagLength,
    })
    const version = Buffer.of(applicationData, 0xfe, 0xfd)
    const additionalData = Buffer.concat([epochAndSequence, version, uint16(text.length)])
    aead.setAAD(additionalData, { plaintextLength: text.length })
    const ciphertext = Buffer.concat([aead.update(text), aead.final()])
    const fragment = Buffer.concat([Buffer.alloc(8, 9), ciphertext, aead.getAuthTag()])
    const record = Buffer.concat([version, epochAndSequence, uint16(fragment.length), fragment])
    expect(open(suite, record, 0)).toEqual({ type: applicationData, plaintext: text })
  })
})

describe('a record of CBC with encrypt-then-MAC', () => {
  const suite = suiteWith('cbc')
  const { key, macKey } = keysOf(suite)
  /** The one that the protection draws first. */
  const iv = seededRandom(8).bytes(16)

  /** Initialization vector, ciphertext and MAC. */
  function fragmentOf(padded: Buffer, covered: (length: Buffer) => Buffer): Buffer {
    const cipher = createCipheriv('aes-128-cbc', key, iv).setAutoPadding(false)
    const ciphertext = Buffer.concat([iv, cipher.update(padded), cipher.final()])
    const mac = createHmac('sha256', macKey)
      .update(covered(uint16(ciphertext.length)))
      .update(ciphertext)
      .digest()
    return Buffer.concat([ciphertext, mac])
  }

  const plain = (type: number) => (padded: Buffer) => {
    const version = Buffer.of(type, 0xfe, 0xfd)
    const fragment = fragmentOf(padded, length => Buffer.concat([epochAndSequence, version, length]))
    return Buffer.concat([version, epochAndSequence, uint16(fragment.length), fragment])
  }

  const withId = (padded: Buffer) => {
    const fragment = fragmentOf(padded, length => Buffer.concat([placeholder, identified, length]))
    return Buffer.concat([identified, uint16(fragment.length), fragment])
  }

  /** TLS pads with the number of the bytes before the last one. */
  const pad = (content: Buffer, bytes: number) => Buffer.concat([content, Buffer.alloc(bytes, bytes - 1)])

  test.each([0, 1, 15, 16, 17, 31])('with %i bytes is as RFC 7366 §3 constructs it', length => {
    const content = Buffer.alloc(length, 0x61)
    const record = plain(applicationData)(pad(content, 16 - (length % 16)))
    expect(protectionOf(suite).seal(applicationData, epoch, sequence, content, none)).toEqual(record)
    expect(open(suite, record, 0)).toEqual({ type: applicationData, plaintext: content })
  })

  test('with connection ID is as RFC 9146 §5.2 constructs it', () => {
    const inner = Buffer.concat([text, Buffer.of(handshake)])
    const record = withId(pad(inner, 16 - (inner.length % 16)))
    expect(protectionOf(suite).seal(handshake, epoch, sequence, text, someId)).toEqual(record)
    expect(open(suite, record, someId.length)).toEqual({ type: handshake, plaintext: text })
    const padded = Buffer.concat([inner, Buffer.alloc(10)])
    expect(open(suite, withId(pad(padded, 32 - (padded.length % 16))), someId.length)?.plaintext).toEqual(text)
  })

  test('may have up to 256 bytes of padding', () => {
    const record = plain(handshake)(pad(Buffer.alloc(16, 5), 256))
    expect(open(suite, record, 0)).toEqual({ type: handshake, plaintext: Buffer.alloc(16, 5) })
  })

  test.each([
    ['too long for the record', Buffer.alloc(16, 16)],
    ['not all the same', Buffer.concat([Buffer.alloc(13, 7), Buffer.of(1, 2, 2)])],
  ])('padded wrongly, %s, is dropped', (_name, padded) => {
    expect(open(suite, plain(handshake)(padded), 0)).toBeUndefined()
  })

  test.each([
    ['no block', 0],
    ['a part of a block', 20],
  ])('with an authentic ciphertext of %s is dropped', (_name, bytes) => {
    const version = Buffer.of(handshake, 0xfe, 0xfd)
    const ciphertext = Buffer.concat([iv, Buffer.alloc(bytes)])
    const covered = Buffer.concat([epochAndSequence, version, uint16(ciphertext.length), ciphertext])
    const mac = createHmac('sha256', macKey).update(covered).digest()
    const length = uint16(ciphertext.length + mac.length)
    expect(open(suite, Buffer.concat([version, epochAndSequence, length, ciphertext, mac]), 0)).toBeUndefined()
  })

  test('draws a new initialization vector for each record', () => {
    const protection = protectionOf(suite)
    const vectors = [1, 2, 3].map(next => protection.seal(handshake, 1, next, text, none).toString('hex', 13, 29))
    expect(new Set(vectors).size).toBe(3)
  })
})

describe.each(suites)('$name', suite => {
  const headerBytes = (connectionId: Buffer) => 13 + connectionId.length

  test('opens what it sealed, of any length and type, with and without connection ID', () => {
    const protection = protectionOf(suite)
    let next = 0
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(ContentType.alert, handshake, applicationData),
        fc.uint8Array({ maxLength: 255 }),
        fc.integer({ min: 1, max: 1000 }),
        (plaintext, type, connectionId, step) => {
          next += step
          const sealed = protection.seal(type, 1, next, plaintext, connectionId)
          const record = recordOf(sealed, connectionId.length) as DtlsRecord
          const outerType = connectionId.length === 0 ? type : ContentType.tls12Cid
          expect(record).toMatchObject({ type: outerType, version: 0xfefd, epoch: 1, sequence: next })
          expect(Buffer.from(record.connectionId ?? none)).toEqual(Buffer.from(connectionId))
          expect(protection.open(record)).toEqual({ type, plaintext: Buffer.from(plaintext) })
        },
      ),
      { seed: 11 },
    )
  })

  test.each([none, someId])('is not authentic with any byte changed (connection ID %o)', connectionId => {
    const sealed = protectionOf(suite).seal(applicationData, epoch, sequence, text, connectionId)
    expect(open(suite, sealed, connectionId.length)).toBeDefined()
    for (let index = 0; index < sealed.length; index++) {
      for (const change of [0x01, 0x80, 0xff]) {
        const changed = Buffer.from(sealed)
        changed[index] = (changed[index] as number) ^ change
        expect(open(suite, changed, connectionId.length), `byte ${index} ^ ${change}`).toBeUndefined()
      }
    }
  })

  test.each([none, someId])('is not authentic cut at any byte, or with one more (connection ID %o)', connectionId => {
    const sealed = protectionOf(suite).seal(applicationData, epoch, sequence, text, connectionId)
    const header = headerBytes(connectionId)
    for (let length = 0; length <= sealed.length + 1; length++) {
      if (length === sealed.length) continue
      const cut = Buffer.concat([sealed, Buffer.alloc(1)]).subarray(0, length)
      if (length < sealed.length) expect(readRecord(cut, 0, connectionId.length)).toBeUndefined()
      if (length < header) continue
      // The same with a length that agrees.
      const agreeing = Buffer.from(cut)
      agreeing.writeUInt16BE(length - header, header - 2)
      expect(recordOf(agreeing, connectionId.length)).toBeDefined()
      expect(open(suite, agreeing, connectionId.length), `cut at ${length}`).toBeUndefined()
    }
  })

  test('is not authentic as another record', () => {
    const sealed = recordOf(protectionOf(suite).seal(applicationData, 1, 5, text, someId), 4) as DtlsRecord
    const { connectionId: _, ...others } = sealed
    const changes: Partial<DtlsRecord>[] = [
      { epoch: 2 },
      { sequence: 6 },
      { type: applicationData },
      { version: 0xfeff },
      { connectionId: Buffer.of(1, 2, 3, 4) },
      { connectionId: someId.subarray(1) },
    ]
    expect(protectionOf(suite).open(sealed)).toBeDefined()
    for (const change of changes) expect(protectionOf(suite).open({ ...sealed, ...change })).toBeUndefined()
    expect(protectionOf(suite).open({ ...others, type: applicationData, connectionId: undefined })).toBeUndefined()
  })

  test('is not authentic with other keys', () => {
    const sealed = protectionOf(suite).seal(applicationData, 1, 5, text, none)
    const { key, macKey, iv } = keysOf(suite)
    const others = { key: Buffer.alloc(16, 1), macKey: Buffer.from(macKey).fill(1), iv }
    expect(createProtection(suite, others, seededRandom(1)).open(recordOf(sealed, 0) as DtlsRecord)).toBeUndefined()
    expect(key).not.toEqual(others.key)
  })

  test('does not change what it seals or opens', () => {
    const protection = protectionOf(suite)
    const plaintext = Buffer.from(text)
    const sealed = protection.seal(applicationData, 1, 5, plaintext, none)
    const copy = Buffer.from(sealed)
    protection.open(readRecord(sealed, 0, 0)?.record as DtlsRecord)
    expect([plaintext, sealed]).toEqual([text, copy])
  })

  test('holds 2^14 bytes, the real type beside a connection ID counted in', () => {
    const full = Buffer.alloc(16_384, 3)
    const protection = protectionOf(suite)
    expect(open(suite, protection.seal(applicationData, 1, 1, full, none), 0)?.plaintext).toEqual(full)
    const identifiedFull = protection.seal(applicationData, 1, 2, full.subarray(1), someId)
    expect(open(suite, identifiedFull, 4)?.plaintext).toEqual(full.subarray(1))
    expect(() => protection.seal(applicationData, 1, 3, Buffer.alloc(16_385), none)).toThrow(RangeError)
    expect(() => protection.seal(applicationData, 1, 3, full, someId)).toThrow(RangeError)
  })

  test('uses no sequence number twice, and none that is behind', () => {
    const protection = protectionOf(suite)
    protection.seal(applicationData, 1, 0, text, none)
    protection.seal(applicationData, 1, 7, text, none)
    for (const used of [7, 3, 0, -1]) {
      expect(() => protection.seal(handshake, 1, used, text, none)).toThrow(RangeError)
      expect(() => protection.seal(handshake, 2, used, text, someId)).toThrow(RangeError)
    }
    expect(() => protection.seal(applicationData, 1, 8, text, none)).not.toThrow()
  })

  test('ends with the last sequence number, 2^48 − 1', () => {
    const protection = protectionOf(suite)
    const last = protection.seal(applicationData, 1, 2 ** 48 - 1, text, none)
    expect(open(suite, last, 0)?.plaintext).toEqual(text)
    expect(() => protection.seal(applicationData, 1, 2 ** 48, text, none)).toThrow(RangeError)
    expect(() => protection.seal(applicationData, 1, 0, text, none)).toThrow(RangeError)
  })

  test('wiped, has no keys left', () => {
    const keys = keysOf(suite)
    const protection = createProtection(suite, keys, seededRandom(8))
    const sealed = recordOf(protection.seal(applicationData, 1, 5, text, none), 0) as DtlsRecord
    protection.wipe()
    for (const secret of Object.values(keys)) expect(secret).toEqual(Buffer.alloc(secret.length))
    expect(protection.open(sealed)).toBeUndefined()
  })
})

test('two epochs never share a nonce', () => {
  const suite = suiteWith('ccm8')
  const nonces = [1, 2].map(of => protectionOf(suite).seal(applicationData, of, 5, text, none).toString('hex', 13, 21))
  expect(nonces).toEqual(['0001000000000005', '0002000000000005'])
})

test('whatever comes as a fragment, it is opened to nothing', () => {
  fc.assert(
    fc.property(fc.constantFrom(...suites), fc.uint8Array({ maxLength: 120 }), fc.boolean(), (suite, bytes, withId) => {
      const fragment = Buffer.from(bytes)
      const connectionId = withId ? someId : undefined
      const type = withId ? ContentType.tls12Cid : handshake
      const record = { type, version: 0xfefd, epoch: 1, sequence: 1, connectionId, fragment }
      expect(protectionOf(suite).open(record)).toBeUndefined()
    }),
    { seed: 12, numRuns: 500 },
  )
})
