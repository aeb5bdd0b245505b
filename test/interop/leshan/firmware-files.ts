import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { crc32 } from 'node:zlib'

export interface HttpFile {
  readonly uri: string
  /** The Range of each request for it; `all` without one. */
  readonly ranges: readonly string[]
  /** How much was sent in all, some of it maybe to nobody. */
  readonly sentBytes: number
  close(): void
}

/** No multiple of anything that a client asks for. */
const partBytes = 61_001

/** Serves one file over HTTP, in parts with a wait between them; it knows Range, If-Range and ETag (RFC 9110 §13, §14). */
export async function startHttpFile(body: Buffer, { partDelayMs = 0 } = {}): Promise<HttpFile> {
  const etag = `"${crc32(body).toString(16)}"`
  const ranges: string[] = []
  let sentBytes = 0
  const server: Server = createServer(async ({ headers, url }, response) => {
    if (url !== '/firmware.bin') {
      response.writeHead(404).end()
      return
    }
    ranges.push(headers.range ?? 'all')
    const range = headers['if-range'] === etag ? /^bytes=(\d+)-$/.exec(headers.range ?? '') : null
    const start = Number(range?.[1] ?? 0)
    response.writeHead(range === null ? 200 : 206, {
      etag,
      'content-length': body.length - start,
      ...(range !== null && { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` }),
    })
    // Whoever asked may be gone.
    await pipeline(parts(start), response).catch(() => undefined)
  })
  async function* parts(start: number) {
    for (let at = start; at < body.length; at += partBytes) {
      const part = body.subarray(at, at + partBytes)
      sentBytes += part.length
      yield part
      if (partDelayMs > 0) await wait(partDelayMs)
    }
  }
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/firmware.bin`,
    ranges,
    get sentBytes() {
      return sentBytes
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
