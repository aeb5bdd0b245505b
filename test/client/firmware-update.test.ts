import { describe, expect, test } from 'vitest'
import type { AnyActorRef, InspectionEvent } from 'xstate'
import { Lwm2mClient } from '../../client/client.ts'
import { firmwareUpdate } from '../../client/firmware-update.ts'
import { memoryPackageStore } from '../../client/memory-package-store.ts'
import { PackageError, type PackageErrorCode } from '../../client/package-error.ts'
import { SimulatedClock } from '../../transport/simulated-clock.ts'
import { patternBytes } from '../helpers/coap-site.ts'
import { codeOf, endpoint, firmwareSite, packageUri } from '../helpers/firmware-site.ts'

const image = patternBytes(5_000)

describe('push', () => {
  test('a package that a server writes is verified, installed and reported', async () => {
    const site = await firmwareSite()
    const device = await site.boot({ verify: () => ({ name: 'os', version: '2.0' }) })
    const progress: number[] = []
    device.firmware.progress$.subscribe(({ bytes }) => progress.push(bytes))
    expect(await site.push(image)).toBe('2.04')
    expect(await site.seen()).toEqual([2, 0])
    expect(await site.read('/5/0/6')).toBe('os')
    expect(await site.read('/5/0/7')).toBe('2.0')
    expect(progress.at(-1)).toBe(5_000)
    expect(await site.execute('/5/0/2')).toBe('2.04')
    expect(await site.seen()).toEqual([3, 0])
    expect(device.installed, 'the answer goes out first').toEqual([])
    await site.clock.advance(1_000)
    expect(await site.seen()).toEqual([0, 1])
    expect(device.installed).toEqual([image])
    expect(device.story).toEqual(['idle 0', 'downloading 0', 'downloaded 0', 'updating 0', 'idle 1'])
    expect(site.store.load().bytes).toBe(0)
    expect(device.client.objects.has('/5/0/6')).toBe(false)
  })

  test('the response to the last block waits for the verification, and tells of it', async () => {
    const site = await firmwareSite()
    const device = await site.boot({
      verify: () => {
        throw new PackageError('UNSUPPORTED_PACKAGE', 'for another device')
      },
    })
    expect(await site.push(image)).toBe('4.00')
    expect(await site.seen()).toEqual([0, 6])
    expect(device.statuses.at(-1)?.error?.message).toBe('for another device')
    expect(site.store.load().bytes).toBe(0)
  })

  test('a package that says of itself what is no text is result 5', async () => {
    const site = await firmwareSite()
    const device = await site.boot({ verify: () => ({ version: '\ud800' }) })
    expect(await site.push(image)).toBe('4.00')
    expect(await site.seen()).toEqual([0, 5])
    expect(device.story).toEqual(['idle 0', 'downloading 0', 'idle 5'])
  })

  test('a package above the limit is 4.13 and result 2', async () => {
    const site = await firmwareSite()
    await site.boot({ maximumBytes: 4_999 })
    expect(await site.push(image)).toBe('4.13')
    expect(await site.seen()).toEqual([0, 2])
    expect(await site.push(image.subarray(1))).toBe('2.04')
    expect(await site.seen()).toEqual([2, 0])
  })

  test('a restart in the middle of a push is result 4, and the next push succeeds', async () => {
    const site = await firmwareSite()
    const device = await site.boot()
    void site.pushing(image).catch(() => undefined)
    while (device.story.at(-1) !== 'downloading 0') await site.clock.advance(10)
    device.kill()
    const next = await site.boot()
    expect(next.story).toEqual(['idle 4'])
    expect(await site.seen()).toEqual([0, 4])
    expect(await site.push(image)).toBe('2.04')
    await site.execute('/5/0/2')
    await site.clock.advance(1_000)
    expect(next.installed).toEqual([image])
  })

  test('an update that is cancelled in the middle of a push takes nothing more of it', async () => {
    const site = await firmwareSite()
    const device = await site.boot()
    const pushed = site.pushing(image)
    while (device.story.at(-1) !== 'downloading 0') await site.clock.advance(10)
    await device.client.objects.execute('/5/0/10')
    expect(await site.clock.until(pushed)).toBe('4.09')
    expect(await site.seen()).toEqual([0, 10])
    expect(site.store.load().bytes).toBe(0)
    expect(await site.push(image)).toBe('2.04')
    expect(site.store.load().bytes).toBe(5_000)
  })

  test('an update that is cancelled while it is verified answers the push, and the verification is told', async () => {
    const site = await firmwareSite()
    const signals: AbortSignal[] = []
    const device = await site.boot({
      verify: (_, { signal }) => {
        signals.push(signal)
        return new Promise<void>(() => {})
      },
    })
    const pushed = site.pushing(image)
    while (signals.length === 0) await site.clock.advance(10)
    await device.client.objects.execute('/5/0/10')
    expect(signals[0]?.aborted).toBe(true)
    expect(await site.clock.until(pushed)).toBe('4.09')
    expect(await site.seen()).toEqual([0, 10])
  })

  test.each([
    ['nothing', new Uint8Array()],
    ['a NUL', Uint8Array.of(0)],
  ])('a package of %s resets the update (/5/0/3)', async (_, reset) => {
    const site = await firmwareSite()
    await site.boot()
    await site.push(image)
    expect(await site.push(reset)).toBe('2.04')
    expect(await site.seen()).toEqual([0, 0])
    expect(site.store.load().bytes).toBe(0)
  })
})

