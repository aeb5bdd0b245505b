import { expect, test } from 'vitest'
import { DtlsSite } from '../../helpers/dtls-site.ts'

test('a ClientHello is never sent in fragments: a server that keeps no state could not put it together', async () => {
  const parameters = { mtuBytes: 256 }
  const site = await new DtlsSite({ server: { parameters } }).listen()
  const { resumable: session } = await site.connect({ parameters })
  if (session?.ticket === undefined) throw new Error('no ticket')
  expect((await site.connect({ parameters, session })).isResumed).toBe(true)
})
