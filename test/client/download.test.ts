import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type DownloadBegin, download, downloadTo } from '../../client/download.ts'
import { PackageError } from '../../client/package-error.ts'
import { psk } from '../../client/psk.ts'
import type { Clock } from '../../transport/clock.ts'
import { Code } from '../../transport/coap/message.ts'
import { findStrings, findUint, OptionNumber } from '../../transport/coap/options.ts'
import { patternBytes } from '../helpers/coap-site.ts'
import { answer, downloadSite, failureOf, host } from '../helpers/download-site.ts'

const validator = Buffer.from('v1').toString('hex')

describe.each(['coap', 'coaps', 'coap+tcp'])('%s', scheme => {
  const uri = `${scheme}://${host}/firmware/a%2Fb.bin?device=1&x=%C3%A9`

  test('a file in blocks: all of it, once, with its size and its version', async () => {
    const { clock, fetch, file, asked } = await downloadSite()
    const fetched = fetch(uri)
    expect(await clock.until(fetched.done)).toEqual({ bytes: 5_000, validator })
    expect(Buffer.compare(fetched.bytes, file.body)).toBe(0)
    const localPort = scheme === 'coap' ? { localPort: expect.any(Number) } : {}
    expect(fetched.begins).toEqual([{ validator, fromBytes: 0, totalBytes: 5_000, ...localPort }])
    expect(fetched.progress.at(-1)).toEqual({ bytes: 5_000, totalBytes: 5_000 })
    const [first] = asked
    expect(first && findStrings(first, OptionNumber.uriPath)).toEqual(['firmware', 'a/b.bin'])
    expect(first && findStrings(first, OptionNumber.uriQuery)).toEqual(['device=1', 'x=é'])
    expect(first && findUint(first, OptionNumber.size2)).toBe(0)
  })

  test('into memory, and one that is empty', async () => {
    const { clock, settings, file } = await downloadSite()
    expect(Buffer.compare((await clock.until(download(uri, settings))).content, file.body)).toBe(0)
    file.body = Buffer.alloc(0)
    expect(await clock.until(download(uri, settings))).toEqual({ content: new Uint8Array(), validator })
  })

  test('it goes on with what is there already', async () => {
    const { clock, fetch, file } = await downloadSite()
    for (const bytes of [1, 1_023, 1_024, 1_025, 4_096, 4_999, 5_000]) {
      const fetched = fetch(uri, { from: { bytes, validator } })
      expect(await clock.until(fetched.done)).toEqual({ bytes: 5_000, validator })
      expect(Buffer.compare(fetched.bytes, file.body.subarray(bytes))).toBe(0)
      expect(fetched.begins).toMatchObject([{ validator, fromBytes: bytes }])
    }
  })

  test('another version than the one that is there: it starts over', async () => {
    const { clock, fetch, file } = await downloadSite()
    for (const [from, body] of [
      [{ bytes: 3_000, validator: '00' }, patternBytes(5_000, 1)],
      [{ bytes: 4_000, validator }, patternBytes(2_000, 2)],
      [{ bytes: 4_000, validator }, patternBytes(200, 3)],
    ] as const) {
      file.body = Buffer.from(body)
      const fetched = fetch(uri, { from })
      await clock.until(fetched.done)
      expect(fetched.begins.map(({ fromBytes }) => fromBytes)).toEqual([0])
      expect(Buffer.compare(fetched.bytes, body)).toBe(0)
    }
  })

  test('no more than it may be', async () => {
    const { clock, fetch } = await downloadSite()
    const fetched = fetch(uri, { maximumBytes: 4_999 })
    expect(await failureOf(clock.until(fetched.done))).toMatchObject({ code: 'TOO_LARGE', isTransient: false })
    expect(fetched.begins).toEqual([])
    await clock.until(fetch(uri, { maximumBytes: 5_000 }).done)
  })

  test('what the server refuses is not asked again', async () => {
    const { clock, fetch, script, asked } = await downloadSite()
    script.before = () => answer(Code.notFound)
    const failure = await failureOf(clock.until(fetch(uri).done))
    expect(failure).toMatchObject({ code: 'REFUSED', message: 'the server answers 4.04 Not Found' })
    expect(asked).toHaveLength(1)
  })

  test('given up: at once, and nothing is left open', async () => {
    const { clock, fetch } = await downloadSite()
    for (const whenReached of [0, 1, 3_000]) {
      const { signal, abort } = giveUp()
      if (whenReached === 0) abort()
      const startMs = clock.now()
      const fetched = fetch(uri, { signal }, ({ bytes }) => void (bytes >= whenReached && abort()))
      expect(await failureOf(clock.until(fetched.done))).toMatchObject({ code: 'CANCELLED' })
      expect(fetched.bytes.length).toBeLessThan(whenReached + 2_049)
      expect(clock.now()).toBe(startMs)
    }
  })

  test('given up while it connects, or waits for an answer', async () => {
    const { clock, fetch, network } = await downloadSite({ conditions: { loss: 1 } })
    const { signal, abort } = giveUp()
    const connecting = fetch(uri, { signal })
    await clock.advance(1_000)
    abort()
    await clock.advance(0)
    expect(await failureOf(connecting.done)).toMatchObject({ code: 'CANCELLED' })
    network.conditions = { ...network.conditions, loss: 0 }
    const again = giveUp()
    const waiting = fetch(uri, { signal: again.signal }, () => {
      network.conditions = { ...network.conditions, loss: 1 }
    })
    await clock.advance(1_000)
    again.abort()
    await clock.advance(0)
    expect(await failureOf(waiting.done)).toMatchObject({ code: 'CANCELLED' })
    expect(waiting.progress).toHaveLength(1)
  })

  test('the next part is asked for when the one before was taken', async () => {
    const { clock, settings } = await downloadSite()
    let taking = 0
    let parts = 0
    const sink = async () => {
      expect(++taking).toBe(1)
      await new Promise<void>(resolve => void clock.setTimeout(resolve, 200_000))
      taking--
      parts++
    }
    // Slower than a server may be.
    await clock.until(downloadTo(uri, sink, { ...settings, stallSeconds: 10 }))
    expect(parts).toBe(scheme === 'coap+tcp' ? 3 : 5)
  })

  test('what the application throws ends it', async () => {
    const { clock, settings } = await downloadSite()
    const full = new PackageError('NOT_ENOUGH_STORAGE', 'full')
    const sink = () => Promise.reject(full)
    await expect(clock.until(downloadTo(uri, sink, settings))).rejects.toBe(full)
    const onBegin = () => {
      throw full
    }
    await expect(clock.until(downloadTo(uri, () => {}, { ...settings, onBegin }))).rejects.toBe(full)
  })
})