describe('pull', () => {
  test('a package whose URI a server writes is downloaded, query and all', async () => {
    const site = await firmwareSite()
    const device = await site.boot()
    expect(await site.write('/5/0/1', packageUri)).toBe('2.04')
    expect(await site.seen()).toEqual([1, 0])
    await site.clock.advance(10_000)
    expect(await site.seen()).toEqual([2, 0])
    expect(await site.read('/5/0/1')).toBe(packageUri)
    await site.execute('/5/0/2')
    await site.clock.advance(1_000)
    expect(device.installed).toEqual([site.file.body])
    expect(await site.seen()).toEqual([0, 1])
  })

  test.each([
    ['no URI', ':', 7],
    ['a file that is not there', `${packageUri}-missing`, 7],
    ['another protocol', 'ftp://10.0.0.9/firmware', 9],
    ['nobody there', 'coap://10.0.0.77/firmware', 4],
  ])('%s', async (_, uri, result) => {
    const site = await firmwareSite()
    if (uri.endsWith('missing')) site.file.code = 0x84
    await site.boot()
    expect(await site.write('/5/0/1', uri)).toBe('2.04')
    await site.clock.advance(1_000_000)
    expect(await site.seen()).toEqual([0, result])
  })

  test('a package above the limit is result 2', async () => {
    const site = await firmwareSite()
    await site.boot({ maximumBytes: 4_999 })
    await site.write('/5/0/1', packageUri)
    await site.clock.advance(10_000)
    expect(await site.seen()).toEqual([0, 2])
  })

  test('after a restart the download goes on by itself behind what is there', async () => {
    const site = await firmwareSite()
    const device = await site.boot()
    await site.write('/5/0/1', packageUri)
    while (site.store.load().bytes < 2_000) await site.clock.advance(1)
    device.kill()
    const before = site.store.load().bytes
    expect(before).toBeLessThan(5_000)
    const next = await site.boot({}, { starts: false })
    expect(next.story).toEqual(['downloading 0'])
    await site.clock.advance(10_000)
    expect(next.story, 'a client that is not started downloads nothing').toEqual(['downloading 0'])
    expect(site.store.load().bytes).toBe(before)
    const asked = site.asked.length
    await next.start()
    await site.clock.advance(10_000)
    expect(next.story.at(-1)).toBe('downloaded 0')
    expect(site.asked.length - asked, 'the server goes on with what it gives to this port').toBe(0)
    await site.execute('/5/0/2')
    await site.clock.advance(1_000)
    expect(next.installed).toEqual([site.file.body])
  })

  test('a package that was all there is not asked for again after a restart', async () => {
    const site = await firmwareSite()
    const device = await site.boot({ verify: () => new Promise<void>(() => {}) })
    await site.write('/5/0/1', packageUri)
    await site.clock.advance(10_000)
    expect(device.story.at(-1)).toBe('downloading 0')
    device.kill()
    const asked = site.asked.length
    const next = await site.boot()
    await site.clock.advance(10_000)
    expect(next.story).toEqual(['downloading 0', 'downloaded 0'])
    expect(site.asked.length).toBe(asked)
  })

  test('a suspended client downloads nothing, and goes on when it is resumed', async () => {
    const site = await firmwareSite()
    const device = await site.boot()
    await site.write('/5/0/1', packageUri)
    while (site.store.load().bytes < 2_000) await site.clock.advance(1)
    device.client.suspend()
    const { bytes } = site.store.load()
    await site.clock.advance(100_000)
    expect(site.store.load().bytes).toBe(bytes)
    device.client.resume()
    await site.clock.advance(10_000)
    expect(device.story.at(-1)).toBe('downloaded 0')
    expect(site.store.load().bytes).toBe(5_000)
  })

  test('a download that is taken back leaves nothing in the next one', async () => {
    const site = await firmwareSite()
    const device = await site.boot()
    await site.write('/5/0/1', packageUri)
    while (site.store.load().bytes < 1_000) await site.clock.advance(1)
    expect(await site.execute('/5/0/10')).toBe('2.04')
    site.file.body = patternBytes(3_000, 5)
    site.file.tag = Buffer.from('v2')
    await site.write('/5/0/1', packageUri)
    await site.clock.advance(10_000)
    await site.execute('/5/0/2')
    await site.clock.advance(1_000)
    expect(device.installed).toEqual([site.file.body])
  })

  test('a package that changes on the server in the middle is taken from its beginning', async () => {
    const site = await firmwareSite()
    const device = await site.boot()
    await site.write('/5/0/1', packageUri)
    while (site.store.load().bytes < 2_000) await site.clock.advance(1)
    device.kill()
    site.file.body = patternBytes(3_000, 5)
    site.file.tag = Buffer.from('v2')
    // The server keeps for EXCHANGE_LIFETIME what it was giving.
    await site.clock.advance(250_000)
    const next = await site.boot()
    await site.clock.advance(10_000)
    await site.execute('/5/0/2')
    await site.clock.advance(1_000)
    expect(next.installed).toEqual([site.file.body])
  })

  test('an empty URI takes the package back', async () => {
    const site = await firmwareSite()
    await site.boot()
    await site.write('/5/0/1', packageUri)
    await site.clock.advance(10_000)
    expect(await site.write('/5/0/1', '')).toBe('2.04')
    expect(await site.seen()).toEqual([0, 0])
    expect(site.store.load().bytes).toBe(0)
  })

  test('a URI whose Write is undone starts no download', async () => {
    const site = await firmwareSite()
    const device = await site.boot()
    device.client.objects.onWrite('/3/0/14', {
      written: () => {
        throw new Error('not today')
      },
    })
    const values = [
      { path: [5, 0, 1], value: packageUri },
      { path: [3, 0, 14], value: '+02' },
    ]
    expect(await site.clock.until(codeOf(site.server.writeComposite(endpoint, values)))).toBe('5.00')
    await site.clock.advance(10_000)
    expect(device.story).toEqual(['idle 0'])
    device.client.objects.set('/5/0/1', packageUri)
    await site.clock.advance(10_000)
    expect(device.story, 'what the application writes asks for nothing').toEqual(['idle 0'])
  })
})

