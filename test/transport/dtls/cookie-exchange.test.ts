import { expect, test } from 'vitest'
import type { Connection } from '../../../transport/connection.ts'
import { connectDtls } from '../../../transport/dtls/connect.ts'
import { psk } from '../../../transport/dtls/credentials.ts'
import { capturedConnection, type GrowingPath } from '../../helpers/dtls-capture.ts'
import { DtlsSite, identity, key } from '../../helpers/dtls-site.ts'

interface Numbers {
  readonly type: string
  readonly record: number
  readonly message: number
}

const types: Readonly<Record<number, string>> = { 1: 'ClientHello', 2: 'ServerHello', 3: 'HelloVerifyRequest' }

/** The numbers of the hellos, which each begin a datagram. */
function hellosOf({ datagrams }: GrowingPath): Numbers[] {
  return datagrams.flatMap(({ bytes }) => {
    const datagram = Buffer.from(bytes, 'hex')
    const type = datagram[0] === 22 ? types[datagram.readUInt8(13)] : undefined
    return type === undefined ? [] : [{ type, record: datagram.readUIntBE(5, 6), message: datagram.readUInt16BE(17) }]
  })
}

test('HelloVerifyRequest and ServerHello have the numbers of the ClientHello that they answer (RFC 6347 §4.2.1)', async () => {
  const site = await new DtlsSite().listen()
  const { clock, random } = site
  const path: GrowingPath = { remote: site.serverAddress, datagrams: [] }
  const connection = capturedConnection(await site.network.connect(site.serverAddress), path)
  await clock.until(connectDtls(connection, { clock, random, credentials: psk(identity, key) }))
  expect(hellosOf(path)).toEqual([
    { type: 'ClientHello', record: 0, message: 0 },
    { type: 'HelloVerifyRequest', record: 0, message: 0 },
    { type: 'ClientHello', record: 1, message: 1 },
    { type: 'ServerHello', record: 1, message: 1 },
  ])
})

test('a client whose address changes with its cookie under way is asked for another one', async () => {
  const site = await new DtlsSite().listen()
  const { clock, random } = site
  const inner = await site.network.connect(site.serverAddress)
  let received = 0
  const moving: Connection = {
    local: inner.local,
    remote: inner.remote,
    send: bytes => inner.send(bytes),
    close: () => inner.close(),
    receive(receiver) {
      inner.receive({
        ...receiver,
        datagram(bytes) {
          if (received++ === 0) inner.rebind()
          receiver.datagram(bytes)
        },
      })
    },
  }
  const path: GrowingPath = { remote: site.serverAddress, datagrams: [] }
  await clock.until(
    connectDtls(capturedConnection(moving, path), { clock, random, credentials: psk(identity, key) }),
    1_000,
  )
  expect(hellosOf(path).map(({ type, message }) => `${type} ${message}`)).toEqual([
    'ClientHello 0',
    'HelloVerifyRequest 0',
    'ClientHello 1',
    'HelloVerifyRequest 1',
    'ClientHello 2',
    'ServerHello 2',
  ])
})