describe('a connection that breaks', () => {
  test.each(['coap', 'coaps', 'coap+tcp'])('%s: it goes on where it was', async scheme => {
    const { clock, fetch, file, network } = await downloadSite()
    const fetched = fetch(`${scheme}://${host}/f`, {}, ({ bytes }) => {
      if (bytes === 2_048) network.conditions = { ...network.conditions, loss: 1 }
    })
    clock.setTimeout(() => {
      network.conditions = { ...network.conditions, loss: 0 }
    }, 300_000)
    await clock.until(fetched.done)
    expect(Buffer.compare(fetched.bytes, file.body)).toBe(0)
    expect(fetched.begins).toHaveLength(1)
    expect(fetched.progress.map(({ bytes }) => bytes)).toEqual([...new Set(fetched.progress.map(({ bytes }) => bytes))])
    expect(fetched.progress.at(-1)).toEqual({ bytes: 5_000, totalBytes: 5_000 })
  })

  test('coap: the local port is that of an earlier download, unless somebody else has it', async () => {
    const { clock, fetch, network } = await downloadSite()
    const localPort = 40_000
    const from = { bytes: 3_000, validator, localPort }
    const first = fetch(`coap://${host}/f`, { from })
    await clock.until(first.done)
    expect(first.begins).toEqual([{ validator, fromBytes: 3_000, totalBytes: 5_000, localPort }])
    const other = await network.connect({ host, port: 5683 }, { localPort })
    const second = fetch(`coap://${host}/f`, { from, attempts: 0 })
    expect(await clock.until(second.done)).toEqual({ bytes: 5_000, validator })
    expect(second.begins[0]?.localPort).toBeGreaterThan(0)
    expect(second.begins[0]?.localPort).not.toBe(localPort)
    other.close()
  })

  test('coaps: the next attempt resumes the session', async () => {
    const { clock, fetch, network } = await downloadSite()
    const secrets: (string | undefined)[] = []
    const keyLog = (line: string) => void secrets.push(line.split(' ')[2])
    const fetched = fetch(`coaps://${host}/f`, { dtls: { keyLog }, stallSeconds: 30 }, ({ bytes }) => {
      if (bytes === 2_048) network.conditions = { ...network.conditions, loss: 1 }
    })
    clock.setTimeout(() => {
      network.conditions = { ...network.conditions, loss: 0 }
    }, 60_500)
    await clock.until(fetched.done)
    expect(secrets).toHaveLength(2)
    expect(new Set(secrets).size).toBe(1)
  })

  test('loss and duplication of datagrams', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1_000 }), async seed => {
        const { clock, settings, file } = await downloadSite({
          seed,
          conditions: { loss: 0.2, duplication: 0.2, delayMs: [10, 300] },
        })
        const { content } = await clock.until(download(`coaps://${host}/f`, { ...settings, coap: { blockBytes: 256 } }))
        expect(Buffer.compare(content, file.body)).toBe(0)
      }),
      { seed: 1, numRuns: 10 },
    )
  })

  test('the server is gone: tried again as often as it was told, each wait longer', async () => {
    const site = await downloadSite()
    const { clock, fetch, network } = site
    network.conditions = { ...network.conditions, loss: 1 }
    const startMs = clock.now()
    const failure = await failureOf(clock.until(fetch(`coap://${host}/f`, { attempts: 3 }).done))
    expect(failure).toMatchObject({ code: 'CONNECTION_LOST', isTransient: true })
    expect(site.connections).toBe(4)
    // Four times MAX_TRANSMIT_WAIT at most, and 2, 4 and 8 s at most.
    expect(clock.now() - startMs).toBeLessThan(4 * 93_000 + 14_000)
  })

  test('a server that can give nothing now is asked again', async () => {
    const { clock, fetch, script } = await downloadSite()
    let requests = 0
    script.before = () => (++requests < 3 ? answer(Code.serviceUnavailable) : undefined)
    expect(await clock.until(fetch(`coap://${host}/f`).done)).toMatchObject({ bytes: 5_000 })
    script.before = () => answer(Code.serviceUnavailable)
    const failure = await failureOf(clock.until(fetch(`coap://${host}/f`, { attempts: 1 }).done))
    expect(failure).toMatchObject({ code: 'SERVER_FAILED' })
  })

  test('given up while it waits for the next attempt', async () => {
    const { clock, fetch, script } = await downloadSite()
    script.before = () => answer(Code.serviceUnavailable)
    const { signal, abort } = giveUp()
    const { done } = fetch(`coap://${host}/f`, { signal })
    await clock.advance(500)
    abort()
    await clock.advance(0)
    expect(await failureOf(done)).toMatchObject({ code: 'CANCELLED' })
  })

  test('a server that drips loses its connection', async () => {
    // A block of 16 bytes a second.
    const site = await downloadSite({ conditions: { delayMs: [500, 500] } })
    const { clock, fetch } = site
    const dripping = { coap: { blockBytes: 16 }, stallSeconds: 60, attempts: 1 }
    const failure = await failureOf(clock.until(fetch(`coap://${host}/f`, dripping).done))
    expect(failure).toMatchObject({ code: 'CONNECTION_LOST', message: 'fewer than 1024 bytes have come in 60 s' })
    expect(site.connections).toBe(2)
    await clock.until(fetch(`coap://${host}/f`, { ...dripping, stallSeconds: 65 }).done)
  })
})