describe('what is not allowed is 4.05', () => {
  test('in Idle: Update and Cancel', async () => {
    const site = await firmwareSite()
    await site.boot()
    expect(await site.execute('/5/0/2')).toBe('4.05')
    expect(await site.execute('/5/0/10')).toBe('4.05')
    expect(await site.seen()).toEqual([0, 0])
  })

  test('in Downloaded: another package, another URI', async () => {
    const site = await firmwareSite()
    await site.boot()
    await site.push(image)
    expect(await site.push(image)).toBe('4.05')
    expect(await site.write('/5/0/1', packageUri)).toBe('4.05')
    expect(await site.seen()).toEqual([2, 0])
    expect(site.store.load().bytes).toBe(5_000)
    expect(await site.execute('/5/0/10')).toBe('2.04')
    expect(await site.seen()).toEqual([0, 10])
  })

  test('in Updating: everything', async () => {
    const site = await firmwareSite()
    await site.boot({ install: () => new Promise(() => {}) })
    await site.push(image)
    await site.execute('/5/0/2')
    for (const path of ['/5/0/2', '/5/0/10']) expect(await site.execute(path)).toBe('4.05')
    expect(await site.push(image)).toBe('4.05')
    expect(await site.push(new Uint8Array())).toBe('4.05')
    for (const uri of ['', packageUri]) expect(await site.write('/5/0/1', uri)).toBe('4.05')
    expect(await site.seen()).toEqual([3, 0])
  })
})

