import { describe, expect, onTestFinished, test } from 'vitest'
import { type DownloadToOptions, downloadTo } from '../../../client/download.ts'
import { closedError } from '../../../transport/errors.ts'
import type { HttpGet, HttpResponse } from '../../../transport/http.ts'
import { patternBytes } from '../../helpers/coap-site.ts'
import { failureOf } from '../../helpers/download-site.ts'
import { simulatedWorld } from '../../helpers/simulated-world.ts'

const body = patternBytes(10_000)
const tag = '"v1"'
const uri = 'http://files.example/firmware.bin?key=secret'

interface Asked {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

type Answer = (
  asked: Asked,
  index: number,
) => Partial<Omit<HttpResponse, 'body'>> & { readonly body?: Iterable<Uint8Array> }

/** A download from a server that answers as told. */
function site(answer: Answer) {
  const { clock, random } = simulatedWorld()
  const asked: Asked[] = []
  const parts: Uint8Array[] = []
  const begins: unknown[] = []
  let open = 0
  const http: HttpGet = async (url, { headers }) => {
    open++
    asked.push({ url: url.href, headers })
    const {
      status = 200,
      headers: told = {},
      body: content = [],
    } = answer({ url: url.href, headers }, asked.length - 1)
    async function* bytes() {
      yield* content
    }
    return { status, headers: told, body: bytes(), close: () => void open-- }
  }
  onTestFinished(() => {
    expect(open).toBe(0)
    expect(clock.pendingTimers).toBe(0)
  })
  return {
    asked,
    begins,
    get bytes() {
      return Buffer.concat(parts)
    },
    run: (options: DownloadToOptions = {}, from = uri) =>
      clock.until(
        downloadTo(from, bytes => void parts.push(bytes), {
          http,
          clock,
          random,
          onBegin: begin => {
            begins.push(begin)
            if (begin.fromBytes === 0) parts.length = 0
          },
          ...options,
        }),
      ),
  }
}

function* chunks(content: Uint8Array, size = 999): Generator<Uint8Array> {
  for (let offset = 0; offset < content.length; offset += size) yield content.subarray(offset, offset + size)
}

/** Gives what is asked for of a Range; `lost` says after how many bytes each connection breaks. */
function fileServer(content: Uint8Array, { etag = tag, lost }: { etag?: string; lost?: number } = {}): Answer {
  return ({ headers }) => {
    const range = headers['if-range'] === etag ? headers['range'] : undefined
    const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0)
    const rest = content.subarray(start)
    function* sent() {
      yield* chunks(rest.subarray(0, lost))
      if (lost !== undefined && lost < rest.length) throw closedError()
    }
    if (range === undefined) return { headers: { etag, 'content-length': String(rest.length) }, body: sent() }
    const contentRange = `bytes ${start}-${content.length - 1}/${content.length}`
    return { status: 206, headers: { etag, 'content-range': contentRange }, body: sent() }
  }
}

test('all of it, once, with its size and its version', async () => {
  const fetched = site(fileServer(body))
  expect(await fetched.run()).toEqual({ bytes: 10_000, validator: tag })
  expect(Buffer.compare(fetched.bytes, body)).toBe(0)
  expect(fetched.begins).toEqual([{ validator: tag, fromBytes: 0, totalBytes: 10_000 }])
  expect(fetched.asked).toEqual([{ url: uri, headers: { 'accept-encoding': 'identity' } }])
})

test('a connection that breaks: it goes on where it was', async () => {
  const fetched = site(fileServer(body, { lost: 3_000 }))
  expect(await fetched.run({ attempts: 1 })).toMatchObject({ bytes: 10_000 })
  expect(Buffer.compare(fetched.bytes, body)).toBe(0)
  expect(fetched.begins).toHaveLength(1)
  expect(fetched.asked.slice(1, 3).map(({ headers }) => headers)).toEqual([
    { 'accept-encoding': 'identity', range: 'bytes=2999-', 'if-range': tag },
    { 'accept-encoding': 'identity', range: 'bytes=5998-', 'if-range': tag },
  ])
})

