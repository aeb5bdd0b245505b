import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto'

/** What the cryptography of one side of something takes, with nothing around it. */
export type Primitives = () => void

const masterSecret = Buffer.alloc(48, 1)
const premaster = Buffer.alloc(36, 2)
const cookieSecret = Buffer.alloc(32, 4)
const recordKey = Buffer.alloc(16, 5)
const ticketKey = Buffer.alloc(32, 6)
const nonce = Buffer.alloc(12)
const additionalData = Buffer.alloc(13)
const cookieParameters = Buffer.alloc(90)

/** As long as the messages of a handshake are, their headers included. */
export const messages = {
  clientHello: Buffer.alloc(150),
  resumingHello: Buffer.alloc(350),
  serverHello: Buffer.alloc(72),
  serverHelloDone: Buffer.alloc(12),
  clientKeyExchange: Buffer.alloc(22),
  newSessionTicket: Buffer.alloc(180),
  finished: Buffer.alloc(24),
}
const ticketBytes = 100

/** The PRF, one HMAC for each link of its chain and one for each 32 bytes of its output (RFC 5246 §5). */
function prf(secret: Buffer, seed: Buffer, length: number): void {
  let chained = seed
  for (let made = 0; made < length; made += 32) {
    chained = createHmac('sha256', secret).update(chained).digest()
    createHmac('sha256', secret).update(chained).update(seed).digest()
  }
}

const labelled = (bytes: number) => Buffer.alloc(bytes)
const extendedMasterSeed = labelled(22 + 32)
const keyExpansionSeed = labelled(13 + 64)
const finishedSeed = labelled(15 + 32)

export function extendedMasterSecret(): void {
  prf(premaster, extendedMasterSeed, 48)
}

/** Key block, both Finished, and the records that they are in. */
export function keysAndFinished(): void {
  prf(masterSecret, keyExpansionSeed, 40)
  prf(masterSecret, finishedSeed, 12)
  prf(masterSecret, finishedSeed, 12)
  finished.seal()
  finished.open()
}

export function cookie(): void {
  createHmac('sha256', cookieSecret).update(cookieParameters).digest()
}

/** One transcript, and a look at it after each group of messages but the last. */
export function transcript(...groups: readonly (readonly Buffer[])[]): void {
  const running = createHash('sha256')
  for (const [index, group] of groups.entries()) {
    for (const message of group) running.update(message)
    if (index < groups.length - 1) running.copy().digest()
  }
}

const fullTranscript = [
  [messages.clientHello, messages.serverHello, messages.serverHelloDone, messages.clientKeyExchange],
  [],
  [messages.finished, messages.newSessionTicket],
  [messages.finished],
]
const resumedTranscript = [[messages.resumingHello, messages.serverHello], [messages.finished], [messages.finished]]

const ticketNonce = Buffer.alloc(12)
const ticket = Buffer.alloc(ticketBytes)
const sealedTicket = sealTicket()

export function sealTicket(): { readonly encrypted: Buffer; readonly tag: Buffer } {
  const cipher = createCipheriv('aes-256-gcm', ticketKey, ticketNonce, { authTagLength: 16 })
  cipher.setAAD(additionalData)
  const encrypted = cipher.update(ticket)
  cipher.final()
  return { encrypted, tag: cipher.getAuthTag() }
}

function openTicket(): void {
  const decipher = createDecipheriv('aes-256-gcm', ticketKey, ticketNonce, { authTagLength: 16 })
  decipher.setAAD(additionalData)
  decipher.setAuthTag(sealedTicket.tag)
  decipher.update(sealedTicket.encrypted)
  decipher.final()
}

/** AES-128-CCM-8 of a record with so many bytes. */
export function recordPrimitives(plaintextLength: number): { readonly seal: Primitives; readonly open: Primitives } {
  const options = { authTagLength: 8 }
  const plaintext = Buffer.alloc(plaintextLength)
  const encrypt = () => {
    const cipher = createCipheriv('aes-128-ccm', recordKey, nonce, options)
    cipher.setAAD(additionalData, { plaintextLength })
    const encrypted = cipher.update(plaintext)
    cipher.final()
    return { encrypted, tag: cipher.getAuthTag() }
  }
  const { encrypted, tag } = encrypt()
  return {
    seal: encrypt,
    open() {
      const decipher = createDecipheriv('aes-128-ccm', recordKey, nonce, options)
      decipher.setAuthTag(tag)
      decipher.setAAD(additionalData, { plaintextLength })
      decipher.update(encrypted)
      decipher.final()
    },
  }
}

const finished = recordPrimitives(messages.finished.length)

/** What the two sides of a PSK handshake need: cookies, transcript, secrets, the two protected records, the ticket. Randomness comes from a pool and is next to nothing. */
export const handshakePrimitives = {
  full: {
    client(): void {
      transcript(...fullTranscript)
      extendedMasterSecret()
      keysAndFinished()
    },
    server(): void {
      cookie()
      cookie()
      transcript(...fullTranscript)
      extendedMasterSecret()
      keysAndFinished()
      sealTicket()
    },
  },
  resumed: {
    client(): void {
      transcript(...resumedTranscript)
      keysAndFinished()
    },
    server(): void {
      cookie()
      cookie()
      openTicket()
      transcript(...resumedTranscript)
      keysAndFinished()
    },
  },
}
