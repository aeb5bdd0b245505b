import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { OptionNumber } from '../../../transport/coap/options.ts'
import { parseResourceUri } from '../../../transport/coap/resource-uri.ts'
import { TransportError } from '../../../transport/errors.ts'

const names: Readonly<Record<number, string>> = {
  [OptionNumber.uriHost]: 'host',
  [OptionNumber.uriPath]: 'path',
  [OptionNumber.uriQuery]: 'query',
}

function options(text: string): string[] {
  return parseResourceUri(text).options.map(
    ({ number, value }) => `${names[number] ?? number} ${Buffer.from(value).toString()}`,
  )
}

// RFC 7252 §6.4
test.each([
  ['coap://10.0.0.2', []],
  ['coap://10.0.0.2/', []],
  ['coap://10.0.0.2//', ['path ', 'path ']],
  ['coap://10.0.0.2/a/b.bin', ['path a', 'path b.bin']],
  ['coap://10.0.0.2/a/', ['path a', 'path ']],
  ['coap://10.0.0.2/a/../b/./c', ['path b', 'path c']],
  ['coap://10.0.0.2/a%2Fb/%C3%A9', ['path a/b', 'path é']],
  ['coap://10.0.0.2?a=1&b=%26', ['query a=1', 'query b=&']],
  ['coap://10.0.0.2/?', []],
  ['coap://[::1]:5683/f', ['path f']],
  ['coaps+tcp://Server.Example/f?x', ['host server.example', 'path f', 'query x']],
])('%s', (text, expected) => {
  expect(options(text)).toEqual(expected)
})

test('the server of it', () => {
  expect(parseResourceUri('coaps://[2001:db8::1]/f').server).toEqual({
    scheme: 'coaps',
    host: '2001:db8::1',
    port: 5684,
  })
})

test('any text is one, or INVALID_URI', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string().map(rest => `coap://10.0.0.2/${rest}`),
    fc
      .array(fc.constantFrom('coap:', '//', '10.0.0.2', '/', '?', '&', '%', '2F', '#', '@', ':', '[', ']', 'é', 'x'))
      .map(parts => parts.join('')),
  )
  fc.assert(
    fc.property(text, value => {
      try {
        for (const { value: bytes } of parseResourceUri(value).options) expect(bytes.length).toBeLessThan(256)
      } catch (error) {
        expect(error).toBeInstanceOf(TransportError)
        expect(error).toMatchObject({ code: 'INVALID_URI' })
      }
    }),
    { seed: 1, numRuns: 500 },
  )
})