describe('install', () => {
  const failing = (code: PackageErrorCode) => ({
    install: () => {
      throw new PackageError(code, 'no')
    },
  })

  test.each<[PackageErrorCode, number, number]>([
    ['UPDATE_FAILED', 2, 8],
    ['INTEGRITY_FAILED', 0, 5],
    ['OUT_OF_MEMORY', 0, 3],
  ])('%s', async (code, state, result) => {
    const site = await firmwareSite()
    await site.boot(failing(code))
    await site.push(image)
    expect(await site.execute('/5/0/2')).toBe('2.04')
    await site.clock.advance(1_000)
    expect(await site.seen()).toEqual([state, result])
    expect(site.store.load().bytes).toBe(state === 2 ? 5_000 : 0)
  })

  test('a restart in the middle of it is the success of an automatic one', async () => {
    const site = await firmwareSite()
    const device = await site.boot({ install: () => new Promise(() => {}) })
    await site.push(image)
    await site.execute('/5/0/2')
    await site.clock.advance(1_000)
    device.kill()
    await site.boot()
    expect(await site.seen()).toEqual([0, 1])
  })

  test('the application has the last word on a manual one, over restarts', async () => {
    const site = await firmwareSite()
    const device = await site.boot({ confirm: 'manual' })
    await expect(device.firmware.confirm()).rejects.toMatchObject({ code: 'METHOD_NOT_ALLOWED' })
    await site.push(image)
    await site.execute('/5/0/2')
    await site.clock.advance(1_000)
    expect(await site.seen()).toEqual([3, 0])
    device.kill()
    const next = await site.boot({ confirm: 'manual' })
    expect(await site.seen()).toEqual([3, 0])
    await next.firmware.fail()
    expect(await site.seen()).toEqual([2, 8])
    await site.execute('/5/0/2')
    await site.clock.advance(1_000)
    await next.firmware.confirm()
    expect(await site.seen()).toEqual([0, 1])
    next.kill()
    const last = await site.boot({ confirm: 'manual' })
    expect(last.story).toEqual(['idle 1'])
  })

  test('a package that is Downloaded is so after a restart', async () => {
    const site = await firmwareSite()
    const device = await site.boot({ verify: () => ({ name: 'os' }) })
    await site.push(image)
    device.kill()
    const next = await site.boot()
    expect(await site.seen()).toEqual([2, 0])
    expect(await site.read('/5/0/6')).toBe('os')
    next.kill()
    await site.store.clear()
    const last = await site.boot()
    expect(last.story, 'unless its bytes are gone').toEqual(['idle 4'])
  })

  test('whatever Maximum Defer Period a server writes, the package is there after a restart', async () => {
    const site = await firmwareSite()
    const device = await site.boot()
    await site.push(image)
    const largest = 2n ** 64n - 1n
    expect(await site.clock.until(codeOf(site.server.write(endpoint, '/5/0/13', largest)))).toBe('2.04')
    device.kill()
    await site.boot()
    expect(await site.seen()).toEqual([2, 0])
  })

  test('what cannot be noted is not Downloaded', async () => {
    const site = await firmwareSite()
    const { store } = site
    let isFull = false
    const failingStore = {
      load: () => store.load(),
      note: (note: unknown) => (isFull ? Promise.reject(new Error('full')) : store.note(note)),
      append: (bytes: Uint8Array) => store.append(bytes),
      clear: () => store.clear(),
      read: () => store.read(),
    }
    await site.boot({
      store: failingStore,
      verify: () => {
        isFull = true
      },
    })
    expect(await site.push(image)).toBe('4.13')
    expect(await site.seen()).toEqual([0, 2])
  })
})