test('without a strong ETag it starts over', async () => {
  let connections = 0
  const answer: Answer = (asked, index) => {
    connections++
    return fileServer(body, { etag: 'W/"v1"', ...(index === 0 && { lost: 3_000 }) })(asked, index)
  }
  const fetched = site(answer)
  expect(await fetched.run()).toEqual({ bytes: 10_000 })
  expect(Buffer.compare(fetched.bytes, body)).toBe(0)
  expect(fetched.begins).toEqual([
    { fromBytes: 0, totalBytes: 10_000 },
    { fromBytes: 0, totalBytes: 10_000 },
  ])
  expect(connections).toBe(2)
  const cut = site(fileServer(body, { etag: 'W/"v1"', lost: 3_000 }))
  expect(await failureOf(cut.run({ attempts: 3 }))).toMatchObject({ code: 'CONNECTION_LOST' })
  // The first got somewhere; none of the others got further.
  expect(cut.asked).toHaveLength(4)
})

test('what is there already', async () => {
  for (const bytes of [1, 5_000, 10_000]) {
    const fetched = site(fileServer(body))
    await fetched.run({ from: { bytes, validator: tag } })
    expect(fetched.begins).toEqual([{ validator: tag, fromBytes: bytes, totalBytes: 10_000 }])
    expect(Buffer.compare(fetched.bytes, body.subarray(bytes))).toBe(0)
  }
  const other = site(fileServer(body))
  await other.run({ from: { bytes: 5_000, validator: '"v0"' } })
  expect(other.begins).toMatchObject([{ fromBytes: 0 }])
  expect(Buffer.compare(other.bytes, body)).toBe(0)
})

test.each(['', 'W/"v1"', '6162', '"v1"\r\nx: y'])(
  'what is there by a validator that is none, %j: it starts over',
  async validator => {
    const fetched = site(fileServer(body, { etag: validator || tag }))
    await fetched.run({ from: { bytes: 5_000, validator } })
    expect(fetched.asked).toEqual([{ url: uri, headers: { 'accept-encoding': 'identity' } }])
    expect(Buffer.compare(fetched.bytes, body)).toBe(0)
  },
)

test('416: what is there is more than the server has', async () => {
  const fetched = site((asked, index) => ('range' in asked.headers ? { status: 416 } : fileServer(body)(asked, index)))
  await fetched.run({ from: { bytes: 20_000, validator: tag } })
  expect(fetched.begins).toMatchObject([{ fromBytes: 0 }])
  expect(Buffer.compare(fetched.bytes, body)).toBe(0)
})

test('a server may give less than the range that was asked for', async () => {
  const fetched = site(({ headers }) => {
    const start = Number(/\d+/.exec(headers['range'] ?? '')?.[0] ?? 0)
    if (start === 0) return fileServer(body, { lost: 2_000 })({ url: '', headers }, 0)
    const end = Math.min(start + 3_000, body.length)
    const range = `bytes ${start}-${end - 1}/${body.length}`
    return { status: 206, headers: { 'content-range': range }, body: [body.subarray(start, end)] }
  })
  expect(await fetched.run()).toMatchObject({ bytes: 10_000 })
  expect(Buffer.compare(fetched.bytes, body)).toBe(0)
})

describe('a part after which the server says, of the same version,', () => {
  const cut =
    (contentRange: (start: number) => string): Answer =>
    (asked, index) => {
      const start = Number(/\d+/.exec(asked.headers['range'] ?? '')?.[0] ?? 0)
      if (start === 0) return fileServer(body, { lost: 2_000 })(asked, index)
      const headers = { etag: tag, 'content-range': contentRange(start) }
      return { status: 206, headers, body: [body.subarray(start, 3_000)] }
    }

  test('nothing of the size: what ends before the size that it told is not all of it', async () => {
    const fetched = site(cut(start => `bytes ${start}-2999/*`))
    expect(await failureOf(fetched.run({ attempts: 1 }))).toMatchObject({ code: 'CONNECTION_LOST' })
  })

  test('another size: it starts over', async () => {
    let asks = 0
    const fetched = site((asked, index) =>
      ++asks === 2
        ? cut(start => `bytes ${start}-2999/3000`)(asked, index)
        : fileServer(body, { lost: 6_000 })(asked, index),
    )
    expect(await fetched.run()).toMatchObject({ bytes: 10_000 })
    expect(Buffer.compare(fetched.bytes, body)).toBe(0)
    expect(fetched.begins).toHaveLength(2)
  })
})

