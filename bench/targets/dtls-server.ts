import { listenDtls } from '../../transport/dtls/listener.ts'
import { systemClock, systemRandom } from '../../transport/index.ts'
import { udpNetwork } from '../../transport/udp.ts'
import { answerQuestions } from '../questions.ts'
import { benchPsk } from './dtls-psk.ts'

/** A DTLS server of this engine that echoes. */
answerQuestions({
  /** @returns its port. */
  async listen(): Promise<number> {
    const key = Buffer.from(benchPsk.key)
    const listener = await listenDtls(
      udpNetwork,
      { host: '127.0.0.1', port: 0 },
      {
        clock: systemClock,
        random: systemRandom,
        psk: identity => (identity.toString() === benchPsk.identity ? key : undefined),
      },
      connection => connection.receive({ datagram: bytes => connection.send(bytes), failed: () => {} }),
    )
    return listener.local.port
  },

  /** CPU time used so far, µs. */
  cpuTime(): number {
    const { user, system } = process.cpuUsage()
    return user + system
  },
})
