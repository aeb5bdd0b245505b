import type { BootstrapAccount, ServerAccount } from '../objects/account.ts'
import type { PeerConnection } from '../transport/coap/peer-connection.ts'
import { isStream } from '../transport/uri.ts'
import type { ConnectionEnvironment } from './connection-environment.ts'
import { DatagramDialer } from './datagram-dialer.ts'
import { destinationOf } from './destination.ts'
import type { SavedServer } from './saved-state.ts'
import { StreamDialer } from './stream-dialer.ts'

type SavedDialer = Pick<SavedServer, 'localPort' | 'session' | 'tlsSession'>

/** Opens the connections to one server, as its account says, and keeps what makes the next one cheaper. */
export class Dialer {
  readonly #environment: ConnectionEnvironment
  readonly #datagrams: DatagramDialer
  readonly #streams: StreamDialer

  /** `owner` tells whose the sessions are that are saved. */
  constructor(owner: string, environment: ConnectionEnvironment) {
    this.#environment = environment
    this.#datagrams = new DatagramDialer(owner, environment)
    this.#streams = new StreamDialer(owner, environment)
  }

  /**
   * Opens a connection. Rejects with TransportError as {@link destinationOf}, as {@link DatagramDialer.open}, as
   * {@link StreamDialer.open}, with CLOSED after {@link hangUp}; and with what the application's own `connect` rejects with.
   */
  async open(account: ServerAccount | BootstrapAccount): Promise<PeerConnection> {
    const { connect } = this.#environment
    if (connect !== undefined) return connect(account)
    const destination = destinationOf(account, this.#environment)
    return isStream(destination.uri.scheme) ? this.#streams.open(destination) : this.#datagrams.open(destination)
  }

  /** Gives up what is being opened, if anything is. */
  hangUp(): void {
    this.#datagrams.hangUp()
    this.#streams.hangUp()
  }

  /** Call before a connection is closed that will be needed again: where it can, its session goes on then. */
  rest(): void {
    this.#datagrams.rest()
  }

  /** The connection is over, or of no use any more; its session can be resumed. */
  lose(): void {
    this.#datagrams.lose()
  }

  /** The session is over for a fault, and so must not be resumed (RFC 5246 §7.2.2). */
  forget(): void {
    this.#datagrams.forget()
    this.#streams.forget()
  }

  /** What is to be known after a restart. */
  save(): SavedDialer {
    return { ...this.#datagrams.save(), ...this.#streams.save() }
  }

  restore(saved: SavedDialer): void {
    this.#datagrams.restore(saved)
    this.#streams.restore(saved)
  }
}
