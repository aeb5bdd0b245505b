import type { TransportError } from '../../transport/errors.ts'
import type { MemoryNetwork } from '../../transport/memory.ts'
import type { StreamNetwork } from '../../transport/stream.ts'
import type { TlsClientOptions } from '../../transport/tls-options.ts'

/** What becomes of a handshake: undefined, it succeeds. */
type Handshake = TransportError | 'pending' | undefined

/** Streams in memory that take the options of TLS and speak none: what a client asks for, and a server may answer. */
export function tlsNetwork(network: MemoryNetwork) {
  const asked: TlsClientOptions[] = []
  const signals: (AbortSignal | undefined)[] = []
  const script: { handshake: Handshake; session: Buffer | undefined } = { handshake: undefined, session: undefined }
  const { streams } = network
  const watched: StreamNetwork = {
    async connect(remote, { tls, ...options } = {}) {
      if (tls !== undefined) asked.push(tls)
      signals.push(options.signal)
      const { handshake, session } = script
      if (handshake === 'pending') return new Promise(() => undefined)
      if (handshake !== undefined) throw handshake
      const stream = await streams.connect(remote, options)
      if (session !== undefined) tls?.onSession?.(session)
      return stream
    },
    listen: (...args) => streams.listen(...args),
  }
  return {
    network: {
      connect: network.connect.bind(network),
      listen: network.listen.bind(network),
      streams: watched,
    },
    /** What each connection was to be secured with. */
    asked,
    signals,
    script,
  }
}
