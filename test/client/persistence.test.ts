import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { fileStore, type LoadedState, PersistenceError } from '../../client/persistence.ts'
import { numberedState, numberOf } from '../helpers/saved-states.ts'
import { SimulatedDisk } from '../helpers/simulated-disk.ts'

const path = '/data/state.json'

/** The number of the state that was loaded, or what there was in place of it. */
function loaded(result: LoadedState): number | string {
  if (result.kind === 'state') return numberOf(result.state)
  return result.kind === 'failed' ? result.error.code : result.kind
}
const load = (disk: SimulatedDisk) => loaded(fileStore(path, disk).load())

/** What a saving rejects with. */
async function errorOf(promise: Promise<void>): Promise<PersistenceError> {
  const error: unknown = await promise.then(
    () => undefined,
    reason => reason,
  )
  if (error instanceof PersistenceError) return error
  throw new Error('expected a PersistenceError')
}

/** A disk that holds the document of a state. */
async function diskWith(number: number): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk()
  await fileStore(path, disk).save(numberedState(number))
  return disk
}
const document = (await diskWith(7)).files.get(path) as Buffer
const diskOf = (bytes: Uint8Array) => new SimulatedDisk(new Map([[path, Buffer.from(bytes)]]))

describe('saving', () => {
  test('nothing is there at first, then what was saved', async () => {
    const disk = new SimulatedDisk()
    const store = fileStore(path, disk)
    expect(store.load()).toEqual({ kind: 'nothing' })
    await store.flush()
    await store.save(numberedState(1))
    expect(fileStore(path, disk).load()).toEqual({ kind: 'state', state: numberedState(1) })
    await store.save(numberedState(2))
    expect(load(disk)).toBe(2)
    expect([...disk.files.keys()]).toEqual([path])
  })

  test('while a write is under way only the newest state waits', async () => {
    const disk = new SimulatedDisk()
    const store = fileStore(path, disk)
    const first = store.save(numberedState(1))
    // The first write has begun.
    await Promise.resolve()
    const others = [2, 3, 4, 5].map(number => store.save(numberedState(number)))
    await first
    expect(load(disk)).toBe(1)
    await Promise.all(others)
    expect(load(disk)).toBe(5)
    expect(disk.steps.filter(step => step === 'write')).toHaveLength(2)
  })

  test('states of one moment are one write', async () => {
    const disk = new SimulatedDisk()
    const store = fileStore(path, disk)
    for (let number = 0; number < 100; number++) void store.save(numberedState(number))
    await store.flush()
    expect(load(disk)).toBe(99)
    expect(disk.steps.filter(step => step === 'write')).toHaveLength(1)
  })

  test('a name is given to a file only when its bytes are on the disk', async () => {
    const disk = await diskWith(1)
    expect(disk.steps).toEqual(['remove', 'create', 'write', 'sync', 'close', 'rename', 'syncDirectory'])
  })

  test.each<[step: string, code: string]>([
    ['create', 'ENOENT'],
    ['write', 'ENOSPC'],
    ['sync', 'EIO'],
    ['close', 'EIO'],
    ['rename', 'EROFS'],
  ])('a failure of %s is told, and the state before is still there', async (step, code) => {
    const disk = await diskWith(1)
    const store = fileStore(path, disk)
    store.load()
    disk.failAt(step, code)
    const error = await errorOf(store.save(numberedState(2)))
    expect(error).toMatchObject({ code: 'STATE_NOT_WRITABLE', path, keptAs: undefined })
    expect(error.message).toBe(`the state cannot be saved in ${path}: the disk says no`)
    expect(await errorOf(store.flush())).toBe(error)
    disk.heal()
    expect([...disk.files.keys()]).toEqual([path])
    expect(load(disk)).toBe(1)
    await store.save(numberedState(3))
    expect(load(disk)).toBe(3)
  })

  test('the state that waited is written although the write before it failed', async () => {
    const disk = new SimulatedDisk()
    const store = fileStore(path, disk)
    disk.failAt('create', 'EMFILE')
    const first = store.save(numberedState(1))
    await Promise.resolve()
    const second = store.save(numberedState(2))
    await errorOf(first)
    disk.heal()
    await second
    expect(load(disk)).toBe(2)
  })

  test('what a client cannot load is not saved', async () => {
    const disk = await diskWith(1)
    const store = fileStore(path, disk)
    const unloadable = { ...numberedState(2), bootstrapAccountDeadlineMs: Number.NaN }
    expect((await errorOf(store.save(unloadable))).code).toBe('STATE_NOT_WRITABLE')
    const observations = [Number.NaN]
    const server = { ...numberedState(2).servers[1], observations } as never
    expect((await errorOf(store.save({ ...numberedState(2), servers: { 1: server } }))).code).toBe('STATE_NOT_WRITABLE')
    expect(load(disk)).toBe(1)
  })
})

