import { expect, test } from 'vitest'
import { simulatedWorld } from '../helpers/simulated-world.ts'

test('bytes arrive in order, then the end', async () => {
  const { clock, network } = simulatedWorld()
  const got: string[] = []
  await network.streams.listen({ host: '10.0.0.2', port: 5683 }, s =>
    s.receive({
      bytes: b => {
        got.push(b.toString())
        s.send(b)
      },
      drained: () => undefined,
      closed: e => got.push(e.message),
    }),
  )
  network.streams.fragmentBytes = [1, 3]
  const s = await clock.until(network.streams.connect({ host: '10.0.0.2', port: 5683 }))
  s.receive({ bytes: b => got.push('c' + b), drained: () => undefined, closed: () => undefined })
  s.send(Buffer.from('hello'))
  s.send(Buffer.from('world'))
  await clock.advance(10)
  s.close()
  await clock.advance(10)
  expect(got.filter(text => !text.startsWith('c')).join('')).toBe('helloworldthe peer has closed the connection')
})
