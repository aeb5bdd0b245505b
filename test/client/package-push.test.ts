import { describe, expect, test } from 'vitest'
import { PackageError } from '../../client/package-error.ts'
import { type PackagePushListener, receivePackage } from '../../client/package-push.ts'
import { firmwareUpdate } from '../../objects/definitions/firmware-update.ts'
import { OperationError } from '../../objects/errors.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import { ObjectsApi } from '../../objects/objects.ts'
import type { OperationOf, Outcome } from '../../objects/operations/operation.ts'
import { streamedWrite } from '../../objects/operations/streamed-write.ts'
import { patternBytes } from '../helpers/coap-site.ts'
import { keptPackage, listening } from '../helpers/kept-package.ts'
import { codeOf, setUp, textOf, write } from '../objects/operations/setting.ts'

interface PushOptions {
  readonly doing?: Partial<PackagePushListener>
  readonly maximumBytes?: number
  readonly pause?: (call: string) => Promise<void> | void
}

/** /5/0/0 of a store, without a network. */
function pushing({ doing, maximumBytes = 1_000_000, pause }: PushOptions = {}) {
  const { store, context, later, errors } = setUp()
  const objects = new ObjectsApi(store)
  objects.create(firmwareUpdate, 0)
  const kept = keptPackage(pause)
  const { heard, listener } = listening(doing)
  const stop = receivePackage(objects, '/5/0/0', kept.store, listener, { maximumBytes })
  const begin = (size1?: number) => {
    const operation = write('/5/0/0', '', ContentFormat.opaque) as OperationOf<'write'>
    const streamed = streamedWrite(store, context, operation, size1)
    if (streamed === undefined) throw new Error('not taken as it arrives')
    return streamed
  }
  return { kept, heard, errors, stop, begin, whole: (bytes: Uint8Array) => later(write('/5/0/0', bytes, 42)) }
}

const code = async (outcome: Outcome | undefined | Promise<Outcome | undefined>) => {
  const settled = await outcome
  return settled === undefined ? 'more' : codeOf(settled)
}

describe('a package that a server writes', () => {
  test('in one piece: cleared, stored, told, answered', async () => {
    const it = pushing()
    expect(await code(it.whole(Buffer.from('abc')))).toBe('2.04')
    expect(it.kept.calls).toEqual(['clear', 'append 3'])
    expect(it.kept.bytes().toString()).toBe('abc')
    expect(it.heard).toEqual(['begun 3', 'received 3'])
  })

  describe('block by block, stored in larger pieces', () => {
    const turn = () => new Promise(resolve => setImmediate(resolve))

    test('each while the next arrives: the sender waits for one at a time', async () => {
      const opens: (() => void)[] = []
      const it = pushing({
        pause: call => (call.startsWith('append') ? new Promise<void>(resolve => opens.push(resolve)) : undefined),
      })
      const body = patternBytes(70_000)
      const push = it.begin(70_000)
      for (let offset = 0; offset < 64_512; offset += 1_024) {
        expect(push.write(body.subarray(offset, offset + 1_024))).toBeUndefined()
      }
      await turn()
      expect(it.kept.calls).toEqual(['clear', 'append 32768'])
      const waiting = push.write(body.subarray(64_512, 65_536))
      expect(waiting).toBeInstanceOf(Promise)
      await turn()
      expect(it.kept.calls).toEqual(['clear', 'append 32768'])
      opens[0]?.()
      expect(await waiting).toBeUndefined()
      await turn()
      expect(it.kept.calls).toEqual(['clear', 'append 32768', 'append 32768'])
      const ended = push.end(body.subarray(65_536))
      await turn()
      opens[1]?.()
      await turn()
      opens[2]?.()
      expect(await code(ended)).toBe('2.04')
      expect(Buffer.compare(it.kept.bytes(), body)).toBe(0)
      expect(it.heard).toEqual(['begun 70000', 'received 70000'])
    })

    test('the sender waits for none that is stored already', async () => {
      const it = pushing()
      const push = it.begin(70_000)
      for (let offset = 0; offset < 65_536; offset += 1_024) {
        expect(push.write(patternBytes(1_024))).toBeUndefined()
        await turn()
      }
      expect(it.kept.calls).toEqual(['clear', 'append 32768', 'append 32768'])
    })

    test('one that cannot be stored refuses the next block', async () => {
      const it = pushing({
        pause: call => {
          if (call.startsWith('append')) throw new PackageError('NOT_ENOUGH_STORAGE', 'full')
        },
      })
      const push = it.begin(70_000)
      for (let offset = 0; offset < 32_768; offset += 1_024) void push.write(patternBytes(1_024))
      await turn()
      expect(await code(push.write(patternBytes(1_024)))).toBe('4.13')
      expect(it.heard).toEqual(['begun 70000', 'failed NOT_ENOUGH_STORAGE'])
    })
  })

  test('takes the place of the one before', async () => {
    const it = pushing()
    await it.whole(Buffer.from('abc'))
    await it.whole(Buffer.from('de'))
    expect(it.kept.bytes().toString()).toBe('de')
  })

  test('the listener refuses: its code, and the store stays as it was', async () => {
    let refusing = false
    const it = pushing({
      doing: {
        begun: () => {
          if (refusing) throw new OperationError('METHOD_NOT_ALLOWED', 'updating')
        },
      },
    })
    await it.whole(Buffer.from('abc'))
    refusing = true
    expect(await code(it.whole(Buffer.from('de')))).toBe('4.05')
    expect(await code(it.begin().write(patternBytes(64)))).toBe('4.05')
    expect(it.kept.bytes().toString()).toBe('abc')
    expect(it.heard).toEqual(['begun 3', 'received 3', 'begun 2', 'begun unknown'])
  })

  test('one at a time: while one arrives another is 4.05, and the first goes on', async () => {
    const it = pushing()
    const first = it.begin()
    await first.write(Buffer.from('abc'))
    expect(await code(it.begin().write(Buffer.from('xyz')))).toBe('4.05')
    expect(await code(it.whole(Buffer.from('xyz')))).toBe('4.05')
    expect(await code(first.end(Buffer.from('def')))).toBe('2.04')
    expect(it.kept.bytes().toString()).toBe('abcdef')
    expect(it.heard).toEqual(['begun unknown', 'received 6'])
  })
})

