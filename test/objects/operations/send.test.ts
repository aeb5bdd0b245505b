import { describe, expect, test } from 'vitest'
import { AttributeTree } from '../../../objects/attributes/tree.ts'
import type { EnablerVersion } from '../../../objects/enabler.ts'
import { ContentFormat } from '../../../objects/formats/format.ts'
import { formatOf } from '../../../objects/formats/formats.ts'
import { readSend, type SendContent, type SendRequest, sendFormat } from '../../../objects/operations/send.ts'
import { parsePath } from '../../../objects/path.ts'
import { setUp } from './setting.ts'

const context = (enablerVersion: EnablerVersion = '1.2') => ({
  shortServerId: 1,
  attributes: new AttributeTree(),
  enablerVersion,
})

const request = (paths: readonly string[], more: Partial<SendRequest> = {}): SendRequest => ({
  paths: paths.map(parsePath),
  contentFormat: ContentFormat.senmlCbor,
  ...more,
})

function now(content: SendContent | Promise<SendContent>): SendContent {
  if (content instanceof Promise) throw new Error('expected it at once')
  return content
}

test('a Send carries what is there and readable, in tree order, each thing once', () => {
  const { store } = setUp()
  const { values, payload, contentFormat } = now(
    readSend(store, context(), request(['/32000/0/4/2', '/9999/0', '/1/0/0', '/32000/0/4', '/1/0/8'])),
  )
  expect(values.map(({ path }) => path.join('/'))).toEqual(['1/0/0', '32000/0/4/0', '32000/0/4/2'])
  expect(contentFormat).toBe(ContentFormat.senmlCbor)
  expect(formatOf(contentFormat)?.decode([], payload, store)).toEqual(values)
})

test.each([
  ['what is missing', ['/9999'], 'NOT_FOUND'],
  ['what is not readable', ['/1/0/8'], 'METHOD_NOT_ALLOWED'],
  ['an object of bootstrap', ['/0/0', '/1/0/0'], 'UNAUTHORIZED'],
  ['nothing', [], 'BAD_REQUEST'],
])('a Send of %s is %j: %s', (_name, paths, code) => {
  const { store } = setUp()
  expect(() => readSend(store, context(), request(paths))).toThrow(expect.objectContaining({ code }))
})

test('only a handler that takes its time makes it a Promise', async () => {
  const { store } = setUp()
  store.handlers.add(32_000, undefined, 0, { read: () => Promise.resolve(99) })
  const content = await readSend(store, context(), request(['/32000/0/0']))
  expect(content.values).toEqual([{ path: [32_000, 0, 0], value: 99 }])
})

describe('what was kept', () => {
  const kept = [{ path: [1, 0, 0], value: 7, timeSeconds: 2 ** 30 }]

  test('goes in place of what is there now', () => {
    const { store } = setUp()
    const { values, payload } = now(readSend(store, context(), request(['/1/0/0', '/1/0/1'], { kept })))
    expect(values).toEqual(kept)
    expect(formatOf(ContentFormat.senmlCbor)?.decode([], payload, store)).toEqual(kept)
  })

  test('goes though its place is gone', () => {
    const { store } = setUp()
    expect(now(readSend(store, context(), request(['/9999/0'], { kept }))).values).toEqual(kept)
  })

  test('goes by itself when there is nothing more to read', () => {
    const { store } = setUp()
    expect(now(readSend(store, context(), request([], { kept }))).values).toEqual(kept)
  })
})

test.each([
  [ContentFormat.senmlCbor, '1.1', true],
  [ContentFormat.senmlJson, '1.1', true],
  [ContentFormat.lwm2mCbor, '1.1', false],
  [ContentFormat.lwm2mCbor, '1.2', true],
  [ContentFormat.tlv, '1.2', false],
  [ContentFormat.lwm2mJson, '1.2', false],
  [ContentFormat.senmlEtchJson, '1.2', false],
] as const)('a Send in format %i with LwM2M %s: %s', (contentFormat, version, possible) => {
  const find = () => sendFormat(contentFormat, version).contentFormat
  if (possible) expect(find()).toBe(contentFormat)
  else expect(find).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_CONTENT_FORMAT' }))
})
