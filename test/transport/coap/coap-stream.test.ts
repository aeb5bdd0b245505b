import { describe, expect, onTestFinished, test } from 'vitest'
import { CoapStream } from '../../../transport/coap/coap-stream.ts'
import { encodeFrame, FrameReader } from '../../../transport/coap/frame.ts'
import { type CoapFrame, Code, describeCode, noPayload } from '../../../transport/coap/message.ts'
import { defaultParameters } from '../../../transport/coap/parameters.ts'
import type { RequestHandler } from '../../../transport/coap/peer.ts'
import { decodeSignal, encodeAbort, encodeCsm, encodePing, encodeRelease } from '../../../transport/coap/signaling.ts'
import { CoapStreamEndpoint } from '../../../transport/coap/stream-endpoint.ts'
import { TransportError } from '../../../transport/errors.ts'
import type { Stream } from '../../../transport/stream.ts'
import type { Trace } from '../../../transport/trace.ts'
import { simulatedWorld } from '../../helpers/simulated-world.ts'

const csm = encodeCsm({ maximumMessageBytes: 65_536, isBlockwise: true })
const get: CoapFrame = { code: Code.get, token: Buffer.from([7]), options: [], payload: noPayload }

/** A stream whose other end is a test that reads frames and sends bytes as it likes. */
async function opening(parameters: Partial<typeof defaultParameters> = {}, trace?: Trace) {
  const { clock, network } = simulatedWorld()
  const local = { host: '10.0.0.2', port: 5683 }
  const ends: Stream[] = []
  const listener = await network.streams.listen(local, stream => void ends.push(stream))
  const stream = await clock.until(network.streams.connect(local))
  const [far] = ends as [Stream]
  const reader = new FrameReader(1 << 20)
  const seen: CoapFrame[] = []
  const closes: TransportError[] = []
  far.receive({
    bytes: bytes => {
      reader.push(bytes)
      for (let frame = reader.next(); frame !== undefined; frame = reader.next()) seen.push(frame)
    },
    drained: () => undefined,
    closed: error => closes.push(error),
  })
  const controller = new AbortController()
  const opened = CoapStream.open(stream, {
    clock,
    parameters: { ...defaultParameters, ...parameters },
    trace,
    signal: controller.signal,
  })
  opened.catch(() => undefined)
  onTestFinished(async () => {
    controller.abort()
    await listener.close()
    network.clear()
    await clock.advance(0)
    expect(clock.pendingTimers).toBe(0)
  })
  return {
    clock,
    opened,
    controller,
    seen,
    closes,
    sendBytes: (bytes: Uint8Array) => void far.send(bytes),
    send: (...frames: CoapFrame[]) => void far.send(Buffer.concat(frames.map(frame => encodeFrame(frame)))),
    close: () => far.close(),
    codes: () => seen.map(({ code }) => describeCode(code)),
    /** The text of the Abort that came last. */
    aborted: () => {
      const frame = seen.findLast(({ code }) => code === Code.abort)
      return frame && decodeSignal(frame)
    },
  }
}

/** The same after the settings were told, with what it hears. */
async function open(parameters: Partial<typeof defaultParameters> = {}, trace?: Trace) {
  const site = await opening(parameters, trace)
  site.send(csm)
  const stream = await site.clock.until(site.opened)
  const heard: string[] = []
  stream.receive({
    message: ({ code }) => heard.push(describeCode(code)),
    pong: token => heard.push(`pong ${Buffer.from(token).toString('hex')}`),
    settingsChanged: () => heard.push(`settings ${stream.peerSettings.maximumMessageBytes}`),
    released: () => heard.push('released'),
    drained: () => heard.push('drained'),
    closed: error => heard.push(`${error.code}: ${error.message}`),
  })
  await site.clock.advance(0)
  return { ...site, stream, heard }
}

