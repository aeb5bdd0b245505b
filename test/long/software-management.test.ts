import { array, assert, asyncProperty, constantFrom } from 'fast-check'
import { expect, test } from 'vitest'
import type { SoftwarePackage } from '../../client/software-options.ts'
import { patternBytes } from '../helpers/coap-site.ts'
import { contentOf, packageBytes, packageUri, softwareSite } from '../helpers/software-site.ts'

const pushed = patternBytes(3_000, 7)
const [packageId, uriId, install, uninstall, activate, deactivate] = [2, 3, 4, 6, 10, 11]

const steps = {
  push: site => site.write(packageId, pushed),
  pull: site => site.write(uriId, packageUri),
  'empty package': site => site.write(packageId, new Uint8Array()),
  'empty uri': site => site.write(uriId, ''),
  install: site => site.execute(install),
  'install again': site => site.execute(install),
  activate: site => site.execute(activate),
  deactivate: site => site.execute(deactivate),
  uninstall: site => site.execute(uninstall),
  'uninstall for update': site => site.execute(uninstall, '1'),
  suspend: undefined,
  resume: undefined,
  restart: undefined,
  'a while': undefined,
  'a long while': undefined,
} satisfies Readonly<Record<string, ((site: Awaited<ReturnType<typeof softwareSite>>) => Promise<unknown>) | undefined>>

const names = Object.keys(steps) as (keyof typeof steps)[]

test('whatever servers, the network and restarts do, what is installed is a package that was offered, whole', async () => {
  let installations = 0
  await assert(
    asyncProperty(array(constantFrom(...names, 'a while' as const), { minLength: 15, maxLength: 40 }), async taken => {
      const site = await softwareSite()
      site.network.conditions = { loss: 0, duplication: 0, delayMs: [5, 5] }
      const offered = [pushed, packageBytes].map(bytes => bytes.toString('hex'))
      /** What is on the device. */
      let inPlace: string | undefined
      let isRunning = false
      const options = {
        install: async (software: SoftwarePackage, { isUpgrade }: { readonly isUpgrade: boolean }) => {
          const content = Buffer.from(await contentOf(software)).toString('hex')
          expect(content.length).toBe(software.bytes * 2)
          expect(isUpgrade).toBe(inPlace !== undefined)
          inPlace = content
          installations++
        },
        uninstall: (_: unknown, { isForUpdate }: { readonly isForUpdate: boolean }) => {
          expect(isRunning).toBe(false)
          if (!isForUpdate) inPlace = undefined
        },
        activate: () => void (isRunning = true),
        deactivate: () => void (isRunning = false),
      }
      let device = await site.boot(options)
      let managed = device.software.add(0)
      for (const step of taken) {
        if (step === 'suspend') device.client.suspend()
        else if (step === 'resume') device.client.resume()
        else if (step === 'restart') {
          device.kill()
          device = await site.boot(options)
          managed = device.software.add(0)
        } else void steps[step]?.(site).catch(() => undefined)
        await site.clock.advance(step === 'a long while' ? 300_000 : step === 'a while' ? 1_000 : 12)
        let state = ''
        managed.state$
          .subscribe(status => {
            ;({ state } = status)
            expect(status.isActive).toBe(isRunning)
          })
          .unsubscribe()
        if (state === 'installed') expect(offered).toContain(inPlace)
        if (state === 'installed' || state === 'initial') expect(site.stores.open(0).load().bytes).toBe(0)
        if (state === 'delivered') {
          expect(offered).toContain(Buffer.from(await contentOf(site.stores.open(0))).toString('hex'))
        }
      }
      expect(site.errors).toEqual([])
      device.kill()
      await site.close()
    }),
    { seed: 1, numRuns: 200 },
  )
  expect(installations).toBeGreaterThan(20)
})
