import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Arbitrary, assert, asyncProperty, constant, double, nat, oneof, record } from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { filePackageStore } from '../../client/file-package-store.ts'
import { memoryPackageStore } from '../../client/memory-package-store.ts'
import type { PackageStore } from '../../client/package-store.ts'
import { type Remains, SimulatedDisk } from '../helpers/simulated-disk.ts'

const folder = mkdtempSync(join(tmpdir(), 'package-store-'))
afterAll(() => rmSync(folder, { recursive: true }))
const directory = (name: string) => join(folder, name, 'firmware')

async function contentOf(store: PackageStore): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of store.read()) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

const bytes = (text: string) => Buffer.from(text)

describe('a package store', () => {
  const memory = memoryPackageStore()
  /** What a process finds, and what the next one finds. */
  const stores = {
    file: (name: string, maximumBytes?: number) =>
      filePackageStore(directory(name), maximumBytes === undefined ? {} : { maximumBytes }),
    disk: (() => {
      const disks = new Map<string, SimulatedDisk>()
      return (name: string, maximumBytes?: number) => {
        const disk = disks.get(name) ?? new SimulatedDisk()
        disks.set(name, disk)
        return filePackageStore('/var/firmware', maximumBytes === undefined ? {} : { maximumBytes }, disk)
      }
    })(),
    memory: (name: string, maximumBytes?: number) =>
      name === 'kept' ? memory : memoryPackageStore(maximumBytes === undefined ? {} : { maximumBytes }),
  }

  for (const [kind, open] of Object.entries(stores)) {
    test(`${kind}: has nothing at first`, async () => {
      const store = open('empty')
      expect(store.load()).toEqual({ note: undefined, bytes: 0 })
      await store.clear()
      expect(await contentOf(store)).toBe('')
    })

    test(`${kind}: keeps package and note for the next run, which goes on behind it`, async () => {
      const first = open('kept')
      first.load()
      await first.append(bytes('one '))
      await first.note({ state: 1 })
      await first.append(bytes('two '))
      const second = open('kept')
      expect(second.load()).toEqual({ note: { state: 1 }, bytes: 8 })
      await second.append(bytes('three'))
      expect(await contentOf(second)).toBe('one two three')
      expect(await contentOf(second), 'as often as it is read').toBe('one two three')
      await second.clear()
      const third = open('kept')
      expect(third.load()).toEqual({ note: { state: 1 }, bytes: 0 })
      await third.append(bytes('anew'))
      expect(await contentOf(third)).toBe('anew')
      // With a note they close their files.
      for (const store of [first, second, third]) await store.note({})
    })

    test(`${kind}: takes no byte more than its limit`, async () => {
      const store = open('limited', 6)
      store.load()
      await store.append(bytes('12345'))
      await expect(store.append(bytes('67'))).rejects.toMatchObject({ code: 'NOT_ENOUGH_STORAGE' })
      expect(await contentOf(store)).toBe('12345')
      await store.append(bytes('6'))
      expect(await contentOf(store)).toBe('123456')
      await store.note({})
    })
  }
})

test('files of a package are for their owner alone', async () => {
  const store = filePackageStore(directory('private'))
  await store.append(bytes('x'))
  await store.note({ uri: 'coaps://user:secret@host' })
  const path = directory('private')
  expect(readdirSync(path).sort()).toEqual(['note.json', 'package.bin'])
  expect(statSync(path).mode & 0o077).toBe(0)
  for (const name of readdirSync(path)) expect(statSync(join(path, name)).mode & 0o077).toBe(0)
})

test.each(['write', 'open'])('a disk that refuses to %s is NOT_ENOUGH_STORAGE', async step => {
  const disk = new SimulatedDisk()
  const store = filePackageStore('/var/firmware', {}, disk)
  store.load()
  disk.failAt(step, 'ENOSPC')
  await expect(store.append(bytes('x'))).rejects.toMatchObject({ name: 'PackageError', code: 'NOT_ENOUGH_STORAGE' })
  disk.heal()
  await store.append(bytes('y'))
  expect(await contentOf(store)).toBe('y')
})

test('a note that is no JSON is no note', () => {
  const disk = new SimulatedDisk(new Map([['/var/firmware/note.json', bytes('{"state":')]]))
  expect(filePackageStore('/var/firmware', {}, disk).load()).toEqual({ note: undefined, bytes: 0 })
})

test('a note is never newer than the package it tells of, whenever the power goes', async () => {
  const pieces = ['alpha', 'beta', 'gamma']
  /** Clears what was there, then notes after each piece how much there is. */
  async function transfer(store: PackageStore) {
    store.load()
    await store.clear()
    await store.note({ bytes: 0 })
    let length = 0
    for (const piece of pieces) {
      await store.append(bytes(piece))
      length += piece.length
      await store.note({ bytes: length })
    }
  }
  const whole = new SimulatedDisk()
  await transfer(filePackageStore('/f', {}, whole))
  const steps = whole.steps.length
  const remains: Arbitrary<Remains> = oneof(
    constant('killed' as const),
    record({ bytesLeft: double({ min: 0, max: 1, noNaN: true }), namesLeft: nat(6) }),
  )
  const old = new Map([
    ['/f/package.bin', bytes('an old package')],
    ['/f/note.json', bytes('{"bytes":14}')],
  ])
  await assert(
    asyncProperty(nat(steps), double({ min: 0, max: 1, noNaN: true }), remains, async (at, left, after) => {
      const disk = new SimulatedDisk(old)
      const crashed = disk.crashAt(at, left)
      await Promise.race([crashed, transfer(filePackageStore('/f', {}, disk))])
      const store = filePackageStore('/f', {}, disk.afterCrash(after))
      const found = store.load()
      const note = found.note as { bytes: number }
      const content = await contentOf(store)
      expect(content.length).toBe(found.bytes)
      if (note.bytes === 14) return
      expect(found.bytes).toBeGreaterThanOrEqual(note.bytes)
      expect(pieces.join('').startsWith(content), content).toBe(true)
    }),
    { seed: 1, numRuns: 300 },
  )
})