describe('the first message (RFC 8323 §5.3)', () => {
  test('is a CSM that tells the largest message and block-wise transfer', async () => {
    const { clock, seen } = await opening({ maximumMessageBytes: 4_096 })
    await clock.advance(0)
    expect(seen).toHaveLength(1)
    expect(decodeSignal(seen[0] as CoapFrame)).toEqual({
      kind: 'csm',
      settings: { maximumMessageBytes: 4_096, isBlockwise: true },
    })
  })

  test('of the peer tells its settings; what it does not tell is as the specification has it', async () => {
    const { clock, opened, send } = await opening()
    send(encodeCsm({ maximumMessageBytes: 2_000, isBlockwise: false }))
    expect((await clock.until(opened)).peerSettings).toEqual({ maximumMessageBytes: 2_000, isBlockwise: false })
  })

  test('may come in the same bytes as a request, which waits for its receiver', async () => {
    const { clock, opened, send } = await opening()
    send(csm, get, get)
    const stream = await clock.until(opened)
    await clock.advance(1_000)
    const codes: number[] = []
    const ignore = () => undefined
    stream.receive({
      message: ({ code }) => codes.push(code),
      pong: ignore,
      settingsChanged: ignore,
      released: ignore,
      drained: ignore,
      closed: ignore,
    })
    await clock.advance(0)
    expect(codes).toEqual([Code.get, Code.get])
    stream.close()
  })

  test('may come in the same bytes as a request, which a listening endpoint answers', async () => {
    const { clock, random, network } = simulatedWorld()
    const asked: number[] = []
    const handler: RequestHandler = ({ message }) => {
      asked.push(message.code)
      return { code: Code.content, options: [], payload: noPayload }
    }
    const local = { host: '10.0.0.2', port: 5683 }
    const endpoint = await CoapStreamEndpoint.listen({ clock, random, network: network.streams, local, handler })
    const stream = await clock.until(network.streams.connect(local))
    stream.send(Buffer.concat([csm, get].map(encodeFrame)))
    await clock.advance(0)
    expect(asked).toEqual([Code.get])
    await endpoint.close()
    network.clear()
  })

  test('may be the last but the end: that is told to whoever receives', async () => {
    const { clock, opened, send, close } = await opening()
    send(csm)
    const stream = await clock.until(opened)
    close()
    await clock.advance(0)
    const heard: string[] = []
    const ignore = () => undefined
    stream.receive({
      message: ignore,
      pong: ignore,
      settingsChanged: ignore,
      released: ignore,
      drained: ignore,
      closed: error => heard.push(error.code),
    })
    await clock.advance(0)
    expect(heard).toEqual(['CLOSED'])
  })

  test('that never comes: an Abort, and TIMEOUT', async () => {
    const { clock, opened, aborted, closes } = await opening({ settingsTimeoutMs: 5_000 })
    const startMs = clock.now()
    await expect(clock.until(opened)).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(clock.now() - startMs).toBe(5_000)
    await clock.advance(0)
    expect(aborted()).toMatchObject({ kind: 'abort', text: 'no CSM came' })
    expect(closes).toHaveLength(1)
  })

  test('that is something else: an Abort, and ABORTED', async () => {
    const { clock, opened, send, aborted } = await opening()
    send(get)
    await expect(clock.until(opened)).rejects.toMatchObject({ code: 'ABORTED' })
    await clock.advance(0)
    expect(aborted()).toMatchObject({ text: 'the first message is no CSM' })
  })

  test('that is an Abort: ABORTED with its reason', async () => {
    const { clock, opened, send } = await opening()
    send(encodeAbort('CN=device: expired'))
    await expect(clock.until(opened)).rejects.toThrow('the peer has aborted the connection: CN=device: expired')
  })

  test('a stream that ends first: whoever is there may speak something else', async () => {
    const { clock, opened, close } = await opening()
    close()
    await expect(clock.until(opened)).rejects.toMatchObject({
      code: 'CLOSED',
      message: expect.stringContaining('before it told its settings (CSM)'),
    })
  })

  test('a CSM with an unknown critical option: an Abort that names it (RFC 8323 §5.6)', async () => {
    const { clock, opened, send, aborted } = await opening()
    send({ ...csm, options: [{ number: 9, value: noPayload }] })
    await expect(clock.until(opened)).rejects.toMatchObject({ code: 'ABORTED' })
    await clock.advance(0)
    expect(aborted()).toMatchObject({ badCsmOption: 9 })
  })

  test('the stream ends before: CLOSED', async () => {
    const { clock, opened, close } = await opening()
    close()
    await expect(clock.until(opened)).rejects.toMatchObject({ code: 'CLOSED' })
  })

  test('nobody waits for it any more: CLOSED', async () => {
    const { clock, opened, controller } = await opening()
    controller.abort()
    await expect(clock.until(opened)).rejects.toMatchObject({ code: 'CLOSED' })
  })
})

