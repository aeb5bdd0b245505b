import { describe, expect, test } from 'vitest'
import { Code, formatCode } from '../../../transport/coap/message.ts'
import { defaultParameters, exchangeLifetimeMs } from '../../../transport/coap/parameters.ts'
import type { ReceiveBody } from '../../../transport/coap/streamed-bodies.ts'
import { TransportError } from '../../../transport/errors.ts'
import { bodySite } from '../../helpers/body-site.ts'
import { coapSite, patternBytes, request } from '../../helpers/coap-site.ts'
import { streamSite } from '../../helpers/stream-site.ts'

const lifetimeMs = exchangeLifetimeMs(defaultParameters)

describe('between two peers', () => {
  const body = patternBytes(200_000)

  test('a fault of the receiver is answered with 5.00 and told', async () => {
    const receive: ReceiveBody = () => {
      throw new Error('flash')
    }
    const site = await coapSite({ serverReceive: receive })
    const response = await site.clock.until(site.client.request(request(Code.put, '5/0/0', body)).response)
    expect(formatCode(response.code)).toBe('5.00')
    expect(site.handlerErrors).toEqual([new Error('flash')])
    await site.close()
  })

  test('a slow receiver: separate responses, no block before the last is taken', async () => {
    let taking = 0
    const seen = bodySite(async () => {
      expect(++taking).toBe(1)
      await new Promise<void>(resolve => site.clock.setTimeout(resolve, 3_000))
      taking--
      return undefined
    })
    const site = await coapSite({ serverReceive: seen.receive })
    const { response } = site.client.request(request(Code.put, '5/0/0', body.subarray(0, 10_000)))
    expect(formatCode((await site.clock.until(response)).code)).toBe('2.04')
    expect(Buffer.compare(seen.bytes(), body.subarray(0, 10_000))).toBe(0)
    await site.close()
  })

  test('20 % loss, duplication and reordering, 20 seeds: the bytes as they were sent, or a typed timeout', async () => {
    const tally = { right: 0, timedOut: 0 }
    for (let seed = 1; seed <= 20; seed++) {
      const delays = seed % 2 === 0
      const seen = bodySite(() => {
        if (!delays) return undefined
        return new Promise(resolve => site.clock.setTimeout(() => resolve(undefined), 70))
      })
      const site = await coapSite({
        seed,
        conditions: { loss: 0.2, duplication: 0.3, delayMs: [10, 3_000] },
        parameters: { blockBytes: 256 },
        serverReceive: seen.receive,
      })
      const sent = body.subarray(0, 5_000)
      try {
        const { response } = site.client.request(request(Code.put, '5/0/0', sent))
        expect(formatCode((await site.clock.until(response)).code)).toBe('2.04')
        expect(seen.seen).toHaveLength(1)
        expect(Buffer.compare(seen.bytes(), sent)).toBe(0)
        tally.right++
      } catch (error) {
        if (!(error instanceof TransportError)) throw error
        expect(Buffer.compare(sent.subarray(0, seen.bytes().length), seen.bytes())).toBe(0)
        tally.timedOut++
        await site.clock.advance(2 * lifetimeMs)
        expect(seen.states().every(state => state !== 'open')).toBe(true)
      }
      await site.close()
    }
    expect(tally.right).toBeGreaterThan(12)
  })

  test('over a stream, in blocks of BERT (RFC 8323 §6)', async () => {
    const seen = bodySite()
    const site = await streamSite({ serverReceive: seen.receive })
    const { response } = site.client.request(request(Code.put, '5/0/0', body))
    expect(formatCode((await site.clock.until(response)).code)).toBe('2.04')
    expect(seen.seen[0]?.chunks[0]?.length).toBeGreaterThan(10_000)
    expect(Buffer.compare(seen.bytes(), body)).toBe(0)
    await site.close()
  })
})
