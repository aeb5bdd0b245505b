import { once } from 'node:events'
import { dtls } from 'node-dtls-client'
import { dtlsClientTarget } from './dtls-client-target.ts'
import { benchPsk, benchSuite } from './dtls-psk.ts'

/** The `node-dtls-client` package from npm. It never resumes. */
dtlsClientTarget(async port => {
  const socket = dtls.createSocket({
    type: 'udp4',
    address: '127.0.0.1',
    port,
    psk: { [benchPsk.identity]: benchPsk.key },
    ciphers: [benchSuite.nodeDtlsClient],
  })
  await once(socket, 'connected')
  return {
    send: bytes => socket.send(bytes),
    receive: listener => socket.on('message', listener),
    close: () => new Promise<void>(resolve => socket.close(resolve)),
  }
})
