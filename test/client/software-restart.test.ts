import { expect, onTestFinished, test } from 'vitest'
import { decodeSoftwareNote } from '../../client/software-note.ts'
import type { SoftwareManagementOptions } from '../../client/software-options.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import { endpoint } from '../helpers/site.ts'
import { packageBytes, packageUri, softwareSite } from '../helpers/software-site.ts'

const [packageId, uriId, install, uninstall, activate] = [2, 3, 4, 6, 10]

/** Runs a process with an instance 0 to its end, and another one after it. */
async function restarted(
  first: (site: Awaited<ReturnType<typeof softwareSite>>) => Promise<void>,
  { before, after }: Partial<Record<'before' | 'after', Partial<SoftwareManagementOptions>>> = {},
) {
  const site = await softwareSite()
  const killed = await site.boot(before)
  killed.software.add(0)
  await first(site)
  killed.kill()
  const process = await site.boot(after)
  onTestFinished(async () => {
    process.kill()
    await site.close()
  })
  return { ...site, ...process }
}

const opaque = { contentFormat: ContentFormat.opaque }

const slow = { loss: 0, duplication: 0, delayMs: [5, 5] } as const

const saved = { phase: 'inactive', result: 2, isInPlace: true, isForUpdate: false, name: 'app', version: '' }

const never = () => new Promise<never>(() => {})

test('in the middle of a package that a server writes: it has to be written again', async () => {
  const site = await softwareSite()
  const killed = await site.boot()
  killed.software.add(0)
  site.network.conditions = slow
  void site.server.write(endpoint, '/9/0/2', packageBytes, opaque).catch(() => undefined)
  await site.clock.advance(25)
  expect(site.stores.open(0).load().note).toMatchObject({ note: { saved: { phase: 'pushing' } } })
  killed.kill()
  const { software, kill } = await site.boot()
  expect([...software.instances.keys()]).toEqual([0])
  expect(await site.read()).toEqual([0, 52, false, ''])
  expect(site.stores.open(0).load().bytes).toBe(0)
  expect(await site.write(packageId, packageBytes)).toBe('2.04')
  expect(await site.read()).toEqual([3, 3, false, 'app'])
  kill()
  await site.close()
})

test('in the middle of a download: it goes on with the bytes that are there', async () => {
  let appended = 0
  let localPort: number | undefined
  const { read, clock, stores } = await restarted(async site => {
    site.network.conditions = slow
    await site.write(uriId, packageUri)
    while (site.stores.open(0).load().bytes < 2_000) await site.clock.advance(5)
    appended = site.stores.open(0).load().bytes
    localPort = decodeSoftwareNote(site.stores.open(0).load().note)?.localPort
  })
  expect(appended).toBeLessThan(packageBytes.length)
  expect(localPort).toBeGreaterThan(0)
  // By the port of before: a server may know by it what it was about to send.
  await clock.advance(5)
  expect(decodeSoftwareNote(stores.open(0).load().note)).toMatchObject({ saved: { phase: 'pulling' }, localPort })
  await clock.advance(60_000)
  expect(await read()).toEqual([3, 3, false, 'app'])
  expect(stores.open(0).load().bytes).toBe(packageBytes.length)
})

test('a package is verified again when that was not done, and stays delivered when it was', async () => {
  const unverified = await restarted(
    async ({ write, clock }) => {
      void write(packageId, packageBytes).catch(() => undefined)
      await clock.advance(1_000)
    },
    { before: { verify: never }, after: { verify: () => ({ name: 'other' }) } },
  )
  expect(await unverified.read()).toEqual([3, 3, false, 'other'])
  const verified = await restarted(async ({ write }) => void (await write(packageId, packageBytes)), {
    before: {},
    after: { verify: never },
  })
  expect(await verified.read()).toEqual([3, 3, false, 'app'])
  expect(await verified.execute(install)).toBe('2.04')
  expect(await verified.read()).toEqual([4, 2, false, 'app'])
  expect(verified.journal).toEqual(['install 0 app of 5000 bytes'])
})

test('software stays installed and active', async () => {
  const { read, execute } = await restarted(async site => {
    await site.write(packageId, packageBytes)
    await site.execute(install)
    await site.execute(activate)
  })
  expect(await read()).toEqual([4, 2, true, 'app'])
  expect(await execute(uninstall)).toBe('2.04')
  expect(await read()).toEqual([0, 0, false, ''])
})

test.each([
  ['it has failed', {}, [3, 58, false, 'app']],
  ['it was done, says the application', { completed: () => true }, [4, 2, false, 'app']],
])('in the middle of an Install: %s', async (_, after, state) => {
  const { read, journal } = await restarted(
    async site => {
      await site.write(packageId, packageBytes)
      await site.execute(install)
    },
    { before: { install: never }, after },
  )
  expect(await read()).toEqual(state)
  expect(journal).toEqual([])
})

test.each([
  ['it has failed', {}, [4, 59, false, 'app']],
  ['it was done, says the application', { completed: () => true }, [0, 0, false, '']],
])('in the middle of an Uninstall: %s', async (_, after, state) => {
  const { read } = await restarted(
    async site => {
      await site.write(packageId, packageBytes)
      await site.execute(install)
      await site.execute(uninstall)
    },
    { before: { uninstall: never }, after },
  )
  expect(await read()).toEqual(state)
})

test('software that waits for its upgrade still waits', async () => {
  const { write, execute, journal } = await restarted(async site => {
    await site.write(packageId, packageBytes)
    await site.execute(install)
    await site.execute(uninstall, '1')
  })
  await write(packageId, packageBytes)
  await execute(install)
  expect(journal).toEqual(['upgrade 0 app of 5000 bytes'])
})

test('a package that is gone is not delivered any more', async () => {
  const { read } = await restarted(async ({ write, stores }) => {
    await write(packageId, packageBytes)
    await stores.open(0).clear()
  })
  expect(await read()).toEqual([0, 53, false, ''])
})

test('a note of another shape is as good as none', async () => {
  const { stores, clock, boot, close } = await softwareSite()
  await clock.until(stores.open(0).note({ version: 1, note: { saved: { phase: 'flying' } } }))
  const { software, kill } = await boot()
  expect(software.instances.size).toBe(0)
  kill()
  await close()
})

test.each([
  ['name', { saved: { ...saved, name: '\ud800' } }],
  ['user name', { saved, userName: 'u'.repeat(256) }],
  ['password', { saved, password: '\udfff' }],
])('a note with a %s that no resource takes is none', async (_, note) => {
  const site = await softwareSite()
  await site.stores.open(0).note({ version: 1, note })
  const process = await site.boot()
  onTestFinished(async () => {
    process.kill()
    await site.close()
  })
  expect(process.software.instances.size).toBe(0)
})
