import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BlockFetch } from '../../../client/download/block-fetch.ts'
import { ChangedError, type Position } from '../../../client/download/source.ts'
import { DownloadError } from '../../../client/download-error.ts'
import { blockOption, cutBlock, findBlock } from '../../../transport/coap/block.ts'
import { type CoapMessage, type CoapOption, Code } from '../../../transport/coap/message.ts'
import { OptionNumber, uintOption } from '../../../transport/coap/options.ts'
import { patternBytes } from '../../helpers/coap-site.ts'
import { recordedAttempt } from '../../helpers/recorded-attempt.ts'

const body = patternBytes(3_000)
const tag = (value: string): CoapOption => ({ number: OptionNumber.eTag, value: Buffer.from(value, 'hex') })

type Answers = (asked: { readonly number: number; readonly bytes: number }, index: number) => CoapMessage

async function fetched(answers: Answers, { from, blockBytes = 1_024 }: { from?: Position; blockBytes?: number } = {}) {
  const recorded = recordedAttempt(from)
  const asked: CoapMessage[] = []
  const exchange = async (request: CoapMessage) => {
    const block = findBlock(request, OptionNumber.block2) ?? { number: 0, bytes: 1_024 }
    if (block === 'invalid' || asked.length > 10_000) throw new Error('an invalid request, or too many')
    asked.push(request)
    return answers(block, asked.length - 1)
  }
  const fetch = new BlockFetch(recorded.attempt, { exchange, options: [], blockBytes, acceptsBert: false })
  const error = await fetch.run().then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return { error, asked, begins: recorded.begins, bytes: recorded.bytes }
}

/** A server that has its own idea of the size of blocks, at most. */
function server(
  content: Uint8Array,
  { largest = 1_024, tags = ['aa'] }: { largest?: number; tags?: string[] } = {},
): Answers {
  return ({ number, bytes }, index) => {
    const size = Math.min(bytes, largest)
    const { block, payload } = cutBlock(content, number * bytes, size)
    const name = tags[Math.min(index, tags.length - 1)]
    const options = [...(name === undefined ? [] : [tag(name)]), blockOption(OptionNumber.block2, block)]
    return { code: Code.content, options, payload }
  }
}

function response(payload: Uint8Array, ...options: CoapOption[]): CoapMessage {
  return { code: Code.content, options, payload }
}

const block = (number: number, more: boolean, bytes = 1_024) =>
  blockOption(OptionNumber.block2, { number, more, bytes })

test('blocks of any size, as either end has it, from any byte on', async () => {
  const size = fc.constantFrom(16, 32, 64, 128, 256, 512, 1_024)
  await fc.assert(
    fc.asyncProperty(fc.nat(2_500), size, size, fc.nat(2_500), async (length, blockBytes, largest, start) => {
      const content = body.subarray(0, length)
      const bytes = Math.min(start, length)
      const given = bytes === 0 ? {} : { from: { bytes, validator: 'aa' } }
      const { error, begins, bytes: got } = await fetched(server(content, { largest }), { blockBytes, ...given })
      expect(error).toBeUndefined()
      expect(begins).toMatchObject([{ fromBytes: bytes, validator: 'aa' }])
      expect(Buffer.compare(got, content.subarray(bytes))).toBe(0)
    }),
    { seed: 1, numRuns: 200 },
  )
})

test('a server without blocks gives all of it, whatever is there already', async () => {
  const whole: Answers = () => response(body, tag('aa'))
  const same = await fetched(whole, { from: { bytes: 2_000, validator: 'aa' } })
  expect(Buffer.compare(same.bytes, body.subarray(2_000))).toBe(0)
  expect(same.begins).toEqual([{ validator: 'aa', fromBytes: 2_000, totalBytes: 3_000 }])
  const other = await fetched(whole, { from: { bytes: 2_000, validator: 'bb' } })
  expect(Buffer.compare(other.bytes, body)).toBe(0)
  expect(other.begins).toEqual([{ validator: 'aa', fromBytes: 0, totalBytes: 3_000 }])
})

test('one without ETag cannot be gone on with', async () => {
  const { begins } = await fetched(server(body, { tags: [] }))
  expect(begins).toEqual([{ validator: undefined, fromBytes: 0, totalBytes: undefined }])
  const { error } = await fetched(server(body, { tags: [] }), { from: { bytes: 2_000, validator: 'aa' } })
  expect(error).toBeInstanceOf(ChangedError)
})

