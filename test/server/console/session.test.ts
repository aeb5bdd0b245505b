import { describe, expect, test } from 'vitest'
import { parseExpected } from '../../../server/console/message-expression.ts'
import { read } from '../../../server/console/requests.ts'
import { Code, MessageType, noPayload } from '../../../transport/coap/message.ts'
import { OptionNumber, pathOptions, stringOption } from '../../../transport/coap/options.ts'
import { TransportError } from '../../../transport/errors.ts'
import { answer, consoleSite, deregister, host, packet, post, register, update } from '../../helpers/console-site.ts'

const bootstrapPackRequest = packet({
  options: [
    ...pathOptions(OptionNumber.uriPath, ['bspack']),
    stringOption(OptionNumber.uriQuery, 'ep=device'),
    { number: OptionNumber.accept, value: Buffer.from([112]) },
  ],
})

describe('listening', () => {
  test.each([
    ['Register', register, ['-> Created /rd/demo']],
    ['Request Bootstrap', post('/bs', ['ep=device']), ['-> Changed (no location path)']],
    ['Bootstrap-Pack-Request', bootstrapPackRequest, ['-> 4.04 (RES_NOT_FOUND): (no details available)']],
    ['Update, which gets no answer', update, []],
    ['De-register, which gets none', deregister, []],
  ])('ends with the first message: %s', async (_, message, replies) => {
    const { clock, console, client, told } = consoleSite()
    const listening = console.listen({ host })
    await clock.advance(10_000)
    const peer = await client()
    peer.send(message)
    await clock.until(listening)
    const [waiting, received, ...others] = told()
    expect([waiting, received?.slice(0, 3)]).toEqual(['waiting 5683', '<- '])
    expect(others).toEqual(replies)
    expect(await peer.codes()).toHaveLength(replies.length)
    expect(console.client).toEqual({ port: 5683, address: { host: '10.0.0.1', port: 49_152 } })
    expect(clock.pendingTimers).toBe(0)
  })

  test('a Bootstrap-Pack-Request is kept when it is to be answered by hand', async () => {
    const { clock, console, client, told } = consoleSite()
    console.replies.flags.bootstrapPackError = false
    const listening = console.listen({ host })
    await clock.advance(0)
    const peer = await client()
    peer.send(bootstrapPackRequest)
    await clock.until(listening)
    expect(console.bootstrapPackRequest?.token).toEqual(Buffer.from('tt'))
    expect(told().filter(line => line.startsWith('->'))).toEqual([])
  })

  test('the payload buffer holds what has come after the first message', async () => {
    const { clock, console, registered } = consoleSite()
    const peer = await registered()
    expect(console.payloadBuffer.bytes()).toHaveLength(0)
    peer.send(packet({ type: MessageType.nonConfirmable, payload: Buffer.from('x') }))
    await clock.until(console.receiveWaiting())
    expect(console.payloadBuffer.bytes().toString()).toBe('x')
    await registered()
    expect(console.payloadBuffer.bytes()).toHaveLength(0)
  })

  test('a datagram that is none makes nobody the client', async () => {
    const { clock, console, client, told, network } = consoleSite()
    const listening = console.listen({ host })
    await clock.advance(0)
    const stranger = await network.connect({ host, port: 5683 })
    stranger.send(Buffer.from('hello?'))
    await clock.advance(0)
    const peer = await client()
    peer.send(register)
    await clock.until(listening)
    expect(told()).toEqual([
      'waiting 5683',
      '<- a reserved code class',
      expect.stringMatching(/^<- Register/),
      '-> Created /rd/demo',
    ])
    expect(console.client?.address.port).toBe(49_153)
  })

  test('is given up, and lets the port go', async () => {
    const { clock, console, registered } = consoleSite()
    const controller = new AbortController()
    const listening = console.listen({ host }, controller.signal)
    await clock.advance(0)
    controller.abort()
    await expect(listening).rejects.toMatchObject({ code: 'CONSOLE', message: 'interrupted' })
    await expect(console.receive(0)).rejects.toThrow('not connected to any remote host')
    await registered()
    expect(console.registeredEndpoint).toBe('device')
  })

  test('a port that is taken', async () => {
    const { network, console } = consoleSite()
    await network.listen({ host, port: 5683 }, () => {})
    await expect(console.listen({ host })).rejects.toMatchObject({
      code: 'CONSOLE',
      message: '10.0.0.2 port 5683 is in use',
      cause: new TransportError('ADDRESS_IN_USE', '10.0.0.2 port 5683 is in use'),
    })
  })

  test('security that contradicts itself', async () => {
    const { console } = consoleSite()
    await expect(console.listen({ host, security: {} })).rejects.toThrow('a server has to have')
  })

  test('again on the same port, to the same client', async () => {
    const { clock, console, registered, told } = consoleSite()
    const peer = await registered()
    const listening = console.listen({ host })
    await clock.advance(0)
    peer.send(update)
    await clock.until(listening)
    expect(told()).toEqual(['waiting 5683', '<- Update /rd/demo: '])
  })
})

