import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MessageHistory } from '../../../server/console/message-history.ts'
import { PayloadBuffer } from '../../../server/console/payload-buffer.ts'
import { packet } from '../../helpers/console-site.ts'

describe('the history', () => {
  test('counts from the latest', () => {
    const history = new MessageHistory(3)
    expect(history.entry(1)).toBeUndefined()
    for (let messageId = 1; messageId <= 5; messageId++) {
      history.add({ direction: 'Recv', packet: packet({ messageId }), kind: 'read' })
    }
    expect([1, 2, 3].map(index => history.entry(index)?.packet.messageId)).toEqual([5, 4, 3])
    expect([0, -1, 4, Number.NaN].map(index => history.entry(index))).toEqual(Array(4).fill(undefined))
    history.clear()
    expect(history.size).toBe(0)
  })

  test('keeps 1,000', () => {
    const history = new MessageHistory()
    for (let count = 0; count < 1_001; count++) history.add({ direction: 'Send', packet: packet(), kind: 'read' })
    expect(history.size).toBe(1_000)
  })
})

describe('the payload buffer', () => {
  test('holds the latest bytes and counts those that made room', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 40 }),
        fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 30 }),
        (maximumBytes, payloads) => {
          const buffer = new PayloadBuffer(maximumBytes)
          for (const payload of payloads) buffer.append(payload)
          const all = Buffer.concat(payloads)
          const kept = all.subarray(Math.max(0, all.length - maximumBytes))
          expect(buffer.bytes()).toEqual(Buffer.from(kept))
          expect(buffer.droppedBytes).toBe(all.length - kept.length)
        },
      ),
      { seed: 3, numRuns: 300 },
    )
  })

  test('a million, until it is cleared', () => {
    const buffer = new PayloadBuffer()
    for (let count = 0; count < 1_010; count++) buffer.append(Buffer.alloc(1_000, count))
    expect([buffer.bytes().length, buffer.droppedBytes]).toEqual([1_000_000, 10_000])
    buffer.clear()
    expect([buffer.bytes().length, buffer.droppedBytes]).toEqual([0, 0])
  })
})
