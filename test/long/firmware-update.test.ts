import { array, assert, asyncProperty, constantFrom } from 'fast-check'
import { expect, test } from 'vitest'
import { patternBytes } from '../helpers/coap-site.ts'
import { codeOf, collect, endpoint, firmwareSite, packageUri } from '../helpers/firmware-site.ts'

const pushed = patternBytes(3_000, 7)

const steps = [
  'push',
  'pull',
  'update',
  'cancel',
  'empty package',
  'empty uri',
  'another version',
  'suspend',
  'resume',
  'restart',
  'a moment',
  // Often enough that an update comes to its end.
  'a while',
  'a while',
  'a while',
  'update',
  'update',
] as const

type Step = (typeof steps)[number]

/** Does not wait for what comes of it. */
function perform(site: Awaited<ReturnType<typeof firmwareSite>>, step: Step): Promise<unknown> | undefined {
  switch (step) {
    case 'push':
      return site.pushing(pushed)
    case 'pull':
      return codeOf(site.server.write(endpoint, '/5/0/1', packageUri))
    case 'update':
      return codeOf(site.server.execute(endpoint, '/5/0/2'))
    case 'cancel':
      return codeOf(site.server.execute(endpoint, '/5/0/10'))
    case 'empty package':
      return site.pushing(new Uint8Array())
    case 'empty uri':
      return codeOf(site.server.write(endpoint, '/5/0/1', ''))
    case 'another version':
      site.file.tag = Buffer.from(`v${site.asked.length + 2}`)
      site.file.body = patternBytes(4_000, site.asked.length)
      return undefined
    default:
      return undefined
  }
}

test('whatever servers, the network and restarts do, what is installed is a package that was offered, whole', async () => {
  let installations = 0
  await assert(
    asyncProperty(array(constantFrom(...steps), { minLength: 15, maxLength: 40 }), async taken => {
      const site = await firmwareSite()
      const offered = new Set<string>([pushed.toString('hex'), site.file.body.toString('hex')])
      const installed: string[] = []
      const install = async (firmware: { readonly bytes: number; readonly read: () => AsyncIterable<Uint8Array> }) => {
        const content = await collect(firmware.read())
        expect(content.length).toBe(firmware.bytes)
        installed.push(content.toString('hex'))
      }
      let device = await site.boot({ install })
      for (const step of taken) {
        if (step === 'suspend') device.client.suspend()
        else if (step === 'resume') device.client.resume()
        else if (step === 'restart') {
          device.kill()
          device = await site.boot({ install })
        } else void perform(site, step)?.catch(() => undefined)
        offered.add(site.file.body.toString('hex'))
        await site.clock.advance(step === 'a while' ? 5_000 : 12)
        const { state } = device.statuses.at(-1) ?? {}
        if (state === 'downloaded') {
          expect(offered.has((await collect(site.store.read())).toString('hex')), 'downloaded').toBe(true)
        }
        if (state === 'idle') expect(site.store.load().bytes).toBe(0)
      }
      for (const content of installed) expect(offered.has(content), 'installed').toBe(true)
      installations += installed.length
      // Afterwards it takes a package as ever.
      device.client.resume()
      await site.clock.advance(600_000)
      await site.clock.until(perform(site, 'empty uri') as Promise<unknown>)
      expect(await site.push(pushed)).toBe('2.04')
      expect(site.errors).toEqual([])
      await site.close()
    }),
    { seed: 1, numRuns: 200 },
  )
  expect(installations).toBeGreaterThan(20)
})