describe('deferred updates', () => {
  test('an update that the user puts off stays Downloaded with result 11, until it is accepted', async () => {
    const site = await firmwareSite()
    const asked: unknown[] = []
    const device = await site.boot({
      defers: update => {
        asked.push(update)
        return true
      },
      severity: 2,
    })
    await site.push(image)
    expect(() => device.firmware.accept()).toThrow(expect.objectContaining({ code: 'METHOD_NOT_ALLOWED' }))
    expect(await site.execute('/5/0/2')).toBe('2.04')
    expect(await site.seen()).toEqual([2, 11])
    expect(asked).toEqual([{ severity: 2, maximumDeferSeconds: undefined }])
    await site.clock.advance(86_400_000)
    device.firmware.accept()
    await site.clock.advance(1_000)
    expect(await site.seen()).toEqual([0, 1])
    expect(device.installed).toEqual([image])
  })

  test('it is installed when the Maximum Defer Period is over, counted from the first time, over restarts', async () => {
    const site = await firmwareSite()
    const device = await site.boot({ defers: () => true, maximumDeferSeconds: 3_600 })
    await site.push(image)
    await site.execute('/5/0/2')
    await site.clock.advance(1_800_000)
    await site.execute('/5/0/2')
    device.kill()
    const next = await site.boot({ defers: () => true })
    expect(await site.seen()).toEqual([2, 11])
    await site.clock.advance(1_790_000)
    expect(next.installed).toEqual([])
    await site.clock.advance(20_000)
    expect(next.installed).toEqual([image])
  })

  test('a shorter Maximum Defer Period counts at once, and 0 allows no deferral', async () => {
    const site = await firmwareSite()
    const device = await site.boot({ defers: () => true })
    await site.push(image)
    await site.execute('/5/0/2')
    expect(await site.write('/5/0/13', 60)).toBe('2.04')
    await site.clock.advance(50_000)
    expect(device.installed.length).toBe(0)
    await site.clock.advance(20_000)
    expect(device.installed.length).toBe(1)
    expect(await site.write('/5/0/13', 0)).toBe('2.04')
    await site.push(image)
    await site.execute('/5/0/2')
    await site.clock.advance(1_000)
    expect(device.installed.length).toBe(2)
  })

  test('an installation may put itself off, unless that is not allowed', async () => {
    const site = await firmwareSite()
    await site.boot({
      maximumDeferSeconds: 100,
      install: () => {
        throw new PackageError('DEFERRED', 'the user is busy')
      },
    })
    await site.push(image)
    await site.execute('/5/0/2')
    await site.clock.advance(1_000)
    expect(await site.seen()).toEqual([2, 11])
    await site.clock.advance(200_000)
    expect(await site.seen()).toEqual([2, 8])
  })
})

describe('the object', () => {
  test('shows what the device can do', async () => {
    const site = await firmwareSite()
    await site.boot({ severity: 0, maximumDeferSeconds: 60 })
    const { values } = await site.clock.until(site.server.read(endpoint, '/5/0'))
    expect(values.map(({ path, value }) => [path.slice(2).join('/'), value])).toEqual([
      ['1', ''],
      ['3', 0],
      ['5', 0],
      ...[0, 1, 2, 3, 4, 5].map(id => [`8/${id}`, id]),
      ['9', 2],
      ['11', 0],
      ['13', 60],
    ])
  })

  test('Last State Change Time is that of the state, also after a restart', async () => {
    const site = await firmwareSite()
    const device = await site.boot()
    await site.push(image)
    const changed = await site.read('/5/0/12')
    expect(changed).toBe(Math.floor(site.clock.now() / 1000))
    device.kill()
    await site.clock.advance(100_000)
    await site.boot()
    expect(await site.read('/5/0/12')).toBe(changed)
  })

  test('of version 1.0 knows neither Cancel nor deferral', async () => {
    const site = await firmwareSite()
    const device = await site.boot({ objectVersion: '1.0', defers: () => true })
    await site.push(image)
    expect(await site.execute('/5/0/10')).toBe('4.04')
    await site.execute('/5/0/2')
    await site.clock.advance(1_000)
    expect(device.installed.length).toBe(1)
  })

  test.each([
    ['push', 1, '2.04', '4.05'],
    ['pull', 0, '4.05', '2.04'],
  ] as const)('that takes packages by %s alone', async (delivery, method, pushed, pulled) => {
    const site = await firmwareSite()
    await site.boot({ delivery })
    expect(await site.read('/5/0/9')).toBe(method)
    expect(await site.write('/5/0/1', packageUri)).toBe(pulled)
    await site.clock.advance(10_000)
    await site.write('/5/0/1', '')
    expect(await site.push(image)).toBe(pushed)
  })

  test('stays without its functions when the update is unsubscribed', async () => {
    const site = await firmwareSite()
    const device = await site.boot()
    let isComplete = false
    device.firmware.state$.subscribe({ complete: () => (isComplete = true) })
    device.firmware.unsubscribe()
    expect(isComplete).toBe(true)
    expect(await site.execute('/5/0/2')).toBe('4.04')
    expect(await site.seen()).toEqual([0, 0])
  })
})

test('whoever inspects the client sees the statechart of its firmware, too', async () => {
  const seen: InspectionEvent[] = []
  const client = new Lwm2mClient({
    endpoint,
    servers: [{ uri: 'coap://10.0.0.2', shortServerId: 1 }],
    clock: new SimulatedClock(),
    inspect: event => seen.push(event),
  })
  const firmware = firmwareUpdate(client, { store: memoryPackageStore(), install: () => {} })
  const actors = seen.filter(({ type }) => type === '@xstate.actor').map(({ actorRef }) => (actorRef as AnyActorRef).id)
  expect(actors).toEqual(['client', 'firmware-update'])
  firmware.unsubscribe()
})