describe('a file that changes', () => {
  /** Waits until the server no longer keeps the version that it has begun to send. */
  const late = (clock: Clock) => new Promise<void>(resolve => void clock.setTimeout(resolve, 300_000))

  test('while it is fetched: it starts over, which is told', async () => {
    const { clock, settings, file } = await downloadSite()
    const begins: DownloadBegin[] = []
    let parts: Uint8Array[] = []
    const sink = async (bytes: Uint8Array) => {
      parts.push(bytes)
      if (parts.length !== 2 || file.body.length !== 5_000) return
      await late(clock)
      file.body = patternBytes(7_000, 9)
      file.tag = Buffer.from('v2')
    }
    const onBegin = (begin: DownloadBegin) => {
      begins.push(begin)
      parts = []
    }
    const second = Buffer.from('v2').toString('hex')
    const done = downloadTo(`coap://${host}/f`, sink, { ...settings, onBegin })
    expect(await clock.until(done)).toEqual({ bytes: 7_000, validator: second })
    expect(begins).toEqual([
      { validator, fromBytes: 0, totalBytes: 5_000, localPort: expect.any(Number) },
      { validator: second, fromBytes: 0, totalBytes: 7_000, localPort: begins[0]?.localPort },
    ])
    expect(Buffer.compare(Buffer.concat(parts), file.body)).toBe(0)
  })

  test('again and again', async () => {
    const { clock, settings, file } = await downloadSite()
    let version = 1
    const sink = async () => {
      await late(clock)
      file.tag = Buffer.from(`v${++version}`)
    }
    const failure = await failureOf(clock.until(downloadTo(`coap://${host}/f`, sink, settings)))
    expect(failure).toMatchObject({ code: 'CHANGED' })
    expect(version).toBe(5)
  })

  test('OptionsError for options that are none', async () => {
    for (const options of [{ attempts: -1 }, { stallSeconds: 0 }, { maximumBytes: Number.NaN }]) {
      expect(await failureOf(download(`coap://${host}/f`, options))).toMatchObject({ code: 'INVALID_OPTIONS' })
    }
  })
})

