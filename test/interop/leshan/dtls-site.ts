import { expect } from 'vitest'
import { type ClientOptions, psk as credentialsOf } from '../../../index.ts'
import { testObject } from '../../../objects/index.ts'
import { payload } from '../dtls/ends.ts'
import type { Psk } from '../dtls/psk.ts'
import { handshakesOf } from '../dtls/wire.ts'
import { type Loss, Relay } from '../relay.ts'
import type { Leshan } from './leshan.ts'
import { LifecycleClient } from './lifecycle-client.ts'

/** A resource of bytes. */
const bytesPath = '/3442/0/150'

let count = 0

/** An identity and key that nobody else has. */
export function freshPsk(): Psk {
  return { identity: `urn:dev:ops:dtls-${++count}`, key: Buffer.from(`secret of device ${count}`) }
}

export interface SecureClientOptions extends Omit<ClientOptions, 'endpoint' | 'trace' | 'servers'> {
  /** Ids of the cipher suites to offer. */
  readonly suites?: readonly number[]
  /** What the client has instead of what Leshan knows. */
  readonly change?: (psk: Psk) => Psk
}

/** A client of ours that registers with Leshan over DTLS, and the wire between them. */
export class SecureClient extends LifecycleClient {
  readonly psk: Psk
  readonly relay: Relay

  private constructor(relay: Relay, known: Psk, { suites, change, ...options }: SecureClientOptions) {
    const { identity, key } = change?.(known) ?? known
    super({
      // A lost message is noticed soon.
      coap: { ackTimeoutMs: 300, maxRetransmit: 2 },
      versions: ['1.1'],
      ...options,
      objects: [testObject],
      servers: [
        {
          uri: relay.uri,
          shortServerId: 1,
          security: credentialsOf(identity, key),
          ...(suites !== undefined && { suites }),
        },
      ],
    })
    this.psk = known
    this.relay = relay
    this.client.objects.create(testObject, 0)
  }

  static async create(leshan: Leshan, options: SecureClientOptions = {}, isLost?: Loss): Promise<SecureClient> {
    const known = freshPsk()
    const secure = new SecureClient(await Relay.start(leshan.coapsUri, isLost), known, options)
    await leshan.setPsk(secure.endpoint, known)
    return secure
  }

  get handshakes(): readonly string[] {
    return handshakesOf(this.relay.datagrams)
  }

  async stop(): Promise<void> {
    await this.client.stop()
    this.relay.close()
  }
}

/** Writes and reads bytes of these sizes, compared at each end. */
export async function writeAndRead(leshan: Leshan, secure: LifecycleClient, sizes: readonly number[]): Promise<void> {
  for (const size of sizes) {
    const hex = payload(size).toString('hex')
    const written = await leshan.write(secure.endpoint, bytesPath, { [bytesPath]: hex })
    expect(written.status).toBe('CHANGED(204)')
    expect(Buffer.from(secure.client.objects.get(bytesPath) as Uint8Array).toString('hex')).toBe(hex)
    expect((await leshan.read(secure.endpoint, bytesPath)).content).toEqual({ [bytesPath]: hex })
  }
}