describe('a Write that cancels', () => {
  test.each([
    ['of nothing', ''],
    ['of a single NUL', '\0'],
  ])('%s: the listener is told, the store is its own', async (_, payload) => {
    const it = pushing()
    await it.whole(Buffer.from('abc'))
    expect(await code(it.whole(Buffer.from(payload)))).toBe('2.04')
    expect(it.heard).toEqual(['begun 3', 'received 3', 'emptied'])
    expect(it.kept.bytes().toString()).toBe('abc')
  })

  test('a package that is on its way: what follows of it is 4.09', async () => {
    const it = pushing()
    const push = it.begin()
    void push.write(Buffer.from('abc'))
    expect(await code(it.whole(Buffer.alloc(0)))).toBe('2.04')
    expect(await code(push.write(Buffer.from('def')))).toBe('4.09')
    expect(it.heard).toEqual(['begun unknown', 'emptied'])
    expect(await code(it.whole(Buffer.from('xyz')))).toBe('2.04')
    expect(it.kept.bytes().toString()).toBe('xyz')
  })

  test('is refused by the listener: its code, and the package goes on', async () => {
    const refuse = () => {
      throw new OperationError('METHOD_NOT_ALLOWED', 'not now')
    }
    const it = pushing({ doing: { emptied: refuse } })
    const push = it.begin()
    void push.write(Buffer.from('abc'))
    expect(await code(it.whole(Buffer.alloc(0)))).toBe('4.05')
    expect(await code(push.end(Buffer.from('def')))).toBe('2.04')
  })

  test.each([
    ['a byte that is no NUL', Buffer.from('a')],
    ['a NUL with more behind it', Buffer.from('\0a')],
    ['two NULs', Buffer.from('\0\0')],
  ])('%s is a package', async (_, bytes) => {
    const it = pushing()
    expect(await code(it.whole(bytes))).toBe('2.04')
    expect(it.kept.bytes()).toEqual(bytes)
  })

  test('a NUL whose rest comes later is a package, too', async () => {
    const it = pushing()
    const push = it.begin(1)
    void push.write(Buffer.of(0))
    void push.write(Buffer.of(0))
    expect(await code(push.end(Buffer.from('a')))).toBe('2.04')
    expect(it.kept.bytes()).toEqual(Buffer.from('\0\0a'))
    expect(it.heard).toEqual(['begun 1', 'received 3'])
  })
})

