import { expect, test } from 'vitest'
import { CoapEndpoint } from '../../../transport/coap/endpoint.ts'
import { Code, noPayload } from '../../../transport/coap/message.ts'
import type { CoapPeer } from '../../../transport/coap/peer.ts'
import type { Address, Connection, ConnectionReceiver, Network } from '../../../transport/connection.ts'
import { TransportError } from '../../../transport/errors.ts'
import { notFound } from '../../helpers/coap-site.ts'
import { simulatedWorld } from '../../helpers/simulated-world.ts'

const get = { code: Code.get, options: [], payload: noPayload }

/** A session that a test ends or moves, as DTLS does. */
class Session implements Connection {
  readonly local: Address = { host: '10.0.0.2', port: 5684 }
  remote: Address = { host: '10.0.0.1', port: 40_000 }
  readonly identity: string
  receiver: ConnectionReceiver | undefined
  isClosed = false

  constructor(identity: string) {
    this.identity = identity
  }

  send(): void {}

  receive(receiver: ConnectionReceiver): void {
    this.receiver = receiver
  }

  close(): void {
    this.isClosed = true
  }
}

/** An endpoint over sessions: `at` is who is at an address. */
async function sessionEndpoint() {
  const { clock, random } = simulatedWorld()
  let accept: (connection: Connection) => void = () => {}
  const at = new Map<number, Session>()
  const network: Network = {
    connect: () => Promise.reject(new Error('unused')),
    listen: (local, accepted) => {
      accept = accepted
      const connection = ({ port }: Address) => {
        const session = at.get(port)
        if (session === undefined) throw new TransportError('CLOSED', 'nobody is there')
        accepted(session)
        return session
      }
      return Promise.resolve({ local, connection, close: () => Promise.resolve() })
    },
  }
  const ended: [TransportError, CoapPeer][] = []
  const local = { host: '10.0.0.2', port: 5684 }
  const onClosed = (error: TransportError, peer: CoapPeer) => void ended.push([error, peer])
  const endpoint = await CoapEndpoint.listen({ clock, random, network, local, handler: notFound, onClosed })
  return { endpoint, at, ended, clock, accept: (session: Session) => accept(session) }
}

test('a connection that its peer ends: what is under way rejects with the reason, and it is closed', async () => {
  const { endpoint, ended, accept } = await sessionEndpoint()
  const session = new Session('a')
  accept(session)
  const peer = endpoint.peerOf(session)
  const { response } = peer.request(get)
  const reason = new TransportError('CLOSED', 'the client has closed the DTLS session')
  session.receiver?.closed?.(reason)
  await expect(response).rejects.toBe(reason)
  expect(ended).toEqual([[reason, peer]])
  expect(session.isClosed).toBe(true)
  expect(() => endpoint.peerOf(session)).toThrow('nobody is there')
  await endpoint.close()
})

test('a peer that was dropped is found again where its session has moved to', async () => {
  const { endpoint, at, clock, accept } = await sessionEndpoint()
  const session = new Session('a')
  accept(session)
  await clock.advance(600_000)
  expect(session.isClosed).toBe(true)
  session.remote = { host: '10.0.0.1', port: 50_000 }
  const again = new Session('a')
  at.set(50_000, again)
  expect(endpoint.peerOf(session).connection).toBe(again)
  await endpoint.close()
})

test('who is there now instead is not taken for it', async () => {
  const { endpoint, at, clock, accept } = await sessionEndpoint()
  const session = new Session('a')
  accept(session)
  await clock.advance(600_000)
  at.set(40_000, new Session('b'))
  expect(() => endpoint.peerOf(session)).toThrow(expect.objectContaining({ code: 'CLOSED' }))
  await endpoint.close()
})
