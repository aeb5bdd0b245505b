import { expect, test } from 'vitest'
import { duelOf, flipBytes, recordsOf, scenarios, undisturbed } from './dtls-duel.ts'

/** One byte of so many is flipped here; each of them in test/long. */
const stride = 13

/** The tests of one scenario: whatever happens to one datagram of a handshake, that comes to its end, or a sound one. */
export function testMutations(scenario: (typeof scenarios)[number]): void {
  test('each datagram dropped, doubled, or late', async () => {
    for (const { index } of await undisturbed(scenario)) {
      for (const delaysMs of [[], [0, 0, 0], [1], [700], [0, 5_000], [0, 64_000]]) {
        const duel = await duelOf(scenario)
        await duel.handshake((datagram, deliver) => {
          if (datagram.index !== index) deliver()
          else for (const delayMs of delaysMs) deliver(datagram.bytes, delayMs)
        })
        await duel.expectEstablished(`datagram ${index} after [${delaysMs.join()}] ms`)
      }
    }
  })

  test('all datagrams in another order', async () => {
    for (const spreadMs of [1, 40, 400]) {
      for (const steps of [7, 11, 13]) {
        const duel = await duelOf(scenario)
        await duel.handshake(({ index, bytes }, deliver) => deliver(bytes, 1 + ((19 - index * steps) & 15) * spreadMs))
        await duel.expectEstablished(`${steps} steps, ${spreadMs} ms apart`)
      }
    }
  })

  test('each datagram cut off, wherever a record or header ends and in between', async () => {
    for (const { index, bytes } of await undisturbed(scenario)) {
      const places = new Set([0, 1, 11, bytes.length - 1, bytes.length >> 1])
      for (const { start, end } of recordsOf(bytes)) for (const place of [start, start + 13, end - 1]) places.add(place)
      for (const place of places) {
        const duel = await duelOf(scenario)
        await duel.handshake((datagram, deliver) =>
          deliver(datagram.index === index ? datagram.bytes.subarray(0, place) : datagram.bytes),
        )
        await duel.expectEstablished(`datagram ${index} of ${place} bytes`)
      }
    }
  })

  test('bytes flipped, one at a time', async () => {
    expect(await flipBytes(scenario, stride, scenarios.indexOf(scenario) % stride)).toBeGreaterThan(20)
  })

  test('what a record holds cut off, its length adjusted', async () => {
    for (const { index, bytes } of await undisturbed(scenario)) {
      for (const { start, end, fragment } of recordsOf(bytes)) {
        for (const kept of new Set(
          [0, 1, 11, 12, 13, fragment.length - 1].filter(length => length < fragment.length),
        )) {
          const header = Buffer.from(bytes.subarray(start, end - fragment.length))
          header.writeUInt16BE(kept, header.length - 2)
          const cut = Buffer.concat([bytes.subarray(0, start), header, fragment.subarray(0, kept), bytes.subarray(end)])
          const duel = await duelOf(scenario)
          await duel.handshake((datagram, deliver) => deliver(datagram.index === index ? cut : datagram.bytes))
          await duel.expectSound(`datagram ${index}, record at ${start} with ${kept} of ${fragment.length} bytes`)
        }
      }
    }
  })

  test('each datagram also from another address, before the right one and after it', async () => {
    const stranger = { host: '10.6.6.6', port: 6666 }
    for (const { index } of await undisturbed(scenario)) {
      for (const isFirst of [true, false]) {
        const duel = await duelOf(scenario)
        let sentBytes = 0
        let receivedBytes = 0
        duel.site.network.attach(stranger, bytes => {
          receivedBytes += bytes.length
        })
        await duel.handshake((datagram, deliver) => {
          if (datagram.index !== index) return deliver()
          if (!isFirst) deliver()
          deliver(datagram.bytes, 0, stranger)
          sentBytes += datagram.bytes.length
          if (isFirst) deliver()
        })
        const why = `datagram ${index} ${isFirst ? 'first ' : ''}from a stranger`
        expect(receivedBytes, why).toBeLessThanOrEqual(sentBytes)
        await duel.expectEstablished(why)
      }
    }
  })

  test('each datagram again at each later stage', async () => {
    const { length } = await undisturbed(scenario)
    for (let early = 0; early < length; early++) {
      for (let late = early; late < length; late++) {
        const duel = await duelOf(scenario)
        let replayed: Buffer | undefined
        await duel.handshake((datagram, deliver) => {
          const { index, bytes, toServer } = datagram
          const former = duel.sent[early]
          if (index === late && former !== undefined) {
            replayed = former.bytes
            if (former.toServer === toServer) deliver(former.bytes)
            else deliver(former.bytes, 1, datagram.to, datagram.from)
          }
          deliver(bytes)
        })
        expect(replayed).toBeDefined()
        await duel.expectEstablished(`datagram ${early} again with datagram ${late}`)
      }
    }
  })

  test('all of a handshake again in the session that it led to', async () => {
    const duel = await duelOf(scenario)
    await duel.handshake()
    for (const { bytes, from, to } of duel.sent.slice()) {
      duel.site.network.send(bytes, from, to)
      await duel.site.clock.advance(100)
    }
    await duel.site.clock.advance(130_000)
    await duel.expectEstablished('all again')
  })

  test('each datagram in another session, at every other of its stages', async () => {
    const other = await (await duelOf(scenario)).handshake()
    const recorded = [...other.sent]
    await other.expectEstablished('the other session')
    for (const foreign of recorded) {
      for (let stage = foreign.index % 2; stage < recorded.length; stage += 2) {
        const duel = await duelOf(scenario)
        // Another handshake than the recorded one, with the same server from the same address: its cookies are right.
        duel.site.random.bytes(1)
        await duel.handshake(({ index, bytes, toServer, from, to }, deliver) => {
          if (index === stage && toServer === foreign.toServer) deliver(foreign.bytes)
          else if (index === stage) deliver(foreign.bytes, 0, to, from)
          deliver(bytes)
        })
        // A ClientHello with a cookie takes the place of a handshake that is not over (RFC 6347 §4.2.8).
        const mayBeAlone = scenario.resumes === true && foreign.index === 2
        await duel.expectSound(`datagram ${foreign.index} of another session at stage ${stage}`, mayBeAlone)
      }
    }
  })

  test('each datagram sent back to where it came from', async () => {
    for (const { index } of await undisturbed(scenario)) {
      const duel = await duelOf(scenario)
      await duel.handshake(({ index: each, bytes, from, to }, deliver) => {
        if (each === index) deliver(bytes, 0, to, from)
        deliver(bytes)
      })
      await duel.expectSound(`datagram ${index} sent back`)
    }
  })
}
