import { describe, expect, test } from 'vitest'
import { describeCode } from '../../transport/coap/message.ts'
import type { Trace } from '../../transport/trace.ts'
import { clientSite } from '../helpers/client-site.ts'

function watching() {
  const seen: string[] = []
  const trace: Trace = {
    message: (direction, { code }, bytes) => void seen.push(`${direction} ${describeCode(code)} ${bytes}`),
  }
  return { seen, trace }
}

describe('a trace that is added', () => {
  test('to a client that runs sees its messages beside the option `trace`, until it is taken away', async () => {
    const first = watching()
    const second = watching()
    const it = await clientSite({ uri: 'coap://10.0.0.2', client: { trace: first.trace } })
    await it.register()
    const before = first.seen.length
    const end = it.client.addTrace(second.trace)
    it.client.update()
    await it.clock.advance(2_000)
    expect(second.seen).toHaveLength(2)
    expect(first.seen.slice(before)).toEqual(second.seen)
    end()
    it.client.update()
    await it.clock.advance(2_000)
    expect(second.seen).toHaveLength(2)
    await it.stop()
  })

  test('twice is told twice, and one of both is taken away', async () => {
    const { seen, trace } = watching()
    const it = await clientSite({ uri: 'coap://10.0.0.2' })
    it.client.addTrace(trace)
    const end = it.client.addTrace(trace)
    await it.register()
    expect(seen).toHaveLength(4)
    end()
    await it.stop()
    expect(seen).toHaveLength(6)
  })
})
