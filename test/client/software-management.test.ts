import { expect, onTestFinished, test } from 'vitest'
import { memoryPackageStore } from '../../client/memory-package-store.ts'
import { PackageError } from '../../client/package-error.ts'
import type { SoftwareManagementOptions } from '../../client/software-options.ts'
import { contentOf, packageBytes, packageUri, softwareSite } from '../helpers/software-site.ts'

const [packageId, uriId, install, uninstall, activate, deactivate] = [2, 3, 4, 6, 10, 11]

/** A device with an instance 0 in which nothing is. */
async function device(options: Partial<SoftwareManagementOptions> = {}) {
  const site = await softwareSite()
  const process = await site.boot(options)
  const instance = process.software.add(0)
  onTestFinished(async () => {
    process.kill()
    await site.close()
    expect(site.clock.pendingTimers).toBe(0)
  })
  return { ...site, ...process, instance, seen: site.states(instance) }
}

/** The same, the package delivered. */
async function deliveredDevice(options: Partial<SoftwareManagementOptions> = {}) {
  const site = await device(options)
  expect(await site.write(packageId, packageBytes)).toBe('2.04')
  site.seen.length = 0
  return site
}

/** The same, installed. */
async function installedDevice(options: Partial<SoftwareManagementOptions> = {}) {
  const site = await deliveredDevice(options)
  await site.execute(install)
  expect(await site.read()).toEqual([4, 2, false, 'app'])
  site.seen.length = 0
  site.journal.length = 0
  return site
}

test('a package that a server writes is downloaded, verified, delivered, installed and activated', async () => {
  let content: Uint8Array = Buffer.alloc(0)
  const { write, execute, read, seen, journal } = await device({
    verify: async software => {
      content = await contentOf(software)
      return { name: 'app', version: '2.0' }
    },
  })
  expect(await read()).toEqual([0, 0, false, ''])
  expect(await write(packageId, packageBytes)).toBe('2.04')
  expect(Buffer.compare(content, packageBytes)).toBe(0)
  expect(await read()).toEqual([3, 3, false, 'app'])
  expect(await execute(install)).toBe('2.04')
  expect(await read()).toEqual([4, 2, false, 'app'])
  expect(await execute(activate)).toBe('2.04')
  expect(await read()).toEqual([4, 2, true, 'app'])
  expect(await execute(deactivate)).toBe('2.04')
  expect(await execute(uninstall)).toBe('2.04')
  expect(await read()).toEqual([0, 0, false, ''])
  expect(seen).toEqual([
    'initial 0',
    'downloadStarted 1',
    'downloaded 0',
    'delivered 3',
    'installed 2',
    'installed 2 active',
    'installed 2',
    'initial 0',
  ])
  expect(journal).toEqual(['install 0 app of 5000 bytes', 'activate 0', 'deactivate 0', 'uninstall 0'])
})

test('a package is downloaded from its URI as soon as that is written', async () => {
  const { write, read, clock, seen } = await device()
  expect(await write(uriId, packageUri)).toBe('2.04')
  await clock.advance(1_000)
  expect(await read()).toEqual([3, 3, false, 'app'])
  expect(seen).toEqual(['initial 0', 'downloadStarted 1', 'downloaded 0', 'delivered 3'])
})

test.each([
  ['50: above the limit', packageUri, { maximumBytes: 4_999 }, 50],
  ['52: connection lost', 'coap://10.0.0.8/nobody', {}, 52],
  ['53: package integrity', packageUri, { verify: () => Promise.reject(new Error('no signature')) }, 53],
  [
    '54: unsupported package type',
    packageUri,
    { verify: () => Promise.reject(new PackageError('UNSUPPORTED_PACKAGE', 'for another device')) },
    54,
  ],
  ['54: a name that is too long', packageUri, { verify: () => ({ name: 'n'.repeat(256) }) }, 54],
  ['54: a version that is no text', packageUri, { verify: () => ({ version: '\ud800' }) }, 54],
  ['56: invalid URI', 'coap:///', {}, 56],
  ['56: unsupported protocol', 'gopher://10.0.0.7/software.bin', {}, 56],
])('Update Result %s, and the next download succeeds', async (_, uri, options, result) => {
  let isFaulty = true
  const { verify }: Partial<SoftwareManagementOptions> = options
  const { write, read, clock, instance, seen } = await device({
    ...options,
    verify: (...args) => (isFaulty && verify ? verify(...args) : { name: 'app' }),
  })
  let error: unknown
  instance.state$.subscribe(status => {
    error = status.error
  })
  expect(await write(uriId, uri)).toBe('2.04')
  await clock.advance(3_600_000)
  expect(await read()).toEqual([0, result, false, ''])
  expect(error).toBeInstanceOf(PackageError)
  expect(seen.at(-1)).toBe(`initial ${result}`)
  isFaulty = false
  expect(await write(packageId, packageBytes.subarray(0, 4_000))).toBe('2.04')
  expect(await read()).toEqual([3, 3, false, 'app'])
})

test('a package that a server writes and that is refused is answered with the reason', async () => {
  const { write, read } = await device({
    maximumBytes: 4_999,
    verify: () => Promise.reject(new PackageError('INTEGRITY_FAILED', 'no signature')),
  })
  expect(await write(packageId, packageBytes)).toBe('4.13')
  expect(await read()).toEqual([0, 50, false, ''])
  expect(await write(packageId, packageBytes.subarray(1))).toBe('4.00')
  expect(await read()).toEqual([0, 53, false, ''])
})

