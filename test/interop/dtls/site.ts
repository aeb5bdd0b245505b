import { afterEach } from 'vitest'
import { type Loss, Relay } from '../relay.ts'
import { OurClient, type OurClientOptions, type OurServer, type OurServerOptions, startOurServer } from './ends.ts'

/** What the tests of a file start, each ended after its test. */
export class DtlsSite {
  #cleanUp: (() => unknown)[] = []

  constructor() {
    afterEach(async () => {
      for (const step of this.#cleanUp.splice(0).toReversed()) await step()
    })
  }

  /** Ends something after the test. */
  after(step: () => unknown): void {
    this.#cleanUp.push(step)
  }

  /** The wire to a server, for one client. */
  async relayTo({ port }: { readonly port: number }, isLost?: Loss): Promise<Relay> {
    const relay = await Relay.start(`coaps://127.0.0.1:${port}`, isLost)
    this.after(() => relay.close())
    return relay
  }

  async ourServer(options?: OurServerOptions): Promise<OurServer> {
    const server = await startOurServer(options)
    this.after(() => server.close())
    return server
  }

  async ourClient(port: number, options?: OurClientOptions): Promise<OurClient> {
    const client = await OurClient.connect(port, options)
    this.after(() => client.close())
    return client
  }
}
