import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer as createPlainServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DownloadBegin, type DownloadToOptions, download, downloadTo } from '../../../client/download.ts'
import { psk as pskSecurity } from '../../../client/psk.ts'
import { rpk } from '../../../client/rpk.ts'
import type { Security } from '../../../client/security.ts'
import { x509 } from '../../../client/x509.ts'
import { FileServer } from '../../../server/file-server.ts'
import { patternBytes } from '../../helpers/coap-site.ts'
import { failureOf } from '../../helpers/download-site.ts'
import { issueParties, type Parties } from '../dtls/certificates.ts'
import { psk } from '../dtls/psk.ts'
import { describePeer } from '../peer-suite.ts'
import { Relay } from '../relay.ts'
import {
  type CoapServer,
  coapClient,
  libcoapDtlsPrograms,
  libcoapInstall,
  libcoapPrograms,
  startCoapServer,
} from './libcoap.ts'

const body = patternBytes(200_000, 3)

let parties: Parties
beforeAll(async () => {
  parties = await issueParties()
})
afterAll(() => parties.remove())

/** The first half, as if the process had ended there, and then the rest. */
async function inTwoHalves(uri: string, options: DownloadToOptions) {
  const parts: Uint8Array[] = []
  const cut = new AbortController()
  let began: DownloadBegin | undefined
  const first = downloadTo(uri, bytes => void parts.push(bytes), {
    ...options,
    signal: cut.signal,
    onBegin: begin => {
      began = begin
    },
    onProgress: ({ bytes }) => {
      if (bytes > body.length / 2) cut.abort()
    },
  })
  expect(await failureOf(first)).toMatchObject({ code: 'CANCELLED' })
  const bytes = Buffer.concat(parts).length
  expect(bytes).toBeLessThan(body.length)
  const begins: number[] = []
  const { validator = '', localPort } = began ?? {}
  await downloadTo(uri, part => void parts.push(part), {
    ...options,
    from: { bytes, validator, ...(localPort !== undefined && { localPort }) },
    onBegin: ({ fromBytes }) => void begins.push(fromBytes),
  })
  expect(begins).toEqual([bytes])
  return Buffer.concat(parts)
}

describePeer('libcoap serves a file', [...libcoapPrograms, ...libcoapDtlsPrograms], libcoapInstall, () => {
  const servers: CoapServer[] = []
  afterAll(async () => {
    for (const server of servers) await server.close()
  })

  async function serve(options: Parameters<typeof startCoapServer>[0]) {
    const server = await startCoapServer(options)
    servers.push(server)
    // It asks its clients for certificates in DTLS alone.
    const { error } = await coapClient(`${server.uri}/file`, { method: 'put', payload: body })
    expect(error).toBe('')
    return server
  }

  const ways: readonly [
    name: string,
    scheme: string,
    backend: 'notls' | 'openssl' | 'gnutls',
    kind?: Security['kind'],
  ][] = [
    ['coap', 'coap', 'notls'],
    ['coap+tcp', 'coap+tcp', 'notls'],
    ['coaps with a pre-shared key', 'coaps', 'openssl', 'psk'],
    ['coaps with certificates', 'coaps', 'openssl', 'x509'],
    ['coaps with raw public keys', 'coaps', 'gnutls', 'rpk'],
    ['coaps+tcp with a pre-shared key', 'coaps+tcp', 'openssl', 'psk'],
    ['coaps+tcp with certificates', 'coaps+tcp', 'openssl', 'x509'],
  ]

  describe.each(ways)('%s', (_, scheme, backend, kind) => {
    test('all of it', async () => {
      const own = parties.plainServer
      const { x509: certificates, rpk: rawKeys } = parties.plainClient
      const server = await serve({
        backend,
        ...(kind === 'psk' && { psk }),
        ...(kind === 'x509' && { credentials: { kind, own, root: parties.rootFile } }),
        ...(kind === 'rpk' && { credentials: { kind, own } }),
      })
      const port = kind === undefined ? server.port : server.securePort
      const uri = `${scheme}://127.0.0.1:${port}/file`
      const security =
        kind &&
        {
          psk: () => pskSecurity(psk.identity, psk.key),
          x509: () => x509({ certificate: certificates.chain, key: certificates.key }),
          rpk: () =>
            rpk({ key: rawKeys.key, publicKey: rawKeys.publicKey, serverPublicKey: own.certificate.publicKey }),
        }[kind]()
      const options = { ...(security && { security }), dtls: { trustStore: [parties.root.der] } }
      const { content } = await download(uri, options)
      expect(Buffer.compare(content, body)).toBe(0)
    })
  })

  test('a fifth of the datagrams lost, then all of them for longer than a request is repeated', async () => {
    const server = await serve({})
    const outage = { fromMs: Number.POSITIVE_INFINITY, toMs: 0 }
    const isOut = (atMs: number) => atMs >= outage.fromMs && atMs < outage.toMs
    const relay = await Relay.start(server.uri, ({ atMs }, index) => index % 5 === 4 || isOut(atMs))
    const begins: number[] = []
    const parts: Uint8Array[] = []
    let failures = 0
    await downloadTo(`${relay.uri}/file`, bytes => void parts.push(bytes), {
      coap: { ackTimeoutMs: 20, maxRetransmit: 3 },
      onBegin: ({ fromBytes }) => void begins.push(fromBytes),
      onProgress: ({ bytes }) => {
        if (bytes < body.length / 2 || failures++ > 0) return
        const nowMs = performance.now()
        Object.assign(outage, { fromMs: nowMs, toMs: nowMs + 600 })
      },
    }).finally(() => relay.close())
    expect(begins).toEqual([0])
    expect(Buffer.compare(Buffer.concat(parts), body)).toBe(0)
  })

  test('each GET has another ETag: a later process goes on at the same port, and starts over at another', async () => {
    const server = await serve({})
    const uri = `${server.uri}/file`
    expect(Buffer.compare(await inTwoHalves(uri, {}), body)).toBe(0)
    const { validator = '' } = await download(uri)
    const begins: number[] = []
    await downloadTo(uri, () => {}, {
      from: { bytes: 100_000, validator },
      onBegin: ({ fromBytes }) => void begins.push(fromBytes),
    })
    expect(begins).toEqual([0])
    expect(await failureOf(download(`${server.uri}/missing`))).toMatchObject({ code: 'REFUSED' })
  })
})