describe('signals', () => {
  test('a Ping is answered with a Pong of its token', async () => {
    const { clock, send, seen } = await open()
    send(encodePing(Buffer.from('abc'), true))
    await clock.advance(0)
    expect(seen.at(-1)).toMatchObject({ code: Code.pong, token: Buffer.from('abc'), options: [] })
  })

  test('a later CSM changes what it names', async () => {
    const { clock, send, heard, stream } = await open()
    send({ ...csm, options: encodeCsm({ maximumMessageBytes: 9_999, isBlockwise: false }).options })
    await clock.advance(0)
    expect(heard).toEqual(['settings 9999'])
    expect(stream.peerSettings).toEqual({ maximumMessageBytes: 9_999, isBlockwise: true })
  })

  test('a Release is told', async () => {
    const { clock, send, heard } = await open()
    send(encodeRelease())
    await clock.advance(0)
    expect(heard).toEqual(['released'])
  })

  test('an Abort ends the connection with its reason', async () => {
    const { clock, send, heard, codes } = await open()
    send(encodeAbort('enough'), get)
    await clock.advance(0)
    expect(heard).toEqual(['ABORTED: the peer has aborted the connection: enough'])
    expect(codes()).toEqual(['7.01 CSM'])
  })

  test('an unknown one is ignored, one with a critical option is not', async () => {
    const { clock, send, heard, aborted } = await open()
    send({ ...get, code: 0xff })
    await clock.advance(0)
    expect(heard).toEqual([])
    send({ ...encodePing(noPayload), options: [{ number: 5, value: noPayload }] })
    await clock.advance(0)
    expect(heard).toEqual([expect.stringContaining('ABORTED')])
    expect(aborted()).toMatchObject({ text: 'the critical option 5 of 7.02 Ping cannot be processed' })
    expect(aborted()).not.toHaveProperty('badCsmOption')
  })

  test('close tells the peer by a Release', async () => {
    const { clock, stream, codes, closes } = await open()
    stream.close()
    stream.close()
    await clock.advance(0)
    expect(codes()).toEqual(['7.01 CSM', '7.04 Release'])
    expect(closes).toHaveLength(1)
  })
})

describe('a peer that breaks the rules is told so and left (RFC 8323 §5.6)', () => {
  test.each<[string, Buffer, string]>([
    ['a token of nine bytes', Buffer.from([0x09, 0x01]), 'token'],
    ['a reserved class', Buffer.from([0x00, 0x20]), 'reserved code class'],
    ['a payload marker without payload', Buffer.from([0x10, 0x01, 0xff]), 'payload marker'],
    ['an option cut short', Buffer.from([0x10, 0x01, 0xb3]), 'cut short'],
    [
      'a message of four gigabytes',
      Buffer.from([0xf0, 0xff, 0xff, 0xff, 0xff, 0x01]),
      'bytes, where 65536 are accepted',
    ],
  ])('%s', async (_, bytes, why) => {
    const { clock, sendBytes, heard, aborted, closes, stream } = await open()
    sendBytes(bytes)
    sendBytes(encodeFrame(get))
    await clock.advance(0)
    expect(heard).toEqual([expect.stringMatching(/^ABORTED: the peer broke the rules of CoAP over streams: /)])
    expect(aborted()).toMatchObject({ text: expect.stringContaining(why) })
    expect(closes).toHaveLength(1)
    // Nothing is left to do.
    stream.resume()
    stream.close()
    expect(heard).toHaveLength(1)
  })

  test('half a message and silence is a connection that goes on', async () => {
    const { clock, sendBytes, heard } = await open()
    const frame = encodeFrame(get)
    sendBytes(frame.subarray(0, 1))
    await clock.advance(86_400_000)
    sendBytes(frame.subarray(1))
    await clock.advance(0)
    expect(heard).toEqual(['GET'])
  })
})

describe('a pause', () => {
  test('leaves the rest of what has arrived unread', async () => {
    const { clock, stream, send } = await open()
    const codes: number[] = []
    const ignore = () => undefined
    stream.receive({
      message: ({ code }) => {
        codes.push(code)
        stream.pause()
      },
      pong: ignore,
      settingsChanged: ignore,
      released: ignore,
      drained: ignore,
      closed: ignore,
    })
    send(get, { ...get, code: Code.put }, { ...get, code: Code.post })
    await clock.advance(0)
    expect(codes).toEqual([Code.get])
    stream.resume()
    expect(codes).toEqual([Code.get, Code.put])
    stream.resume()
    stream.resume()
    await clock.advance(0)
    expect(codes).toEqual([Code.get, Code.put, Code.post])
  })
})

test('a message is traced with its size, from its first byte to its last, however its bytes come', async () => {
  const seen: string[] = []
  const trace: Trace = {
    message: (direction, { code }, bytes) => void seen.push(`${direction} ${describeCode(code)} ${bytes}`),
  }
  const { clock, sendBytes } = await open({}, trace)
  const put = encodeFrame({ ...get, code: Code.put, payload: Buffer.alloc(300, 1) })
  sendBytes(put.subarray(0, 2))
  await clock.advance(100)
  sendBytes(Buffer.concat([put.subarray(2), encodeFrame(get)]))
  await clock.advance(100)
  expect(seen.slice(-3)).toEqual([
    `received ${describeCode(Code.csm)} ${encodeFrame(csm).length}`,
    `received ${describeCode(Code.put)} ${put.length}`,
    `received ${describeCode(Code.get)} ${encodeFrame(get).length}`,
  ])
})