describe('the client of a session', () => {
  test('is the first that talks; others are not heard until it is let go', async () => {
    const { clock, console, client, registered, told } = consoleSite()
    await registered()
    const other = await client()
    other.send(update)
    await clock.until(console.receiveWaiting())
    expect(told()).toEqual([])
    console.unconnect()
    expect(console.client).toBeUndefined()
    await expect(console.send(read({ path: '/3' }))).rejects.toThrow('not connected to any remote host')
    other.send(update)
    await clock.until(console.receiveWaiting())
    expect(told()).toEqual(['<- Update /rd/demo: ', '-> Changed (no location path)'])
    expect(console.client?.address.port).toBe(49_153)
    expect(await other.codes()).toEqual([Code.changed])
  })

  test('is awaited after the last one was let go', async () => {
    const { clock, console, client, registered, told } = consoleSite()
    await registered()
    console.unconnect()
    const receiving = console.receive()
    await clock.advance(14_000)
    const other = await client()
    other.send(register)
    expect(await clock.until(receiving)).toBe(true)
    expect(told()[1]).toBe('-> Created /rd/demo')
  })

  test('a stranger that is not heard leaves nothing behind', async () => {
    const { clock, console, network, registered } = consoleSite()
    await registered()
    for (let count = 0; count < 100; count++) {
      const stranger = await network.connect({ host, port: 5683 })
      stranger.send(Buffer.from([0x40, 1, 0, 1]))
    }
    await clock.until(console.receiveWaiting())
    expect(console.history.size).toBe(2)
  })

  test('nothing to let go', () => {
    expect(() => consoleSite().console.unconnect()).toThrow('not connected to any remote host')
  })
})

