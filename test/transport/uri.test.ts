import { describe, expect, test } from 'vitest'
import { TransportError } from '../../transport/errors.ts'
import { formatServerUri, parseServerUri } from '../../transport/uri.ts'

describe('a server URI', () => {
  const valid: [text: string, scheme: string, host: string, port: number, shown?: string][] = [
    ['coap://127.0.0.1:5683', 'coap', '127.0.0.1', 5_683],
    ['coap://127.0.0.1', 'coap', '127.0.0.1', 5_683, 'coap://127.0.0.1:5683'],
    ['coaps://leshan.example', 'coaps', 'leshan.example', 5_684, 'coaps://leshan.example:5684'],
    ['coaps://leshan.example:1', 'coaps', 'leshan.example', 1],
    ['coap://localhost:65535/', 'coap', 'localhost', 65_535, 'coap://localhost:65535'],
    ['coap://[::1]', 'coap', '::1', 5_683, 'coap://[::1]:5683'],
    ['coap://[2001:db8::2:1]:61616', 'coap', '2001:db8::2:1', 61_616],
    ['coap+tcp://localhost', 'coap+tcp', 'localhost', 5_683, 'coap+tcp://localhost:5683'],
    ['coaps+tcp://[::1]', 'coaps+tcp', '::1', 5_684, 'coaps+tcp://[::1]:5684'],
    ['COAP://[::1]:7', 'coap', '::1', 7, 'coap://[::1]:7'],
  ]
  for (const [text, scheme, host, port, shown = text] of valid) {
    test(text, () => {
      const uri = parseServerUri(text)
      expect(uri).toEqual({ scheme, host, port })
      expect(formatServerUri(uri)).toBe(shown)
      expect(parseServerUri(formatServerUri(uri))).toEqual(uri)
    })
  }
})

describe('no server URI', () => {
  const invalid: [text: string, why: RegExp][] = [
    ['', /does not parse/],
    ['127.0.0.1:5683', /does not parse|scheme/],
    ['localhost', /does not parse, the scheme is missing/],
    ['localhost:5683', /scheme "localhost"/],
    ['http://localhost', /scheme "http"/],
    ['coap+ws://localhost', /scheme "coap\+ws"/],
    ['coap+sms://localhost', /none of coap, coaps, coap\+tcp, coaps\+tcp/],
    ['coap:', /host is missing/],
    ['coap:///', /host is missing/],
    ['coap:localhost', /host is missing/],
    ['coap://localhost:0', /port is 0/],
    ['coap://localhost:65536', /does not parse, a port is at most 65535/],
    ['coap://localhost:port', /does not parse/],
    ['coap://localhost/rd', /goes on/],
    ['coap://localhost?ep=a', /goes on/],
    ['coap://localhost#a', /goes on/],
    ['coap://[::1', /does not parse/],
    ['coap://::1', /does not parse, an IPv6 address stands in brackets/],
    ['coaps://user:password@fe80::1:5684', /does not parse, an IPv6 address stands in brackets/],
    ['coap://[::g]', /does not parse/],
    ['coap://[fe80::1%25eth0]', /does not parse/],
    ['coap://exa mple', /does not parse/],
    ['coap://user@localhost', /user name/],
  ]
  for (const [text, why] of invalid) {
    test(text === '' ? 'the empty text' : text, () => {
      expect(() => parseServerUri(text)).toThrow(why)
      expect(() => parseServerUri(text)).toThrow(expect.objectContaining({ code: 'INVALID_URI' }))
    })
  }
})

function messageOf(text: string): string {
  try {
    parseServerUri(text)
  } catch (error) {
    if (error instanceof TransportError) return error.message
  }
  throw new Error('it was accepted')
}

test('the error shows what was given: bounded, without control characters, without a password', () => {
  expect(messageOf('coaps://local/path')).toContain('"coaps://local/path"')
  expect(messageOf(`coap://${'x'.repeat(100_000)}/path`).length).toBeLessThan(200)
  expect(messageOf('coap://a b\u001b[2J\n')).toContain('"coap://a b?[2J?"')
  for (const text of [
    'coap://user:secret@host/',
    'coap://user:secret @host',
    `coap://:secret${'x'.repeat(5_000)}@host`,
  ]) {
    expect(messageOf(text)).not.toContain('secret')
  }
})