test('a package is not delivered before that outlives a crash', async () => {
  const store = memoryPackageStore()
  const { write, read } = await device({
    stores: {
      list: () => [],
      open: () => ({
        load: () => store.load(),
        append: bytes => store.append(bytes),
        clear: () => store.clear(),
        read: () => store.read(),
        note: async note => {
          if (JSON.stringify(note).includes('delivered')) throw new Error('the disk is full')
        },
      }),
    },
  })
  expect(await write(packageId, packageBytes)).toBe('4.13')
  expect(await read()).toEqual([0, 50, false, ''])
})

test('an Install that fails leaves the package delivered, to be installed again', async () => {
  let isFaulty = true
  const { execute, read } = await deliveredDevice({
    install: () => {
      if (isFaulty) throw new Error('no room')
    },
  })
  expect(await execute(install)).toBe('2.04')
  expect(await read()).toEqual([3, 58, false, 'app'])
  isFaulty = false
  expect(await execute(install)).toBe('2.04')
  expect(await read()).toEqual([4, 2, false, 'app'])
})

test('an Uninstall that fails leaves the software installed', async () => {
  const { execute, read } = await installedDevice({ uninstall: () => Promise.reject(new Error('busy')) })
  expect(await execute(uninstall)).toBe('2.04')
  expect(await read()).toEqual([4, 59, false, 'app'])
})

test('software that runs is deactivated before it is uninstalled', async () => {
  const { execute, read, journal, seen } = await installedDevice()
  await execute(activate)
  expect(await execute(uninstall, '0')).toBe('2.04')
  expect(await read()).toEqual([0, 0, false, ''])
  expect(journal).toEqual(['activate 0', 'deactivate 0', 'uninstall 0'])
  expect(seen.at(-1)).toBe('initial 0')
})

test('a package that was delivered and is not wanted is removed by Uninstall', async () => {
  const { execute, write, read, journal, stores } = await deliveredDevice()
  expect(await execute(uninstall)).toBe('2.04')
  expect(await read()).toEqual([0, 0, false, ''])
  expect(journal).toEqual([])
  expect(stores.open(0).load().bytes).toBe(0)
  expect(await write(packageId, packageBytes)).toBe('2.04')
})

test('Uninstall for update keeps the software until the next package is installed in its place', async () => {
  const { execute, write, read, journal } = await installedDevice()
  expect(await execute(uninstall, '1')).toBe('2.04')
  expect(await read()).toEqual([0, 0, false, ''])
  await write(packageId, packageBytes)
  await execute(install)
  expect(await read()).toEqual([4, 2, false, 'app'])
  expect(journal).toEqual(['make room 0', 'upgrade 0 app of 5000 bytes'])
})

test('software that waits for its upgrade can still be uninstalled for good', async () => {
  const { execute, write, read, journal } = await installedDevice()
  await execute(uninstall, '1')
  expect(await execute(uninstall)).toBe('2.04')
  expect(await read()).toEqual([0, 0, false, ''])
  await write(packageId, packageBytes)
  await execute(install)
  expect(journal).toEqual(['make room 0', 'uninstall 0', 'install 0 app of 5000 bytes'])
})

test.each(['2', "0='now'", '0,1'])('Uninstall with the arguments %s is answered with 4.00', async args => {
  const { execute, read } = await installedDevice()
  expect(await execute(uninstall, args)).toBe('4.00')
  expect(await read()).toEqual([4, 2, false, 'app'])
})

test('Activate and Deactivate tell how they end, and are answered the same when there is nothing to do', async () => {
  const { execute, read } = await installedDevice({
    activate: () => Promise.reject(new Error('it crashed')),
    deactivate: () => Promise.reject(new Error('never asked')),
  })
  expect(await execute(activate)).toBe('5.00')
  expect(await read()).toEqual([4, 2, false, 'app'])
  expect(await execute(deactivate)).toBe('2.04')
})

test('what the state does not allow is answered with 4.05', async () => {
  const { execute, write, read } = await device()
  for (const command of [install, uninstall, activate, deactivate]) expect(await execute(command)).toBe('4.05')
  await write(packageId, packageBytes)
  for (const command of [activate, deactivate]) expect(await execute(command)).toBe('4.05')
  expect(await write(packageId, packageBytes)).toBe('4.05')
  expect(await write(packageId, Buffer.alloc(0))).toBe('4.05')
  expect(await write(uriId, packageUri)).toBe('4.05')
  expect(await write(uriId, '')).toBe('4.05')
  expect(await read()).toEqual([3, 3, false, 'app'])
  await execute(install)
  expect(await execute(install)).toBe('4.05')
  expect(await write(packageId, packageBytes)).toBe('4.05')
  expect(await read()).toEqual([4, 2, false, 'app'])
})

test('a download is taken back by an empty URI', async () => {
  const { write, read, clock } = await device()
  await write(uriId, 'coap://10.0.0.8/nobody')
  expect(await read()).toEqual([1, 1, false, ''])
  expect(await write(packageId, packageBytes)).toBe('4.05')
  expect(await write(uriId, '')).toBe('2.04')
  expect(await read()).toEqual([0, 0, false, ''])
  expect(await write(uriId, '')).toBe('2.04')
  expect(await write(packageId, Buffer.alloc(1))).toBe('2.04')
  await clock.advance(3_600_000)
  expect(await read()).toEqual([0, 0, false, ''])
})

test('nothing is downloaded while the client is offline', async () => {
  const { client, write, clock, seen } = await device()
  await write(uriId, packageUri)
  client.enterOffline()
  await clock.advance(600_000)
  expect(seen.at(-1)).toBe('downloadStarted 1')
  client.exitOffline()
  await clock.advance(1_000)
  expect(seen.at(-1)).toBe('delivered 3')
})