describe('a damaged file', () => {
  /** What is told of these bytes; checks that they are kept and that saving goes on. */
  async function problemOf(bytes: Uint8Array): Promise<string> {
    const disk = diskOf(bytes)
    const store = fileStore(path, disk)
    const result = store.load()
    if (result.kind !== 'failed') throw new Error('expected damage')
    const { error } = result
    expect(error).toMatchObject({ code: 'DAMAGED_STATE', path, keptAs: `${path}.damaged-1` })
    expect([...disk.files.keys()]).toEqual([error.keptAs])
    expect(disk.files.get(error.keptAs as string)?.equals(bytes)).toBe(true)
    await store.save(numberedState(8))
    expect(load(disk)).toBe(8)
    const [, problem] =
      /^the state in \/data\/state\.json is damaged: (.*); it is kept as \S*-1$/.exec(error.message) ?? []
    return problem as string
  }
  const text = document.toString()

  test.each<[string, string, string]>([
    ['empty', '', 'it is not JSON'],
    ['another document', '[]', 'the document is not an object'],
    ['an object without anything', '{}', 'its version is not 1'],
    ['of a later version', text.replace('"version":1', '"version":2'), 'its version is not 1'],
    ['changed in one letter', text.replace('server.example', 'server.exbmple'), 'its checksum is wrong'],
    ['without checksum', text.replace('"checksum"', '"chicksum"'), 'its checksum is wrong'],
    ['without state', '{"version":1,"checksum":""}', 'its checksum is wrong'],
    ['with a number JSON does not know', '{"version":1,"state":1e999}', 'it is no saved state'],
    ['nested deeply', `{"version":1,"state":${'['.repeat(1e6)}${']'.repeat(1e6)}}`, 'it is no saved state'],
    [
      'of another shape',
      '{"version":1,"checksum":"74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b","state":null}',
      'state is not an object',
    ],
  ])('%s', async (_name, damaged, problem) => {
    expect(damaged).not.toBe(text)
    expect(await problemOf(Buffer.from(damaged))).toBe(problem)
  })

  test('cut off at any byte', async () => {
    for (let length = 0; length < document.length; length++) {
      expect(await problemOf(document.subarray(0, length))).toBe('it is not JSON')
    }
  })

  test('random bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async bytes => void (await problemOf(bytes))),
      { seed: 1, numRuns: 300 },
    )
  })

  test('with some bytes changed it is the state as it was, or damaged', () => {
    let damaged = 0
    const change = fc.tuple(fc.nat({ max: document.length - 1 }), fc.integer({ min: 0, max: 255 }))
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), changes => {
        const bytes = Buffer.from(document)
        for (const [offset, byte] of changes) bytes[offset] = byte
        const result = fileStore(path, diskOf(bytes)).load()
        if (result.kind === 'state') expect(result.state).toEqual(numberedState(7))
        else damaged++
      }),
      { seed: 1, numRuns: 1000 },
    )
    expect(damaged).toBeGreaterThan(900)
  })

  test('never takes the place of one that was kept before', () => {
    const names = [`${path}.damaged-1`, `${path}.damaged-2`]
    const disk = new SimulatedDisk(new Map([...names, path].map(name => [name, Buffer.from(`of ${name}`)])))
    expect(load(disk)).toBe('DAMAGED_STATE')
    expect([...disk.files].map(([name, bytes]) => [name, bytes.toString()])).toEqual([
      ...names.map(name => [name, `of ${name}`]),
      [`${path}.damaged-3`, `of ${path}`],
    ])
  })

  test('that cannot be moved is not overwritten', async () => {
    const disk = diskOf(Buffer.from('damaged'))
    const store = fileStore(path, disk)
    disk.failAt('move', 'EROFS')
    expect(store.load()).toMatchObject({
      error: {
        code: 'DAMAGED_STATE',
        keptAs: undefined,
        message: `the state in ${path} is damaged: it is not JSON; it cannot be moved aside: the disk says no`,
      },
    })
    const { message } = await errorOf(store.save(numberedState(1)))
    expect(message).toBe(`the state cannot be saved in ${path}: what is there is damaged and cannot be moved aside`)
    expect(disk.files.get(path)?.toString()).toBe('damaged')
  })

  test('no secret is in an error, nor in what caused it', async () => {
    const secret = 'TOP-SECRET'
    for (const damaged of [secret, `{"${secret}`, text.replace('coaps:', secret)]) {
      const result = fileStore(path, diskOf(Buffer.from(damaged))).load()
      if (result.kind !== 'failed') throw new Error('expected damage')
      for (let error: unknown = result.error; error instanceof Error; error = error.cause) {
        expect(`${error.message}${error.stack}`).not.toContain(secret)
      }
    }
  })
})

