import { PassThrough } from 'node:stream'
import { serverSite } from './site.ts'
import { startCommand } from './terminal.ts'

export const deviceCommand = 'client --server coap://10.0.0.2 --endpoint dev1'

/** `lwm2m client` beside a server, with a pipe into which a test types. */
export async function deviceShell(command: string = deviceCommand) {
  const site = await serverSite()
  const input = new PassThrough()
  const client = startCommand(site, command, { input })
  let seen = 0
  /** What was printed since the last time. */
  const printed = async (waitMs = 0) => {
    await site.clock.advance(waitMs)
    const lines = client.output.slice(seen)
    seen += lines.length
    return lines
  }
  return {
    ...site,
    client,
    printed,
    /** Types a line, or several; what comes of it within so much time. */
    type: async (line: string, waitMs = 0) => {
      await printed()
      input.write(`${line}\n`)
      return printed(waitMs)
    },
    /** Types a line of which something comes that takes as long as a disk does. */
    typeAndWait: async (line: string) => {
      await printed()
      input.write(`${line}\n`)
      let lines: string[] = []
      for (let turn = 0; lines.length === 0 && turn < 10_000; turn++) lines = await printed()
      return lines
    },
    /** The end of the input; resolves with the exit code. */
    end: async () => {
      input.end()
      return site.clock.until(client.exitCode)
    },
  }
}