describe('another version', () => {
  test.each([
    ['in the middle', server(body, { tags: ['aa', 'bb'] }), undefined, 1_024],
    ['than the one that is there', server(body, { tags: ['bb'] }), { bytes: 2_000, validator: 'aa' }, 0],
    ['that is shorter, of the same tag', server(body.subarray(0, 1_500)), { bytes: 2_000, validator: 'aa' }, 0],
  ])('%s', async (_, answers, from, taken) => {
    const { error, bytes } = await fetched(answers, from && { from })
    expect(error).toBeInstanceOf(ChangedError)
    expect(bytes).toHaveLength(taken)
  })

  test.each([Code.badRequest, Code.badOption, Code.requestEntityIncomplete])(
    'code %i where it ends earlier',
    async code => {
      const answers: Answers = () => ({ code, options: [], payload: Buffer.alloc(0) })
      expect((await fetched(answers, { from: { bytes: 2_000, validator: 'aa' } })).error).toBeInstanceOf(ChangedError)
      expect((await fetched(answers)).error).toMatchObject({ code: 'REFUSED' })
    },
  )
})

describe('a server that breaks the rules', () => {
  const full = body.subarray(0, 1_024)
  test.each<[string, Answers]>([
    ['a block that is not full', () => response(body.subarray(0, 1_000), block(0, true))],
    ['an empty block that others follow', () => response(Buffer.alloc(0), block(0, true))],
    ['the same block again', () => response(full, block(0, true))],
    ['a block too far', (_, index) => response(full, block(2 * index, true))],
    ['a reserved size', () => response(full, { number: OptionNumber.block2, value: Buffer.from([0x0f]) })],
    ['2.31', () => ({ code: Code.continue, options: [], payload: full })],
    ['2.03 without a question', () => ({ code: Code.valid, options: [], payload: Buffer.alloc(0) })],
  ])('%s', async (_, answers) => {
    const { error, asked } = await fetched(answers)
    expect(error).toBeInstanceOf(DownloadError)
    expect(error).toMatchObject({ code: 'INVALID_RESPONSE', isTransient: false })
    expect(asked.length).toBeLessThan(3)
  })

  test('a Size2 of 0 is none', async () => {
    const answers: Answers = () => response(full, block(0, true), uintOption(OptionNumber.size2, 0))
    expect((await fetched(answers)).begins).toMatchObject([{ totalBytes: undefined }])
  })
})

test.each([
  [Code.notFound, 'REFUSED', false],
  [Code.unauthorized, 'REFUSED', false],
  [0x9d, 'SERVER_FAILED', true],
  [Code.serviceUnavailable, 'SERVER_FAILED', true],
  [Code.gatewayTimeout, 'SERVER_FAILED', true],
  [Code.internalServerError, 'SERVER_FAILED', false],
])('the answer %i is %s', async (answered, code, isTransient) => {
  const { error } = await fetched(() => ({ code: answered, options: [], payload: Buffer.alloc(0) }))
  expect(error).toMatchObject({ code, isTransient })
})

test('whatever a server answers: it ends, with one of its errors, and asks nothing invalid', async () => {
  const option = fc.record({
    number: fc.constantFrom<number>(OptionNumber.eTag, OptionNumber.block2, OptionNumber.size2),
    value: fc.uint8Array({ maxLength: 9 }),
  })
  const anything = fc.record({
    code: fc.oneof({ weight: 5, arbitrary: fc.constant<number>(Code.content) }, fc.nat(255)),
    options: fc.array(option, { maxLength: 3 }),
    payload: fc.constantFrom(0, 1, 16, 64, 1_024, 1_025).map(length => body.subarray(0, length)),
  })
  /** That the next block follows in its order makes the way longer. */
  const next = fc.constantFrom(16, 64, 1_024)
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(anything, next), { minLength: 1, maxLength: 20 }),
      fc.option(fc.record({ bytes: fc.integer({ min: 1, max: 5_000 }), validator: fc.constantFrom('aa', '') })),
      async (script, from) => {
        const answers: Answers = ({ number, bytes }, index) => {
          const planned = script[index]
          if (planned === undefined) return { code: Code.notFound, options: [], payload: Buffer.alloc(0) }
          if (typeof planned !== 'number') return planned
          const size = Math.min(planned, bytes)
          return response(body.subarray(0, size), tag('aa'), block((number * bytes) / size, true, size))
        }
        const { error, asked } = await fetched(answers, from === null ? {} : { from })
        expect(asked.length).toBeLessThan(22)
        if (error !== undefined && !(error instanceof ChangedError)) expect(error).toBeInstanceOf(DownloadError)
      },
    ),
    { seed: 1, numRuns: 300 },
  )
})
