import { Duplex } from 'node:stream'
import { expect, test, vi } from 'vitest'
import { httpGet } from '../../transport/http.ts'

const { answer } = vi.hoisted(() => ({ answer: { text: '' } }))

vi.mock('node:http', async importOriginal => {
  const http = await importOriginal<typeof import('node:http')>()
  const connection = () =>
    new Duplex({
      read() {},
      write(_request, _encoding, done) {
        done()
        this.push(answer.text)
      },
    })
  const request = (url: URL, options: object) =>
    http.request(url, { ...options, agent: undefined, createConnection: connection })
  return { ...http, request }
})

const get = () => httpGet(new URL('http://files.example/a'), { headers: {}, signal: new AbortController().signal })

test('a server that switches to another protocol gives nothing', { timeout: 2_000 }, async () => {
  answer.text = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\nhello'
  await expect(get()).rejects.toMatchObject({ code: 'CLOSED' })
})

test('what is no HTTP is told as that', { timeout: 2_000 }, async () => {
  answer.text = 'SSH-2.0-server\r\n'
  await expect(get()).rejects.toMatchObject({ code: 'ABORTED' })
})

test('a response is read to its end', { timeout: 2_000 }, async () => {
  answer.text = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: "a"\r\n\r\nhello'
  const { status, headers, body } = await get()
  expect([status, headers['etag']]).toEqual([200, '"a"'])
  const parts: Uint8Array[] = []
  for await (const part of body) parts.push(part)
  expect(Buffer.concat(parts).toString()).toBe('hello')
})
