import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseExpected } from '../../../server/console/message-expression.ts'
import { observe } from '../../../server/console/observation-requests.ts'
import { read } from '../../../server/console/requests.ts'
import { empty, notify } from '../../../server/console/responses.ts'
import { ANY } from '../../../server/console/template.ts'
import { Code, MessageType } from '../../../transport/coap/message.ts'
import { OptionNumber, uintOption } from '../../../transport/coap/options.ts'
import { answer, consoleSite, deregister, emptyPacket, packet, register, update } from '../../helpers/console-site.ts'

const { confirmable, nonConfirmable, acknowledgement, reset } = MessageType
const readManufacturer = read({ path: '/3/0/0' })

describe('sending a confirmable request', () => {
  test('its piggybacked response ends the wait', async () => {
    const { clock, console, registered, told } = consoleSite()
    const peer = await registered()
    const reading = console.send(readManufacturer)
    const request = await peer.next()
    expect([request.type, request.code, request.messageId, request.token.length]).toEqual([confirmable, 1, 4920, 8])
    peer.send(answer(request))
    expect(await clock.until(reading)).toMatchObject({ code: Code.content, token: request.token })
    expect(told()).toEqual(['-> Read /3/0/0', '<- Content Anjay'])
    expect(clock.pendingTimers).toBe(0)
  })

  test('a separate response does, and is acknowledged', async () => {
    const { clock, console, registered, told } = consoleSite()
    const peer = await registered()
    const reading = console.send(readManufacturer)
    const request = await peer.next()
    peer.send(emptyPacket(acknowledgement, request.messageId))
    await clock.advance(2_000)
    peer.send(answer(request, 'late', { type: confirmable, messageId: 900 }))
    expect((await clock.until(reading))?.messageId).toBe(900)
    expect(told().slice(1)).toEqual([
      '<- Empty ACKNOWLEDGEMENT, msg_id = 4920',
      '<- Content late',
      '-> Empty ACKNOWLEDGEMENT, msg_id = 900',
    ])
    expect(await peer.next()).toMatchObject({ type: acknowledgement, code: Code.empty, messageId: 900 })
  })

  test('what comes before it is told in order, compared and answered', async () => {
    const { clock, console, registered, told } = consoleSite()
    const peer = await registered()
    console.expect(parseExpected('Lwm2mContent(msg_id=ANY, token=ANY)'))
    const reading = console.send(readManufacturer)
    const request = await peer.next()
    peer.send(update)
    peer.send(answer(request, '5', { type: nonConfirmable, token: Buffer.from('o'), messageId: 901 }))
    peer.send(answer(request))
    await clock.until(reading)
    const lines = told()
    expect(lines.slice(0, 2)).toEqual(['-> Read /3/0/0', '<- Update /rd/demo: '])
    expect(lines[2]).toMatch(/^unexpected CoAP/)
    expect(lines.slice(3)).toEqual(['-> Changed (no location path)', '<- Content 5', '<- Content Anjay'])
    expect(await peer.codes()).toEqual([Code.changed])
  })

  test('a response to another message id is not its own', async () => {
    const { clock, console, registered, told } = consoleSite()
    const peer = await registered()
    const reading = console.send({ ...readManufacturer, token: Buffer.alloc(0) })
    const request = await peer.next()
    peer.send(answer(request, 'stale', { messageId: 4919 }))
    peer.send(answer(request, 'fresh'))
    expect((await clock.until(reading))?.payload.toString()).toBe('fresh')
    expect(told()).toContain('<- Content stale')
  })

  test('nor is a notification of the observation that it ends', async () => {
    const { clock, console, registered } = consoleSite()
    const peer = await registered()
    const token = Buffer.from('observed')
    const ending = console.send(observe({ path: '/3/0/13', observe: 1, token }))
    const request = await peer.next()
    const sequence = [uintOption(OptionNumber.observe, 5)]
    peer.send(answer(request, '1', { type: nonConfirmable, messageId: 900, options: sequence }))
    peer.send(answer(request, '2'))
    expect((await clock.until(ending))?.payload.toString()).toBe('2')
  })

  test('none in time', async () => {
    const { clock, console, registered, told } = consoleSite()
    await registered()
    const started = clock.now()
    expect(await clock.until(console.send(readManufacturer))).toBeUndefined()
    expect(clock.now() - started).toBe(3_000)
    expect(told()).toEqual(['-> Read /3/0/0', 'unanswered'])
    expect(await clock.until(console.send(readManufacturer, { timeoutMs: 20 }))).toBeUndefined()
    expect(clock.now() - started).toBe(3_020)
  })

  test('none in time, however much else comes', async () => {
    const { clock, console, registered } = consoleSite()
    const peer = await registered()
    const started = clock.now()
    const talk = () => {
      peer.send(emptyPacket(acknowledgement, 1))
      clock.setTimeout(talk, 1)
    }
    talk()
    expect(await clock.until(console.send(readManufacturer))).toBeUndefined()
    expect(clock.now() - started).toBe(3_000)
    peer.packets.close()
    await console.close()
    await expect(clock.advance(2)).rejects.toThrow('closed')
  })

  test('is given up', async () => {
    const { clock, console, registered, told } = consoleSite()
    await registered()
    const controller = new AbortController()
    const reading = console.send(readManufacturer, { signal: controller.signal })
    await clock.advance(100)
    controller.abort()
    await expect(reading).rejects.toMatchObject({ message: 'interrupted', cause: { code: 'CANCELLED' } })
    expect(told()).toEqual(['-> Read /3/0/0'])
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('sending what is no request', () => {
  test('a Reset by its message id is the answer to a Ping', async () => {
    const { clock, console, registered } = consoleSite()
    const peer = await registered()
    const pinging = console.send(empty({ type: confirmable }))
    const ping = await peer.next()
    peer.send(emptyPacket(reset, 1))
    await clock.advance(10)
    peer.send(emptyPacket(reset, ping.messageId))
    expect((await clock.until(pinging))?.messageId).toBe(ping.messageId)
  })

  test.each([reset, acknowledgement])('of a confirmable notification: type %i', async type => {
    const { clock, console, registered } = consoleSite()
    const peer = await registered()
    const notifying = console.send(notify({ token: Buffer.from('abc'), confirmable: true }))
    const { messageId } = await peer.next()
    peer.send(emptyPacket(type, messageId))
    expect(await clock.until(notifying)).toMatchObject({ type, messageId })
  })

  test('nothing is waited for', async () => {
    const { clock, console, registered, told } = consoleSite()
    await registered()
    expect(await console.send(notify({ token: Buffer.from('abc') }))).toBeUndefined()
    expect(await console.send(empty({}))).toBeUndefined()
    expect(told()).toHaveLength(2)
    expect(clock.pendingTimers).toBe(2)
  })

  test('message ids are used up by what did not choose its own', async () => {
    const { clock, console, registered } = consoleSite()
    const peer = await registered()
    await console.send(empty({ messageId: 5 }))
    await console.send(empty({}))
    await console.send(empty({}))
    await clock.advance(0)
    expect([await peer.next(), await peer.next(), await peer.next()].map(({ messageId }) => messageId)).toEqual([
      5, 4920, 4921,
    ])
  })

  test('a message that has no place on the wire', async () => {
    const { console, registered, told } = consoleSite()
    await registered()
    const bad = { ...empty({ type: confirmable }), token: Buffer.from('t') }
    await expect(console.send(bad)).rejects.toMatchObject({ code: 'CONSOLE', cause: expect.any(RangeError) })
    expect(told()).toEqual([])
  })

  test('what looks like something else is what it was meant to be', async () => {
    const { console, registered, told } = consoleSite()
    await registered()
    const response = { ...answer(packet()), token: Buffer.from('t') }
    await console.send(response, { kind: 'plain' })
    expect(told()[0]).toMatch(/^-> 2\.05 \(RES_CONTENT\), ACKNOWLEDGEMENT, id=7/)
    expect(console.history.entry(1)?.kind).toBe('plain')
    await console.send(response)
    expect(told()).toEqual(['-> Content Anjay'])
  })

  test('nothing once it was given up', async () => {
    const { console, registered, told } = consoleSite()
    await registered()
    const sending = console.send(empty({}), { signal: AbortSignal.abort() })
    await expect(sending).rejects.toThrow('interrupted')
    expect(told()).toEqual([])
  })

  test('bytes as they are', async () => {
    const { clock, console, registered, told } = consoleSite()
    const peer = await registered()
    console.sendRaw(Buffer.from([0]))
    expect(await clock.until(peer.packets.receive(10))).toMatchObject({ kind: 'malformed', bytes: Buffer.from([0]) })
    expect(told()).toEqual([])
    await console.close()
    expect(() => console.sendRaw(Buffer.from([0]))).toThrow('not connected to any remote host')
  })
})

describe('receiving', () => {
  test('one packet, answered', async () => {
    const { clock, console, registered, told } = consoleSite()
    const peer = await registered()
    peer.send(update)
    peer.send(deregister)
    expect(await clock.until(console.receive(500))).toBe(true)
    expect(told()).toEqual(['<- Update /rd/demo: ', '-> Changed (no location path)'])
    expect(await clock.until(console.receive(500))).toBe(true)
    expect(told()).toEqual(['<- De-register /rd/demo', '-> Deleted (no location-path)'])
  })

  test('within 15 s where it listens', async () => {
    const { clock, console, registered } = consoleSite()
    await registered()
    const started = clock.now()
    expect(await clock.until(console.receive())).toBe(false)
    expect(clock.now() - started).toBe(15_000)
  })

  test('what has come', async () => {
    const { clock, console, registered, told } = consoleSite()
    const peer = await registered()
    for (let count = 0; count < 3; count++) peer.send(update)
    const started = clock.now()
    await clock.until(console.receiveWaiting())
    expect(told()).toHaveLength(6)
    expect(clock.now() - started).toBe(10)
  })

  test('answers that are switched off', async () => {
    const { clock, console, registered, told } = consoleSite()
    const peer = await registered()
    Object.assign(console.replies.flags, { update: false, acknowledgement: false })
    peer.send(update)
    await clock.until(console.receiveWaiting())
    expect(told()).toEqual(['<- Update /rd/demo: '])
  })

  test('the latest request is kept, and both ways in the history', async () => {
    const { clock, console, registered } = consoleSite()
    const peer = await registered()
    expect(console.lastRequest?.payload.toString()).toBe('</3/0>')
    expect(console.history.entry(1)).toMatchObject({ direction: 'Send', packet: { code: Code.created } })
    expect(console.history.entry(2)).toMatchObject({ direction: 'Recv', packet: { code: Code.post } })
    peer.send(update)
    peer.send(answer(packet(), 'x', { type: nonConfirmable }))
    await clock.until(console.receiveWaiting())
    expect(console.lastRequest?.messageId).toBe(update.messageId)
    expect(console.payloadBuffer.bytes().toString()).toBe('x')
  })
})

describe('what is expected', () => {
  test('holds for the next packet alone', async () => {
    const { clock, console, registered, told } = consoleSite()
    const peer = await registered()
    console.expect(null)
    peer.send(update)
    peer.send(update)
    await clock.until(console.receiveWaiting())
    const lines = told()
    expect(lines.slice(0, 3)).toEqual(['<- Update /rd/demo: ', 'no message expected', '-> Changed (no location path)'])
    expect(lines).toHaveLength(5)
  })

  test('or until nothing has come', async () => {
    const { clock, console, registered, told } = consoleSite()
    const peer = await registered()
    console.expect(parseExpected('Lwm2mUpdate("/rd/demo", content=b"")'))
    expect(await clock.until(console.receive(500))).toBe(false)
    expect(told()).toEqual(['no message received'])
    peer.send(deregister)
    await clock.until(console.receive(500))
    expect(told()).toHaveLength(2)
  })

  test('what is expected and comes is no news', async () => {
    const { clock, console, registered, told } = consoleSite()
    const peer = await registered()
    console.expect(parseExpected('Lwm2mUpdate("/rd/demo", content=b"")'))
    peer.send(update)
    await clock.until(console.receive(500))
    console.expect(ANY)
    await clock.until(console.receive(500))
    expect(told()).toEqual(['<- Update /rd/demo: ', '-> Changed (no location path)'])
  })
})

describe('waiting for a registration', () => {
  test('that there is', async () => {
    const { console, registered } = consoleSite()
    await registered()
    expect(await console.waitRegistered()).toBe('device')
  })

  test('that is to come', async () => {
    const { clock, console, registered, told } = consoleSite()
    const peer = await registered()
    peer.send(deregister)
    await clock.until(console.receiveWaiting())
    told()
    const waiting = console.waitRegistered({ timeoutMs: 60_000 })
    await clock.advance(1_000)
    peer.send(update)
    await clock.advance(1_000)
    peer.send(register)
    expect(await clock.until(waiting)).toBe('device')
    expect(told().at(-1)).toBe('-> Created /rd/demo')
  })

  test('that does not come', async () => {
    const { clock, console, registered } = consoleSite()
    await registered()
    console.unconnect()
    const waiting = clock.until(console.waitRegistered({ timeoutMs: 1_500 }))
    await expect(waiting).rejects.toThrow('no client has registered within 1.5 s')
  })

  test('is given up', async () => {
    const { clock, console, registered } = consoleSite()
    await registered()
    console.unconnect()
    const controller = new AbortController()
    const waiting = console.waitRegistered({ signal: controller.signal })
    await clock.advance(1e6)
    controller.abort()
    await expect(waiting).rejects.toThrow('interrupted')
    expect(clock.pendingTimers).toBe(0)
  })
})

test('closing ends what waits', async () => {
  const { clock, console, registered } = consoleSite()
  await registered()
  const receiving = console.receive()
  const failed = expect(receiving).rejects.toMatchObject({ code: 'CONSOLE', cause: { code: 'CLOSED' } })
  await clock.advance(10)
  await console.close()
  await failed
  const listening = console.listen({ host: '10.0.0.3' })
  const ended = expect(listening).rejects.toMatchObject({ code: 'CONSOLE' })
  await clock.advance(10)
  await console.close()
  await ended
  expect(clock.pendingTimers).toBe(0)
})

test('hostile packets are told, and break nothing', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          fc.uint8Array({ maxLength: 80 }),
          fc
            .tuple(
              fc.constantFrom(0x40, 0x50, 0x60, 0x70, 0x48, 0x68),
              fc.constantFrom(0, 1, 2, 3, 4, 5, 7, 0x41, 0x44, 0x45, 0x5f, 0x80, 0xa0, 0xe2),
              fc.uint8Array({ maxLength: 60 }),
            )
            .map(([first, code, rest]) => Buffer.from([first, code, 0x13, 0x38, ...rest])),
        ),
        { minLength: 1, maxLength: 12 },
      ),
      fc.boolean(),
      async (datagrams, expectsSomething) => {
        const { clock, console, registered, lines } = consoleSite()
        const peer = await registered()
        if (expectsSomething) console.expect(parseExpected('Lwm2mUpdate("/rd/demo", content=b"")'))
        const reading = console.send(readManufacturer)
        const request = await peer.next()
        for (const bytes of datagrams) peer.packets.sendRaw(bytes)
        peer.send(answer(request))
        await clock.until(reading)
        await clock.until(console.receiveWaiting())
        expect(lines).toContain('<- Content Anjay')
        expect(lines.filter(line => line.startsWith('<-')).length).toBe(datagrams.length + 1)
        await console.close()
        expect(clock.pendingTimers).toBe(0)
      },
    ),
    { seed: 9, numRuns: 400 },
  )
})