describe('a URI', () => {
  test.each([
    ['', 'INVALID_URI'],
    ['firmware.bin', 'INVALID_URI'],
    ['coap://', 'INVALID_URI'],
    ['coap://10.0.0.2:0/f', 'INVALID_URI'],
    ['coap://user:secret@10.0.0.2/f', 'INVALID_URI'],
    ['coap://10.0.0.2/f#part', 'INVALID_URI'],
    ['coap://10.0.0.2/%ff', 'INVALID_URI'],
    [`coap://10.0.0.2/${'x'.repeat(256)}`, 'INVALID_URI'],
    [`coap://10.0.0.2/${'x/'.repeat(1_000)}`, 'INVALID_URI'],
    ['http://', 'INVALID_URI'],
    ['https://user:secret@10.0.0.2/f', 'INVALID_URI'],
    ['ftp://10.0.0.2/f', 'UNSUPPORTED_PROTOCOL'],
    ['file:///etc/passwd', 'UNSUPPORTED_PROTOCOL'],
  ])('%j is %s', async (uri, code) => {
    const failure = await failureOf(download(uri, { attempts: 0 }))
    expect(failure).toMatchObject({ code, isTransient: false })
    expect(failure.message).not.toContain('secret')
  })

  test('one of coaps without credentials, or with those of somebody else', async () => {
    const { clock, settings } = await downloadSite()
    const { security: _, ...none } = settings
    expect(await failureOf(download(`coaps://${host}/f`, none))).toMatchObject({ code: 'INVALID_SECURITY' })
    const wrong = { ...settings, security: psk('device-1', Buffer.from('another key')) }
    expect(await failureOf(clock.until(download(`coaps://${host}/f`, wrong)))).toMatchObject({ code: 'HANDSHAKE' })
  })
})

function giveUp() {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
}
