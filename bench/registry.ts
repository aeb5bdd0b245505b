const post = 0x02
const deleteCode = 0x04
const created = 0x41
const deleted = 0x42
const changed = 0x44
/** Location-Path rd/1; one location for all, since clients are told apart by address. */
const location = Buffer.from([0x82, 0x72, 0x64, 0x01, 0x31])

/** As much of an LwM2M server as clients need to be registered: 2.01 to the first POST of an address, 2.04 to the next ones. */
export class Registry<TAddress extends { readonly port: number }> {
  readonly #send: (bytes: Buffer, to: TAddress) => void
  /** By their ports: all are on one host. */
  readonly #clients = new Map<number, TAddress>()

  constructor(send: (bytes: Buffer, to: TAddress) => void) {
    this.#send = send
  }

  get clients(): readonly TAddress[] {
    return [...this.#clients.values()]
  }

  /** @returns false when the datagram is no confirmable POST or DELETE. */
  receive(datagram: Buffer, from: TAddress): boolean {
    const code = datagram[1]
    if (((datagram[0] ?? 0) & 0xf0) !== 0x40 || (code !== post && code !== deleteCode)) return false
    if (code === deleteCode) {
      this.#clients.delete(from.port)
      this.#respond(datagram, from, deleted)
    } else if (this.#clients.has(from.port)) {
      this.#respond(datagram, from, changed)
    } else {
      this.#clients.set(from.port, from)
      this.#respond(datagram, from, created, location)
    }
    return true
  }

  #respond(request: Buffer, to: TAddress, code: number, options = Buffer.alloc(0)): void {
    const tokenLength = (request[0] ?? 0) & 0x0f
    const head = Buffer.from(request.subarray(0, 4 + tokenLength))
    head[0] = 0x60 | tokenLength
    head[1] = code
    this.#send(Buffer.concat([head, options]), to)
  }
}
