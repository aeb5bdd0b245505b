import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { benchPsk, benchSuite } from './dtls-psk.ts'
import { target } from './target.ts'

/** The floor: what it costs Node.js to receive and to send; over a stream as many messages at once as come at once. */
target(({ transport, loadPort }) => (transport === 'udp' ? echoDatagrams() : echoStream(transport === 'tls', loadPort)))

async function echoDatagrams(): Promise<number> {
  const socket = createSocket('udp4')
  socket.on('message', (datagram, from) => socket.send(datagram, from.port, from.address))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket.address().port
}

async function echoStream(isSecure: boolean, port: number): Promise<undefined> {
  const { identity, key } = benchPsk
  const socket = isSecure
    ? connectTls({
        port,
        host: '127.0.0.1',
        ciphers: benchSuite.openssl,
        maxVersion: 'TLSv1.2',
        pskCallback: () => ({ identity, psk: Buffer.from(key) }),
        checkServerIdentity: () => undefined,
      })
    : connect(port, '127.0.0.1')
  await once(socket, isSecure ? 'secureConnect' : 'connect')
  socket.setNoDelay(true)
  socket.on('data', bytes => socket.write(bytes))
}
