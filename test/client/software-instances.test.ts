import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, onTestFinished, test } from 'vitest'
import { filePackageStores } from '../../client/file-package-stores.ts'
import type { SoftwareManagementOptions } from '../../client/software-options.ts'
import { defineObject } from '../../objects/definition.ts'
import type { Value } from '../../objects/value.ts'
import type { HttpResponse } from '../../transport/http.ts'
import { endpoint } from '../helpers/site.ts'
import { packageBytes, packageUri, softwareSite } from '../helpers/software-site.ts'

const [packageId, uriId, install, uninstall] = [2, 3, 4, 6]

/** A device that manages no software yet. */
async function device(options: Partial<SoftwareManagementOptions> = {}) {
  const site = await softwareSite()
  const process = await site.boot(options)
  onTestFinished(async () => {
    process.kill()
    await site.close()
  })
  const { server, answer } = site
  return {
    ...site,
    ...process,
    create: (instanceId: number, values: Readonly<Record<number, Value>> = { 8: false }) =>
      answer(
        server.create(
          endpoint,
          '/9',
          Object.entries(values).map(([id, value]) => ({ path: [9, instanceId, Number(id)], value })),
        ),
      ),
    remove: (instanceId: number) => answer(server.delete(endpoint, `/9/${instanceId}`)),
  }
}

test('servers create instances, each with a package of its own', async () => {
  const { create, write, read, software } = await device()
  expect(await create(3, { 8: true })).toBe('2.01')
  expect(await create(5)).toBe('2.01')
  expect(await read(3)).toEqual([0, 0, false, ''])
  expect(await write(packageId, packageBytes, 3)).toBe('2.04')
  expect(await read(3)).toEqual([3, 3, false, 'app'])
  expect(await read(5)).toEqual([0, 0, false, ''])
  expect([...software.instances.keys()]).toEqual([3, 5])
})

test('an instance that is created with a URI is downloaded at once, one with a package is refused', async () => {
  const { create, read, clock, software } = await device()
  expect(await create(0, { 2: packageBytes.subarray(0, 100) })).toBe('4.00')
  expect(software.instances.size).toBe(0)
  expect(await create(0, { 3: packageUri })).toBe('2.01')
  await clock.advance(1_000)
  expect(await read()).toEqual([3, 3, false, 'app'])
})

test('there are no more instances than allowed', async () => {
  const { create, software } = await device({ maximumInstances: 2 })
  software.add(0)
  expect(await create(1)).toBe('2.01')
  expect(await create(2)).toBe('4.00')
  expect(software.instances.size).toBe(2)
})

test('an instance is deleted once nothing of it is on the device, and nothing of it is left for the next', async () => {
  const { create, remove, write, execute, read, stores } = await device()
  await create(0)
  await write(packageId, packageBytes)
  await execute(install)
  expect(await remove(0)).toBe('4.05')
  await execute(uninstall, '1')
  expect(await remove(0)).toBe('4.05')
  await execute(uninstall)
  await write(packageId, packageBytes)
  expect(await read()).toEqual([3, 3, false, 'app'])
  expect(await remove(0)).toBe('2.02')
  expect(stores.open(0).load()).toEqual({ note: null, bytes: 0 })
  expect(await create(0)).toBe('2.01')
  expect(await read()).toEqual([0, 0, false, ''])
  expect(await write(packageId, packageBytes)).toBe('2.04')
})

test('a download ends with its instance', async () => {
  const { create, remove, write, clock, software } = await device()
  await create(0)
  let isComplete = false
  software.instances.get(0)?.state$.subscribe({ complete: () => (isComplete = true) })
  await write(uriId, 'coap://10.0.0.8/nobody')
  expect(await remove(0)).toBe('2.02')
  await clock.advance(0)
  expect(isComplete).toBe(true)
})

test('software that is there from the beginning can be upgraded', async () => {
  const { software, execute, write, read, journal } = await device()
  const instance = software.add(2, { name: 'agent', version: '1.0', isActive: true })
  expect(software.add(2)).toBe(instance)
  expect(await read(2)).toEqual([4, 2, true, 'agent'])
  expect(await execute(uninstall, '1', 2)).toBe('2.04')
  await write(packageId, packageBytes, 2)
  expect(await execute(install, '', 2)).toBe('2.04')
  expect(await read(2)).toEqual([4, 2, false, 'app'])
  expect(journal).toEqual(['deactivate 2', 'make room 2', 'upgrade 2 app of 5000 bytes'])
})

const vending = defineObject({ id: 32_000, name: 'Vending', multiple: true, resources: {} })

test.each([
  [true, true],
  [false, false],
])('Update Supported Objects %s: an object that comes with the software is told at once: %s', async (isTold, told) => {
  const { client, software, execute, write, clock, server } = await device({
    install: () => client.objects.define(vending),
  })
  software.add(0)
  await clock.advance(1_000)
  await write(8, isTold)
  await write(packageId, packageBytes)
  await execute(install)
  await clock.advance(1_000)
  expect(server.registrations.get(endpoint)?.objectLinks.includes(`</${vending.id}>`)).toBe(told)
})

test('user name and password are shown to the HTTP server of the package, and not to where it redirects', async () => {
  const seen: (string | undefined)[] = []
  const { software, write, read, clock } = await device({
    download: {
      http: async (url, { headers }): Promise<HttpResponse> => {
        seen.push(`${url.host} ${headers['authorization']}`)
        const response = { headers: { location: 'http://mirror/app' }, close: () => undefined }
        if (url.host === 'packages') return { status: 302, ...response, body: contentOf() }
        return { status: 200, headers: {}, close: () => undefined, body: contentOf(packageBytes) }
      },
    },
  })
  software.add(0)
  await write(14, 'device')
  await write(15, 'secret')
  await write(uriId, 'http://packages/app')
  await clock.advance(1_000)
  expect(await read()).toEqual([3, 3, false, 'app'])
  expect(seen).toEqual([`packages Basic ${Buffer.from('device:secret').toString('base64')}`, 'mirror undefined'])
})

async function* contentOf(...chunks: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* chunks
}

test('packages in files are found again by the names of their directories', () => {
  const directory = mkdtempSync(`${tmpdir()}/software-`)
  onTestFinished(() => rmSync(directory, { recursive: true }))
  for (const name of ['0', '17', '65535', '007', 'lost+found']) mkdirSync(`${directory}/${name}`)
  expect(filePackageStores(directory).list()).toEqual([0, 17])
  expect(filePackageStores(`${directory}/none`).list()).toEqual([])
  expect(() => filePackageStores('/proc/self/status').list()).toThrow('ENOTDIR')
})

test.each(['n'.repeat(256), '\ud800'])(
  'software that is there is not added by a name that cannot be told',
  async name => {
    const { software, client } = await device()
    expect(() => software.add(0, { name })).toThrow(expect.objectContaining({ code: 'INVALID_VALUE' }))
    expect([software.instances.size, client.objects.has('/9/0')]).toEqual([0, false])
    expect(software.add(0, { name: 'app' }).instanceId).toBe(0)
  },
)
