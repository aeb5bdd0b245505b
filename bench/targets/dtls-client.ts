import { connectDtls } from '../../transport/dtls/connect.ts'
import { psk } from '../../transport/dtls/credentials.ts'
import type { ResumableSession } from '../../transport/dtls/resumable-session.ts'
import { systemClock, systemRandom } from '../../transport/index.ts'
import { udpNetwork } from '../../transport/udp.ts'
import { dtlsClientTarget } from './dtls-client-target.ts'
import { benchPsk } from './dtls-psk.ts'

const options = {
  clock: systemClock,
  random: systemRandom,
  credentials: psk(benchPsk.identity, Buffer.from(benchPsk.key)),
}
let session: ResumableSession | undefined

/** Clients of this engine. */
dtlsClientTarget(async (port, isResumed) => {
  const connection = await udpNetwork.connect({ host: '127.0.0.1', port })
  const opened = await connectDtls(connection, { ...options, ...(isResumed && session && { session }) })
  if (isResumed && !opened.isResumed) throw new Error('the session was not resumed')
  session = opened.resumable
  return {
    send: bytes => opened.send(bytes),
    receive: listener => opened.receive({ datagram: listener, failed: () => {} }),
    close: () => opened.close(),
  }
})
