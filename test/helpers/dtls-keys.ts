import { encodeHandshake } from '../../transport/dtls/handshake-message.ts'
import { keyBlock } from '../../transport/dtls/prf.ts'
import { createProtection, type RecordProtection } from '../../transport/dtls/protection.ts'
import { ContentType } from '../../transport/dtls/record.ts'
import { cipherSuites } from '../../transport/dtls/suites.ts'
import { systemRandom } from '../../transport/random.ts'
import { type DtlsDuel, recordsOf } from './dtls-duel.ts'

type Sender = 'client' | 'server'

/** What a peer that breaks the rules could say under the keys of a session. */
export class DtlsForger {
  readonly #protections: { readonly client: RecordProtection; readonly server: RecordProtection }
  readonly #connectionIds: { readonly own: Buffer; readonly peer: Buffer }
  #sequence = 20

  /** Takes the keys from the key log of a session that is established. */
  constructor({ clientKeys, sent, client }: DtlsDuel) {
    const [, clientRandom = '', master = ''] = (clientKeys.at(-1) ?? '').split(' ')
    const serverRandom = sent
      .flatMap(({ bytes }) => recordsOf(bytes))
      .find(({ type, epoch, fragment }) => type === ContentType.handshake && epoch === 0 && fragment[0] === 2)
      ?.fragment.subarray(14, 46)
    const suite = [...cipherSuites.values()].find(({ name }) => name === client?.suite)
    if (suite === undefined || serverRandom === undefined || client === undefined) throw new Error('no session')
    const keys = keyBlock(suite, Buffer.from(master, 'hex'), Buffer.from(clientRandom, 'hex'), serverRandom)
    this.#protections = {
      client: createProtection(suite, keys.client, systemRandom),
      server: createProtection(suite, keys.server, systemRandom),
    }
    this.#connectionIds = client.connectionIds
  }

  /** A record with the Connection ID of its receiver, or another. */
  seal(sender: Sender, type: ContentType, content: Uint8Array, connectionId = this.#connectionIdFrom(sender)): Buffer {
    return this.#protections[sender].seal(type, 1, this.#sequence++, content, connectionId)
  }

  handshake(sender: Sender, type: number, body: Buffer = Buffer.alloc(0)): Buffer {
    return this.seal(sender, ContentType.handshake, encodeHandshake({ type, sequence: 0, body }))
  }

  /** What the records of a datagram say, of all that the keys open. */
  open(sender: Sender, datagram: Buffer): { readonly type: number; readonly plaintext: Buffer }[] {
    return recordsOf(datagram, this.#connectionIdFrom(sender).length).flatMap(({ record }) => {
      const opened = record.epoch === 1 ? this.#protections[sender].open(record) : undefined
      return opened === undefined ? [] : [opened]
    })
  }

  #connectionIdFrom(sender: Sender): Buffer {
    return sender === 'client' ? this.#connectionIds.peer : this.#connectionIds.own
  }
}
