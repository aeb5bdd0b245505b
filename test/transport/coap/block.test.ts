import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  BodyAssembly,
  bertBytes,
  blockOption,
  cutBlock,
  findBlock,
  isFull,
  offsetOf,
} from '../../../transport/coap/block.ts'
import { Code, noPayload } from '../../../transport/coap/message.ts'
import { OptionNumber } from '../../../transport/coap/options.ts'

const messageWith = (value: Uint8Array) => ({
  code: Code.get,
  options: [{ number: OptionNumber.block2, value }],
  payload: noPayload,
})
const sizes = [16, 32, 64, 128, 256, 512, 1_024]

test('the option of a block survives (RFC 7959 §2.2)', () => {
  fc.assert(
    fc.property(
      fc.record({ number: fc.integer({ min: 0, max: 0xfffff }), more: fc.boolean(), bytes: fc.constantFrom(...sizes) }),
      block => {
        const { value } = blockOption(OptionNumber.block2, block)
        expect(value.length).toBeLessThanOrEqual(3)
        expect(findBlock(messageWith(value), OptionNumber.block2)).toEqual(block)
      },
    ),
    { seed: 1, numRuns: 500 },
  )
})

test('the examples of RFC 7959: 2:0/1/128, 1:31/0/1024', () => {
  const hex = (block: Parameters<typeof blockOption>[1]) =>
    Buffer.from(blockOption(OptionNumber.block2, block).value).toString('hex')
  expect(hex({ number: 0, more: true, bytes: 128 })).toBe('0b')
  expect(hex({ number: 31, more: false, bytes: 1_024 })).toBe('01f6')
  expect(hex({ number: 0, more: false, bytes: 16 })).toBe('')
})

test('the reserved size exponent 7 is invalid, four bytes are no block option', () => {
  expect(findBlock(messageWith(Buffer.from([0x0f])), OptionNumber.block2)).toBe('invalid')
  expect(findBlock(messageWith(Buffer.alloc(4)), OptionNumber.block2)).toBeUndefined()
  expect(findBlock(messageWith(Buffer.from([0x06])), OptionNumber.block1)).toBeUndefined()
})

test('where BERT is accepted the exponent 7 is one of its blocks, counted in 1,024 (RFC 8323 §6)', () => {
  const value = Buffer.from([0x3f])
  const block = { number: 3, more: true, bytes: bertBytes }
  expect(findBlock(messageWith(value), OptionNumber.block2, true)).toEqual(block)
  expect(offsetOf(block)).toBe(3_072)
  for (const bytes of [bertBytes, 2_048, 65_536]) {
    expect(Buffer.from(blockOption(OptionNumber.block2, { ...block, bytes }).value)).toEqual(value)
  }
})

test('a block that others follow is full: of its size, with BERT a positive multiple of 1,024', () => {
  const isFullOf = (bytes: number) =>
    [0, 512, 1_024, 1_536, 2_048].map(length => isFull({ number: 0, more: true, bytes }, length))
  expect(isFullOf(512)).toEqual([false, true, false, false, false])
  expect(isFullOf(1_024)).toEqual([false, false, true, false, false])
  expect(isFullOf(bertBytes)).toEqual([false, false, true, false, true])
})

test('a body cut into blocks and put together is the same', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3_000 }), fc.constantFrom(...sizes), (body, bytes) => {
      const assembly = new BodyAssembly(3_000)
      for (let offset = 0, more = true; more; offset += bytes) {
        const { block, payload } = cutBlock(body, offset, bytes)
        expect(block.number).toBe(offset / bytes)
        expect(payload.length === bytes || !block.more).toBe(true)
        expect(assembly.append(payload)).toBe(true)
        more = block.more
      }
      expect(Buffer.compare(assembly.body(), body)).toBe(0)
    }),
    { seed: 1 },
  )
})

test('a body beyond its bound is refused and stays as it was', () => {
  const assembly = new BodyAssembly(20)
  expect(assembly.append(Buffer.alloc(16, 1))).toBe(true)
  expect(assembly.append(Buffer.alloc(16, 2))).toBe(false)
  expect(assembly.append(Buffer.alloc(4, 3))).toBe(true)
  expect(Buffer.from(assembly.body())).toEqual(Buffer.concat([Buffer.alloc(16, 1), Buffer.alloc(4, 3)]))
})

test('a block is copied: its datagram may be large, and may change', () => {
  const assembly = new BodyAssembly(20)
  const datagram = Buffer.alloc(60_000, 1)
  assembly.append(datagram.subarray(100, 116))
  datagram.fill(2)
  expect(assembly.body()).toEqual(Buffer.alloc(16, 1))
  expect(assembly.body().buffer.byteLength).toBeLessThan(100)
})

test('a body takes at most twice what has arrived, and never more than its bound', () => {
  const assembly = new BodyAssembly(80_000)
  const block = Buffer.alloc(3_072)
  while (assembly.append(block)) {
    expect(assembly.body().buffer.byteLength).toBeLessThanOrEqual(Math.min(2 * assembly.length, 80_000))
  }
  expect(assembly.length).toBe(26 * 3_072)
})
