import { expect, test } from 'vitest'
import { ContentFormat } from '../../objects/formats/format.ts'
import { type CoapMessage, Code } from '../../transport/coap/message.ts'
import { OptionNumber, uintOption } from '../../transport/coap/options.ts'
import { CoapPeer } from '../../transport/coap/peer.ts'
import { encodeRegister } from '../../transport/lwm2m/uplink.ts'
import { serverSite } from '../helpers/site.ts'

/** A server and a registered client that gives this answer to everything. */
async function answeredBy(answer: CoapMessage) {
  const { clock, random, network, server } = await serverSite()
  const client = new CoapPeer(await network.connect(server.local), { clock, random, handler: () => answer })
  const register = encodeRegister({ endpoint: 'odd', version: '1.1', lifetimeSeconds: 60, objectLinks: '</3/0>' })
  await clock.until(client.request(register).response)
  return { clock, server }
}

function content(contentFormat: number | undefined, text: string): CoapMessage {
  const options = contentFormat === undefined ? [] : [uintOption(OptionNumber.contentFormat, contentFormat)]
  return { code: Code.content, options, payload: Buffer.from(text) }
}

test.each([
  ['malformed JSON', content(ContentFormat.senmlJson, '[{')],
  ['a value elsewhere', content(ContentFormat.senmlJson, '[{"n":"/1/0/1","v":1}]')],
  ['a truncated TLV', content(ContentFormat.tlv, '\xc1')],
  ['text for an instance', content(ContentFormat.text, 'hello')],
  ['an unknown Content-Format', content(9_999, 'hello')],
  ['no Content-Format', content(undefined, 'hello')],
])('a Read answered with %s: BAD_RESPONSE', async (_, answer) => {
  const { clock, server } = await answeredBy(answer)
  await expect(clock.until(server.read('odd', '/3/0'))).rejects.toMatchObject({ code: 'BAD_RESPONSE' })
  await server.close()
})

test.each([
  ['malformed links', content(ContentFormat.link, '</3/0')],
  ['text', content(ContentFormat.text, '</3/0>')],
])('a Discover answered with %s: BAD_RESPONSE', async (_, answer) => {
  const { clock, server } = await answeredBy(answer)
  await expect(clock.until(server.discover('odd', '/3/0'))).rejects.toMatchObject({ code: 'BAD_RESPONSE' })
  await server.close()
})

test('an Observe answered with garbage ends with BAD_RESPONSE', async () => {
  const { clock, server } = await answeredBy(content(ContentFormat.senmlJson, '[{'))
  const seen = new Promise((_resolve, reject) => {
    server.observe('odd', '/3/0').subscribe({ error: reject })
  })
  await expect(clock.until(seen)).rejects.toMatchObject({ code: 'BAD_RESPONSE' })
  await server.close()
})

test('an Observe that is answered as a Read gives one value and completes', async () => {
  const { clock, server } = await answeredBy(content(ContentFormat.senmlJson, '[{"n":"/3/0/9","v":50}]'))
  const seen: unknown[] = []
  server.observe('odd', '/3/0').subscribe({
    next: ({ values }) => seen.push(...values),
    complete: () => seen.push('complete'),
  })
  await clock.advance(100)
  expect(seen).toEqual([{ path: [3, 0, 9], value: 50 }, 'complete'])
  await server.close()
})

test('what is read keeps its times, those relative to the arrival as seconds since 1970 (RFC 8428 §4.5.3)', async () => {
  const pack = '[{"bn":"/3/0/9","v":50,"t":1700000000.5},{"v":51,"t":-30},{"v":52}]'
  const { clock, server } = await answeredBy(content(ContentFormat.senmlJson, pack))
  const nowSeconds = clock.now() / 1_000
  const { values } = await clock.until(server.read('odd', '/3/0'))
  expect(values).toEqual([
    { path: [3, 0, 9], value: 50, timeSeconds: 1_700_000_000.5 },
    { path: [3, 0, 9], value: 51, timeSeconds: nowSeconds - 30 },
    { path: [3, 0, 9], value: 52 },
  ])
  await server.close()
})
