/** A pre-shared key and whose it is. */
export interface Psk {
  readonly identity: string
  readonly key: Buffer
}

/** What all ends have; of letters, as libcoap takes nothing else. */
export const psk: Psk = { identity: 'urn:dev:ops:psk', key: Buffer.from('secretPSK') }

export const wrongKey: Psk = { ...psk, key: Buffer.from('otherPSK') }
export const unknownIdentity: Psk = { ...psk, identity: 'urn:dev:ops:unknown' }
