import { expect, test } from 'vitest'
import { PackageError } from '../../client/package-error.ts'
import { type PackagePull, pullPackage } from '../../client/package-pull.ts'
import type { PackageStore } from '../../client/package-store.ts'
import { Code } from '../../transport/coap/message.ts'
import { patternBytes } from '../helpers/coap-site.ts'
import { answer, downloadSite, failureOf, host } from '../helpers/download-site.ts'

const validator = Buffer.from('v1').toString('hex')
const uri = `coap://${host}/firmware.bin`

/** A store that writes down what is asked of it, in its order. */
function store(content: Uint8Array = Buffer.alloc(0), maximumBytes = 1_000_000) {
  let bytes = Buffer.from(content)
  const calls: string[] = []
  const kept: PackageStore = {
    load: () => ({ note: undefined, bytes: bytes.length }),
    note: async note => void calls.push(`note ${String(note)}`),
    async append(part) {
      if (bytes.length + part.length > maximumBytes) throw new PackageError('NOT_ENOUGH_STORAGE', 'the flash is full')
      calls.push(`append ${part.length}`)
      bytes = Buffer.concat([bytes, part])
    },
    async clear() {
      calls.push('clear')
      bytes = Buffer.alloc(0)
    },
    async *read() {
      yield bytes
    },
  }
  return {
    kept,
    calls,
    get bytes() {
      return bytes
    },
  }
}

async function pull(content: Uint8Array, more: Partial<PackagePull> = {}, capacityBytes?: number) {
  const site = await downloadSite()
  const target = store(content, capacityBytes)
  const run = () =>
    site.clock.until(
      pullPackage({
        uri,
        store: target.kept,
        bytes: content.length,
        source: {},
        maximumBytes: 1_000_000,
        settings: site.settings,
        onBegin: ({ fromBytes }) => target.kept.note(`from ${fromBytes}`),
        signal: new AbortController().signal,
        ...more,
      }),
    )
  return { ...site, target, run }
}

test('into an empty store', async () => {
  const { file, target, run } = await pull(Buffer.alloc(0))
  expect(await run()).toEqual({ bytes: 5_000 })
  expect(Buffer.compare(target.bytes, file.body)).toBe(0)
  expect(target.calls.slice(0, 2)).toEqual(['note from 0', 'append 1024'])
})

test('after a restart it goes on with what is there', async () => {
  const { file, target, run } = await pull(patternBytes(5_000).subarray(0, 3_333), { source: { validator } })
  expect(await run()).toEqual({ bytes: 5_000 })
  expect(Buffer.compare(target.bytes, file.body)).toBe(0)
  expect(target.calls.slice(0, 2)).toEqual(['note from 3333', 'append 763'])
})

test.each([
  ['of another version', { source: { validator: '00' } }],
  ['of which nobody knows what it is', {}],
])('what is there %s is cleared, before anything is noted', async (_, more) => {
  const { file, target, run } = await pull(patternBytes(3_000, 7), more)
  expect(await run()).toEqual({ bytes: 5_000 })
  expect(Buffer.compare(target.bytes, file.body)).toBe(0)
  expect(target.calls.slice(0, 3)).toEqual(['clear', 'note from 0', 'append 1024'])
})

test.each<[string, Partial<PackagePull>, string]>([
  ['no URI', { uri: 'firmware' }, 'INVALID_URI'],
  ['a scheme that is not spoken', { uri: 'ftp://10.0.0.2/f' }, 'UNSUPPORTED_PROTOCOL'],
  ['a package above the limit', { maximumBytes: 4_999 }, 'NOT_ENOUGH_STORAGE'],
  ['cancelled', { signal: AbortSignal.abort() }, 'CANCELLED'],
])('%s: the PackageError says so', async (_, more, code) => {
  const { run } = await pull(Buffer.alloc(0), more)
  const failure = await failureOf(run())
  expect(failure).toBeInstanceOf(PackageError)
  expect(failure).toMatchObject({ code })
})

test('a server that is gone, one that refuses, a protocol without credentials', async () => {
  const { run, script, network, settings } = await pull(Buffer.alloc(0))
  script.before = () => answer(Code.notFound)
  expect(await failureOf(run())).toMatchObject({ code: 'INVALID_URI' })
  script.before = () => answer(Code.internalServerError)
  expect(await failureOf(run())).toMatchObject({ code: 'CONNECTION_LOST' })
  network.conditions = { ...network.conditions, loss: 1 }
  expect(await failureOf(run())).toMatchObject({ code: 'CONNECTION_LOST' })
  const { security: _, ...none } = settings
  const secure = await pull(Buffer.alloc(0), { uri: `coaps://${host}/f`, settings: none })
  expect(await failureOf(secure.run())).toMatchObject({ code: 'UNSUPPORTED_PROTOCOL' })
})

test('a store that is full', async () => {
  const { run } = await pull(Buffer.alloc(0), {}, 3_000)
  expect(await failureOf(run())).toMatchObject({ code: 'NOT_ENOUGH_STORAGE', message: 'the flash is full' })
})
