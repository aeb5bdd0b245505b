import { systemClock } from '../../../transport/clock.ts'
import type { Network } from '../../../transport/connection.ts'
import { listenDtls } from '../../../transport/dtls/listener.ts'
import type { DtlsServerOptions } from '../../../transport/dtls/parameters.ts'
import { systemRandom } from '../../../transport/random.ts'
import { udpNetwork } from '../../../transport/udp.ts'

/** UDP with DTLS on it, for a server. */
export function secureNetwork(options: Omit<DtlsServerOptions, 'clock' | 'random'>): Network {
  return {
    connect: () => Promise.reject(new Error('it only listens')),
    listen: (local, accept) =>
      listenDtls(udpNetwork, local, { clock: systemClock, random: systemRandom, ...options }, accept),
  }
}