test('a file that cannot be read is told, and not overwritten', async () => {
  const disk = await diskWith(1)
  const store = fileStore(path, disk)
  disk.failAt('read', 'EACCES')
  expect(store.load()).toMatchObject({
    kind: 'failed',
    error: {
      code: 'STATE_NOT_READABLE',
      path,
      message: `the state cannot be read from ${path}: the disk says no`,
    },
  })
  disk.heal()
  expect((await errorOf(store.save(numberedState(2)))).message).toContain('what is there cannot be read')
  expect(load(disk)).toBe(1)
})

describe('on a real disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lwm2m-state-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const place = (name: string) => join(folder, name)

  test('the file is its owner’s alone, also when a process was killed before', async () => {
    const file = place('state')
    writeFileSync(`${file}.tmp`, 'left behind', { mode: 0o644 })
    const store = fileStore(file)
    expect(store.load()).toEqual({ kind: 'nothing' })
    await store.save(numberedState(1, 100_000))
    await store.save(numberedState(2, 10))
    expect(readdirSync(folder)).toEqual(['state'])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(loaded(fileStore(file).load())).toBe(2)
  })

  test('a missing directory is named with its cause', async () => {
    const file = place('missing/state')
    const store = fileStore(file)
    expect(store.load()).toEqual({ kind: 'nothing' })
    const { code, message } = await errorOf(store.save(numberedState(1)))
    expect(code).toBe('STATE_NOT_WRITABLE')
    expect(message).toContain(`the state cannot be saved in ${file}: no such file or directory`)
  })

  test('a directory in place of the file is left alone', async () => {
    const file = place('directory')
    mkdirSync(file)
    const store = fileStore(file)
    expect(loaded(store.load())).toBe('STATE_NOT_READABLE')
    expect((await errorOf(store.save(numberedState(1)))).code).toBe('STATE_NOT_WRITABLE')
    expect(statSync(file).isDirectory()).toBe(true)
  })

  test('a damaged file is kept', () => {
    const file = place('damaged')
    writeFileSync(file, 'damaged')
    expect(loaded(fileStore(file).load())).toBe('DAMAGED_STATE')
    expect(readFileSync(`${file}.damaged-1`, 'utf8')).toBe('damaged')
  })
})
