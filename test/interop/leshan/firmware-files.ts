import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { crc32 } from 'node:zlib'

export interface HttpFile {
  readonly uri: string
  /** The Range of each request for it; `all` without one. */
  readonly ranges: readonly string[]
  /** How much of it was sent in all. */
  readonly sentBytes: number
  close(): void
}

const partBytes = 65_536

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
    for (let at = start; at < body.length && !response.destroyed; at += partBytes) {
      const part = body.subarray(at, at + partBytes)
      if (!response.write(part)) await Promise.race([once(response, 'drain'), once(response, 'close')])
      if (!response.destroyed) sentBytes += part.length
      if (partDelayMs > 0) await wait(partDelayMs)
    }
    response.end()
  })
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
