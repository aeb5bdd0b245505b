import { expect, test } from 'vitest'
import { TransportError } from '../../../transport/errors.ts'
import { clientSite } from '../../helpers/client-site.ts'
import { failConnections, scenario } from '../../helpers/scenario.ts'

test('the alert that ended a handshake is TLS/DTLS Alert Code (/1/x/11) and part of no retry', async () => {
  const site = await scenario()
  const alert = { alertCode: 40, isAlertOfPeer: true }
  const mend = failConnections(site, new TransportError('NETWORK_UNREACHABLE', 'the handshake failed', alert))
  site.client.start()
  await site.clock.advance(10)
  expect(site.events.at(-1)).toMatchObject({ type: 'CONNECT_FAILURE', cause: { message: 'the handshake failed' } })
  expect(site.client.objects.get('/1/0/11')).toBe(40)
  mend()
  await site.clock.until(site.client.registered())
})

test('an alert that the client itself sent is none of the server', async () => {
  const site = await clientSite()
  failConnections(site, new TransportError('HANDSHAKE', 'no key', { alertCode: 80 }))
  site.client.start()
  await site.clock.advance(10)
  expect(site.client.objects.get('/1/0/11')).toBeUndefined()
  await site.stop()
})

test('a connection that fails without an alert leaves it alone', async () => {
  const site = await clientSite()
  failConnections(site, new TransportError('HOST_NOT_FOUND', 'no such name'))
  site.client.start()
  await site.clock.advance(10)
  expect(site.events.at(-1)).toMatchObject({ type: 'CONNECT_FAILURE' })
  expect(site.client.objects.get('/1/0/11')).toBeUndefined()
  await site.stop()
})