describe('redirections', () => {
  const to =
    (location: string): Answer =>
    () => ({ status: 302, headers: { location } })

  test('are followed, to where they lead from', async () => {
    const fetched = site((asked, index) => {
      if (index === 0) return { status: 301, headers: { location: '/v2/firmware.bin' } }
      if (index === 1) return { status: 307, headers: { location: 'https://other.example/f' } }
      return fileServer(body)(asked, index)
    })
    await fetched.run()
    expect(fetched.asked.map(({ url }) => url)).toEqual([
      uri,
      'http://files.example/v2/firmware.bin',
      'https://other.example/f',
    ])
  })

  test.each<[string, Answer, string, string?]>([
    ['again and again', to('/again'), 'REFUSED'],
    ['from https to http', to('http://files.example/f'), 'REFUSED', 'https://files.example/f'],
    ['to a file', to('file:///etc/passwd'), 'REFUSED'],
    ['to nowhere', () => ({ status: 302 }), 'INVALID_RESPONSE'],
    ['with a password', to('http://user:secret@files.example/f'), 'INVALID_URI'],
  ])('%s: no', async (_, answer, code, from = uri) => {
    const fetched = site(answer)
    const failure = await failureOf(fetched.run({}, from))
    expect(failure).toMatchObject({ code, isTransient: false })
    expect(failure.message).not.toContain('secret')
    expect(fetched.asked.length).toBeLessThan(7)
  })
})

test.each([
  [404, 'REFUSED', 1],
  [401, 'REFUSED', 1],
  [501, 'SERVER_FAILED', 1],
  [503, 'SERVER_FAILED', 3],
  [429, 'SERVER_FAILED', 3],
  [204, 'INVALID_RESPONSE', 1],
  [206, 'INVALID_RESPONSE', 1],
])('the status %i is %s, after %i requests', async (status, code, requests) => {
  const fetched = site(() => ({ status }))
  expect(await failureOf(fetched.run({ attempts: 2 }))).toMatchObject({ code })
  expect(fetched.asked).toHaveLength(requests)
})

describe('a server that breaks the rules', () => {
  const from = { bytes: 5_000, validator: tag }
  test.each<[string, Answer, DownloadToOptions]>([
    ['a Content-Encoding', () => ({ headers: { 'content-encoding': 'gzip' } }), {}],
    ['another range', () => ({ status: 206, headers: { 'content-range': 'bytes 0-9999/10000' } }), { from }],
    ['no Content-Range', () => ({ status: 206 }), { from }],
    ['two of them', () => ({ status: 206, headers: { 'content-range': ['a', 'b'] } }), { from }],
  ])('%s', async (_, answer, options) => {
    expect(await failureOf(site(answer).run(options))).toMatchObject({ code: 'INVALID_RESPONSE' })
  })

  test('no end: up to what it may be', async () => {
    function* endless() {
      for (;;) yield body
    }
    const fetched = site(() => ({ body: endless() }))
    expect(await failureOf(fetched.run({ maximumBytes: 45_000 }))).toMatchObject({ code: 'TOO_LARGE' })
    expect(fetched.bytes).toHaveLength(40_000)
  })
})

describe('a server that is silent', () => {
  /** Says nothing until it is given up. */
  const silence = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(closedError())))

  test.each(['before its answer', 'within it'])('%s', async when => {
    const { clock, random } = simulatedWorld()
    let open = 0
    const http: HttpGet = async (_, { signal }) => {
      if (when === 'before its answer') return silence(signal)
      open++
      async function* bytes() {
        yield body.subarray(0, 100)
        await silence(signal)
      }
      return { status: 200, headers: {}, body: bytes(), close: () => void open-- }
    }
    const startMs = clock.now()
    const options = { http, clock, random, attempts: 1, stallSeconds: 60 }
    const failure = await failureOf(clock.until(downloadTo(uri, () => {}, options)))
    expect(failure).toMatchObject({ code: 'CONNECTION_LOST', message: 'fewer than 1024 bytes have come in 60 s' })
    expect(clock.now() - startMs).toBeGreaterThanOrEqual(121_000)
    expect(open).toBe(0)
    expect(clock.pendingTimers).toBe(0)
  })
})