describe.each(['coap', 'coaps'])('%s of our file server', scheme => {
  test('all of it, and in two halves', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'download-'))
    await writeFile(join(folder, 'file'), body)
    const secured = scheme === 'coap' ? {} : { security: { psk: { [psk.identity]: psk.key } } }
    const server = await FileServer.listen({ folder, host: '127.0.0.1', port: 0, ...secured })
    try {
      const uri = `${scheme}://127.0.0.1:${server.local?.port}/file`
      const options = { security: pskSecurity(psk.identity, psk.key) }
      expect(Buffer.compare((await download(uri, options)).content, body)).toBe(0)
      expect(Buffer.compare(await inTwoHalves(uri, options), body)).toBe(0)
    } finally {
      await server.close()
      await rm(folder, { recursive: true })
    }
  })
})

describe.each(['http', 'https'])('%s of Node', scheme => {
  let server: Server
  let uri: string
  const cut = { afterBytes: Number.POSITIVE_INFINITY }
  const serve: RequestListener = ({ headers, url }, response) => {
    if (url === '/moved') {
      response.writeHead(302, { location: '/file' }).end()
      return
    }
    if (url !== '/file') {
      response.writeHead(404).end()
      return
    }
    const range = headers['if-range'] === '"v1"' ? /^bytes=(\d+)-$/.exec(headers.range ?? '') : null
    const start = Number(range?.[1] ?? 0)
    const rest = body.subarray(start)
    response.writeHead(range === null ? 200 : 206, {
      etag: '"v1"',
      'content-length': rest.length,
      ...(range !== null && { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` }),
    })
    if (cut.afterBytes >= rest.length) response.end(rest)
    else response.write(rest.subarray(0, cut.afterBytes), () => void response.destroy())
  }
  const options = () => ({ dtls: { trustStore: [parties.root.der] } })

  beforeAll(async () => {
    const { certificate } = parties.plainServer
    const key = certificate.privateKey.export({ format: 'pem', type: 'pkcs8' })
    const cert = await readFile(parties.plainServer.file('own'))
    server = scheme === 'http' ? createPlainServer(serve) : createSecureServer({ key, cert }, serve)
    await once(server.listen(0, '127.0.0.1'), 'listening')
    uri = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => server.close())

  test('all of it, by way of a redirection, and in two halves', async () => {
    const { content, validator } = await download(`${uri}/moved`, options())
    expect(Buffer.compare(content, body)).toBe(0)
    expect(validator).toBe('"v1"')
    expect(Buffer.compare(await inTwoHalves(`${uri}/file`, options()), body)).toBe(0)
  })

  test('a connection that breaks', async () => {
    cut.afterBytes = 120_000
    const begins: number[] = []
    let parts = Buffer.alloc(0)
    const sink = (bytes: Uint8Array) => {
      parts = Buffer.concat([parts, bytes])
    }
    await downloadTo(`${uri}/file`, sink, { ...options(), onBegin: ({ fromBytes }) => void begins.push(fromBytes) })
    expect(begins).toEqual([0])
    expect(Buffer.compare(parts, body)).toBe(0)
    cut.afterBytes = Number.POSITIVE_INFINITY
  })

  test('what is not there, and who is not there', async () => {
    expect(await failureOf(download(`${uri}/missing`, options()))).toMatchObject({ code: 'REFUSED' })
    const other = uri.replace(scheme, scheme === 'http' ? 'https' : 'http')
    const failure = await failureOf(download(`${other}/file`, { ...options(), attempts: 0 }))
    expect(failure.code).toMatch(/^(?:HANDSHAKE|CONNECTION_LOST|INVALID_RESPONSE)$/)
    if (scheme === 'https') expect(await failureOf(download(`${uri}/file`))).toMatchObject({ code: 'HANDSHAKE' })
  })
})