describe('a package that cannot be had', () => {
  test('announced above the limit: 4.13 before its first byte is stored', async () => {
    const it = pushing({ maximumBytes: 100 })
    expect(await code(it.begin(101).write(patternBytes(64)))).toBe('4.13')
    expect(await code(it.whole(patternBytes(101)))).toBe('4.13')
    expect(it.heard).toEqual(['begun 101', 'failed NOT_ENOUGH_STORAGE', 'begun 101', 'failed NOT_ENOUGH_STORAGE'])
    expect(it.kept.calls).toEqual([])
    expect(await code(it.whole(patternBytes(100)))).toBe('2.04')
  })

  test('above the limit without saying so: 4.13 where it passes it', async () => {
    const it = pushing({ maximumBytes: 100 })
    const push = it.begin(10)
    expect(await code(push.write(patternBytes(64)))).toBe('more')
    expect(await code(push.write(patternBytes(64)))).toBe('4.13')
    expect(it.heard).toEqual(['begun 10', 'failed NOT_ENOUGH_STORAGE'])
  })

  test.each([
    ['no room', new PackageError('NOT_ENOUGH_STORAGE', 'full'), 'NOT_ENOUGH_STORAGE', '4.13'],
    ['no memory', new PackageError('OUT_OF_MEMORY', 'no memory'), 'OUT_OF_MEMORY', '5.00'],
    ['a fault', new Error('EIO'), 'UPDATE_FAILED', '5.00'],
  ])('the store has %s', async (_, error, failure, response) => {
    const it = pushing({
      pause: call => {
        if (call.startsWith('append')) throw error
      },
    })
    expect(await code(it.whole(Buffer.from('abc')))).toBe(response)
    expect(it.heard).toEqual(['begun 3', `failed ${failure}`])
  })

  test.each([
    ['its checksum is wrong', new PackageError('INTEGRITY_FAILED', 'checksum'), 'INTEGRITY_FAILED', '4.00'],
    ['it is for another device', new PackageError('UNSUPPORTED_PACKAGE', 'model'), 'UNSUPPORTED_PACKAGE', '4.00'],
    ['who looks at it fails', new Error('secret'), 'INTEGRITY_FAILED', '4.00'],
    ['who looks at it says what to answer', new OperationError('FORBIDDEN', 'no'), 'INTEGRITY_FAILED', '4.03'],
  ])('%s', async (_, error, failure, response) => {
    const it = pushing({ doing: { received: () => Promise.reject(error) } })
    const outcome = await it.whole(Buffer.from('abc'))
    expect(codeOf(outcome)).toBe(response)
    expect(textOf(outcome)).not.toContain('secret')
    expect(it.heard).toEqual(['begun 3', 'received 3', `failed ${failure}`])
    expect(await code(it.whole(Buffer.from('abc')))).toBe(response)
  })

  test('the server is gone while a piece is being stored: told at once, and the next package waits for the store', async () => {
    const gates: (() => void)[] = []
    const it = pushing({ pause: () => new Promise(resolve => gates.push(resolve)) })
    const push = it.begin()
    const stored = push.write(patternBytes(40_000))
    await new Promise(resolve => setImmediate(resolve))
    push.abort()
    expect(it.heard).toEqual(['begun unknown', 'failed CONNECTION_LOST'])
    const next = it.whole(Buffer.from('abc'))
    const opening = (async () => {
      for (let count = 0; count < 3; count++) {
        await new Promise(resolve => setImmediate(resolve))
        gates.shift()?.()
      }
    })()
    expect(await code(next)).toBe('2.04')
    await Promise.all([stored, opening])
    // The piece of the first was given up before it was stored.
    expect(it.kept.calls).toEqual(['clear', 'clear', 'append 3'])
    expect(it.kept.bytes().toString()).toBe('abc')
  })
})

test('no more packages are taken: what was on its way is 4.09 and told nobody, what comes is stored as any value', async () => {
  const it = pushing()
  const push = it.begin()
  void push.write(Buffer.from('abc'))
  it.stop()
  expect(await code(push.write(Buffer.from('def')))).toBe('4.09')
  push.abort()
  expect(await code(it.whole(Buffer.from('abc')))).toBe('2.04')
  expect(it.heard).toEqual(['begun unknown'])
  expect(it.kept.calls).toEqual([])
})

test('a Write that was let in before refuses itself', () => {
  const { store } = setUp()
  const objects = new ObjectsApi(store)
  objects.create(firmwareUpdate, 0)
  const { heard, listener } = listening()
  const stop = receivePackage(objects, '/5/0/0', keptPackage().store, listener, { maximumBytes: 9_999 })
  const receive = store.handlers.find('receive', [5, 0, 0])
  stop()
  expect(() => receive?.([5, 0, 0], 100)).toThrow(expect.objectContaining({ code: 'METHOD_NOT_ALLOWED' }))
  const empty = receive?.([5, 0, 0], 0)
  expect(() => empty?.end()).toThrow(expect.objectContaining({ code: 'METHOD_NOT_ALLOWED' }))
  expect(heard).toEqual([])
})