describe('connecting', () => {
  test('to an address; what the network refuses ends the wait', async () => {
    const { clock, console, network } = consoleSite()
    const heard: Buffer[] = []
    await network.listen({ host: '127.0.0.1', port: 5683 }, connection =>
      connection.receive({ datagram: bytes => heard.push(bytes), failed: () => {} }),
    )
    await console.connect()
    expect(console.client).toEqual({ port: 49_152, address: { host: '127.0.0.1', port: 5683 } })
    expect(await clock.until(console.send(read({ path: '/3/0/0' })))).toBeUndefined()
    expect(heard[0]?.readUInt16BE(2)).toBe(4920)
    await console.connect('10.0.0.7', 9, 1_234)
    expect(console.client).toEqual({ port: 1_234, address: { host: '10.0.0.7', port: 9 } })
  })

  test('waits for as long as it takes', async () => {
    const { clock, console } = consoleSite()
    await console.connect()
    const controller = new AbortController()
    const receiving = console.receive(undefined, controller.signal)
    await clock.advance(1e9)
    controller.abort()
    await expect(receiving).rejects.toThrow('interrupted')
  })

  test('is given up; what comes of it later is closed', async () => {
    const { console, network } = consoleSite()
    const connect = network.connect.bind(network)
    let resolved = () => {}
    network.connect = async (...args) => {
      await new Promise<void>(resolve => {
        resolved = resolve
      })
      return connect(...args)
    }
    const controller = new AbortController()
    const connecting = console.connect('slow.example', 5683, 99, controller.signal)
    const ended = expect(connecting).rejects.toThrow('interrupted')
    await new Promise(resolve => setImmediate(resolve))
    controller.abort()
    await ended
    resolved()
    await new Promise(resolve => setImmediate(resolve))
    expect(console.client).toBeUndefined()
    // Its port is free.
    await expect(connect({ host, port: 1 }, { localPort: 99 })).resolves.toBeDefined()
  })

  test('let go, there is no session any more', async () => {
    const { console } = consoleSite()
    await console.connect()
    console.unconnect()
    await expect(console.receive(0)).rejects.toThrow('not connected to any remote host')
    expect(console.client).toBeUndefined()
  })

  test.each(['ECONNREFUSED', 'EHOSTUNREACH'])('%s in the words that scripts know', async code => {
    const { console, clock, network } = consoleSite()
    const errno = { ECONNREFUSED: -111, EHOSTUNREACH: -113 }[code]
    const words = { ECONNREFUSED: 'Connection refused', EHOSTUNREACH: 'Host is unreachable' }[code]
    const cause = Object.assign(new Error(`connect ${code}`), { code, errno })
    const connect = network.connect.bind(network)
    network.connect = async remote => {
      const connection = await connect(remote)
      const receive = connection.receive.bind(connection)
      connection.receive = receiver => {
        receive(receiver)
        connection.send = () => {
          clock.setTimeout(() => receiver.failed(new TransportError('NETWORK_UNREACHABLE', 'no', { cause })), 5)
        }
      }
      return connection
    }
    await console.connect()
    const sending = clock.until(console.send(read({ path: '/3' })))
    await expect(sending).rejects.toMatchObject({ code: 'CONSOLE', message: `[Errno ${-(errno ?? 0)}] ${words}` })
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('over streams', () => {
  test('a client registers, is read and pinged; the settings of both are nobody’s business', async () => {
    const { clock, console, streamClient, told } = consoleSite()
    console.expect(parseExpected('Lwm2mRegister("/rd?lwm2m=1.1&ep=device&lt=300", content=ANY, options=ANY)'))
    const listening = console.listen({ host, transport: 'tcp' })
    await clock.advance(0)
    const peer = await streamClient()
    peer.send(register)
    await clock.until(listening)
    expect(told().slice(1)).toEqual([
      expect.stringMatching(/^<- 7.01 \(SIGNALING_CSM\)/),
      expect.stringMatching(/^<- Register/),
      '-> Created /rd/demo',
    ])
    expect((await peer.codes()).slice(1)).toEqual([Code.created])
    const reading = console.send(read({ path: '/3/0/0' }))
    const request = await peer.next()
    peer.send(packet({ code: Code.ping, token: Buffer.from('p') }))
    peer.send(answer(request))
    expect((await clock.until(reading))?.payload.toString()).toBe('Anjay')
    expect((await peer.next()).code).toBe(Code.pong)
  })

  test('a request waits for its response only; a Ping for its Pong', async () => {
    const { clock, console, streamClient, told } = consoleSite()
    const listening = console.listen({ host, transport: 'tcp' })
    await clock.advance(0)
    const peer = await streamClient()
    peer.send(register)
    await clock.until(listening)
    await peer.codes()
    const options = { options: [], payload: noPayload }
    const pinging = console.send({ ...packet({ code: Code.ping, ...options }), messageId: 1 })
    const ping = await peer.next()
    peer.send({ ...ping, code: Code.pong })
    expect((await clock.until(pinging))?.code).toBe(Code.pong)
    // There is no acknowledgement of a response.
    told()
    expect(await console.send(packet({ code: Code.content }))).toBeUndefined()
    expect(told()).toEqual(['-> Content '])
  })

  test('a client that ends its connection and comes back is the next client', async () => {
    const { clock, console, streamClient, told } = consoleSite()
    const listening = console.listen({ host, transport: 'tcp' })
    await clock.advance(0)
    const silent = await streamClient()
    silent.packets.close()
    await clock.advance(0)
    const first = await streamClient()
    first.send(register)
    await clock.until(listening)
    first.send(deregister)
    await clock.advance(0)
    first.packets.close()
    await clock.advance(0)
    const second = await streamClient()
    second.send(register)
    await clock.advance(0)
    told()
    await clock.until(console.receiveWaiting())
    const lines = told()
    expect(lines.slice(0, 2)).toEqual(['<- De-register /rd/demo', expect.stringMatching(/^failed: .*closed/)])
    expect(lines.slice(-2)).toEqual([expect.stringMatching(/^<- Register/), '-> Created /rd/demo'])
    expect(console.registeredEndpoint).toBe('device')
  })

  test('the end of the connection ends the wait', async () => {
    const { clock, console, streamClient } = consoleSite()
    const listening = console.listen({ host, transport: 'tcp' })
    await clock.advance(0)
    const peer = await streamClient()
    peer.send(register)
    await clock.until(listening)
    const reading = console.send(read({ path: '/3' }))
    const failed = expect(clock.until(reading)).rejects.toMatchObject({ code: 'CONSOLE' })
    await peer.next()
    peer.packets.close()
    await failed
    await expect(console.send(read({ path: '/3' }))).rejects.toThrow('not connected')
  })

  test('a client that is gone is none, and nothing is wrong with that', async () => {
    const { clock, console, streamClient, told } = consoleSite()
    const listening = console.listen({ host, transport: 'tcp' })
    await clock.advance(0)
    const peer = await streamClient()
    peer.send(register)
    await clock.until(listening)
    peer.packets.close()
    await clock.advance(0)
    told()
    expect(await clock.until(console.receive(1_000))).toBe(false)
    expect(told()).toEqual(['ended'])
    expect([console.client, console.registeredEndpoint]).toEqual([undefined, undefined])
  })

  test('others are turned away', async () => {
    const { clock, console, streamClient } = consoleSite()
    const listening = console.listen({ host, transport: 'tcp' })
    await clock.advance(0)
    const peer = await streamClient()
    peer.send(register)
    await clock.until(listening)
    const other = await streamClient()
    await expect(clock.until(other.packets.receive(1_000))).rejects.toThrow(/closed|ended/)
  })
})
