import { describe, expect, test } from 'vitest'
import { AlertDescription, alertName } from '../../../transport/dtls/alert.ts'
import { HandshakeType } from '../../../transport/dtls/handshake-message.ts'
import { ContentType } from '../../../transport/dtls/record.ts'
import type { TransportError } from '../../../transport/errors.ts'
import { type Attacker, DtlsDuel, recordsOf, type Scenario, scenarios } from '../../helpers/dtls-duel.ts'

const handshakeHeaderBytes = 12

/** Changes the body of each message of a type, however often it is sent; its length stays. */
function changing(type: number, change: (body: Buffer) => void): Attacker {
  return ({ bytes }, deliver) => {
    const changed = Buffer.from(bytes)
    for (const record of recordsOf(changed)) {
      const isMessage = record.type === ContentType.handshake && record.epoch === 0 && record.fragment[0] === type
      if (isMessage) change(record.fragment.subarray(handshakeHeaderBytes))
    }
    deliver(changed)
  }
}

/** Writes another number in the place of one that is there. */
function replacing(body: Buffer, number: number, by: number): void {
  const bytes = Buffer.of(number >> 8, number & 255)
  const place = body.indexOf(bytes, 34)
  if (place < 0) throw new Error(`there is no ${number}`)
  body.writeUInt16BE(by, place)
}

const scenario = (name: string): Scenario => {
  const found = scenarios.find(each => each.name === name)
  if (found === undefined) throw new Error(`no scenario ${name}`)
  return found
}

const plain = scenario('full, with a ticket')
const cbc = scenario('CBC with encrypt-then-MAC')
const unknownExtension = 0x7a7a

const { clientHello, serverHello, serverKeyExchange, serverHelloDone, clientKeyExchange, newSessionTicket } =
  HandshakeType

const cases: readonly (readonly [what: string, Scenario, Attacker, alert: string])[] = [
  [
    'an older version of the client',
    plain,
    changing(clientHello, body => body.writeUInt16BE(0xfeff)),
    'protocol_version',
  ],
  [
    'an older version of the server',
    plain,
    changing(serverHello, body => body.writeUInt16BE(0xfeff)),
    'protocol_version',
  ],
  ['the random of the server', plain, changing(serverHello, body => body.writeUInt8(1, 9)), 'decrypt_error'],
  [
    'a suite that was not offered',
    cbc,
    changing(serverHello, body => replacing(body, 0x00ae, 0xc0a8)),
    'illegal_parameter',
  ],
  [
    'a suite that nobody knows',
    plain,
    changing(serverHello, body => replacing(body, 0xc0a8, 0x1301)),
    'illegal_parameter',
  ],
  [
    'another suite that was offered',
    plain,
    changing(serverHello, body => replacing(body, 0xc0a8, 0x00a8)),
    'decrypt_error',
  ],
  ['the suites of the client', plain, changing(clientHello, body => replacing(body, 0xc0a8, 0xc0a9)), 'decrypt_error'],
  ['a compression', plain, changing(serverHello, body => body.writeUInt8(1, 37)), 'illegal_parameter'],
  [
    'an extension that was not asked for',
    plain,
    changing(serverHello, body => replacing(body, 23, unknownExtension)),
    'unsupported_extension',
  ],
  [
    'extended master secret taken away',
    plain,
    changing(clientHello, body => replacing(body, 23, unknownExtension)),
    'decrypt_error',
  ],
  [
    'encrypt-then-MAC taken away',
    cbc,
    changing(clientHello, body => replacing(body, 22, unknownExtension)),
    'handshake_failure',
  ],
  [
    'Connection IDs taken away',
    scenario('Connection IDs'),
    changing(clientHello, body => replacing(body, 54, unknownExtension)),
    'decrypt_error',
  ],
  ['the identity', plain, changing(clientKeyExchange, body => body.writeUInt8(0x7a, 3)), 'unknown_psk_identity'],
  [
    'the identity hint',
    scenario('in fragments'),
    changing(serverKeyExchange, body => body.writeUInt8(0x7a, body.length - 1)),
    'decrypt_error',
  ],
  [
    'the group of the server',
    scenario('ECDHE_PSK'),
    changing(serverKeyExchange, body => body.writeUInt16BE(24, 3)),
    'illegal_parameter',
  ],
  [
    'a public key of zeros',
    scenario('ECDHE_PSK'),
    changing(serverKeyExchange, body => body.fill(0, 6)),
    'illegal_parameter',
  ],
  [
    'a public key of zeros from the client',
    scenario('ECDHE_PSK'),
    changing(clientKeyExchange, body => body.fill(0, body.length - 32)),
    'illegal_parameter',
  ],
  [
    'a message out of turn',
    plain,
    ({ bytes }, deliver) => {
      const changed = Buffer.from(bytes)
      for (const { type, epoch, fragment } of recordsOf(changed)) {
        if (type === ContentType.handshake && epoch === 0 && fragment[0] === serverHelloDone) fragment[0] = serverHello
      }
      deliver(changed)
    },
    'unexpected_message',
  ],
  ['the ticket', plain, changing(newSessionTicket, body => body.writeUInt8(1, 20)), 'decrypt_error'],
]

describe('what an attacker on the path changes each time', () => {
  test('the number of the ClientHello, the last one that there is', async () => {
    const duel = await new DtlsDuel(plain).prepare()
    await duel.handshake(({ bytes }, deliver) => {
      const changed = Buffer.from(bytes)
      for (const { fragment } of recordsOf(changed)) {
        if (fragment[0] === clientHello && fragment.readUInt16BE(4) === 1) fragment.writeUInt16BE(0xffff, 4)
      }
      deliver(changed)
    })
    expect(duel.error).toMatchObject({ code: 'HANDSHAKE', alertCode: AlertDescription.illegalParameter })
    await duel.expectSound('the last number')
  })

  test.each(cases)('%s', async (what, kind, attacker, alert) => {
    const duel = await new DtlsDuel(kind).prepare()
    await duel.handshake(attacker)
    expect(duel.client).toBeUndefined()
    const { code, alertCode = -1 } = duel.error as TransportError
    expect({ code, alert: alertName(alertCode) }).toEqual({ code: 'HANDSHAKE', alert })
    await duel.expectSound(what)
  })

  test('a Finished that never arrives unchanged: the client gives up', async () => {
    const duel = await new DtlsDuel(plain).prepare()
    await duel.handshake(({ bytes, toServer }, deliver) => {
      const changed = Buffer.from(bytes)
      for (const { epoch, fragment } of recordsOf(changed)) {
        if (epoch === 1 && !toServer) fragment[fragment.length - 1] = (fragment.at(-1) as number) ^ 1
      }
      deliver(changed)
    })
    expect(duel.error).toMatchObject({ code: 'HANDSHAKE', message: expect.stringContaining('did not finish') })
    await duel.expectSound('a changed Finished', true)
  })
})
