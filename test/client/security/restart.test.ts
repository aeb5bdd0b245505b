import { describe, expect, test } from 'vitest'
import type { ClientDtlsOptions } from '../../../client/dtls-options.ts'
import type { ClientOptions } from '../../../client/options.ts'
import { psk } from '../../../client/psk.ts'
import { MemoryPersistence } from '../../helpers/restart-site.ts'
import { credentials, identity, key, secureSite } from '../../helpers/secure-site.ts'

const sessionKey = Buffer.alloc(32, 7)

/** A device that loses power once it is registered, and its next process. */
async function restarted(
  first: Partial<ClientOptions>,
  second: Partial<ClientOptions> = first,
  change: (text: string) => string = text => text,
) {
  const persistence = new MemoryPersistence()
  const site = await secureSite({ security: { connectionIdLength: 8 }, client: { persistence, ...first } })
  await site.register()
  site.handshakes()
  const text = persistence.text ?? ''
  const next = persistence.copy()
  next.text = change(text)
  // No good-bye: a process that loses power says none.
  const { conditions } = site.network
  site.network.conditions = { ...conditions, loss: 1 }
  await site.clock.until(site.client.stop())
  site.network.conditions = conditions
  const client = site.boot({ ...second, persistence: next })
  client.start()
  await site.clock.until(client.registered())
  await site.clock.advance(1_000)
  const handshakes = site.handshakes()
  await site.clock.until(client.stop())
  return { site, text, handshakes }
}

const withKey = (more: ClientDtlsOptions = {}) => ({ dtls: { sessionKey, ...more } })

describe('a DTLS session and a restart', () => {
  test('with a key of the application it is resumed, and an Update follows', async () => {
    const { site, handshakes } = await restarted(withKey())
    expect(handshakes).toEqual(['abbreviated'])
    expect(site.eventTypes).toContain('REG_UPDATE_COMPLETE')
    expect(site.eventTypes.filter(type => type === 'REGISTRATION_COMPLETE')).toHaveLength(1)
  })

  test('what is saved of it nobody can read: a master secret, keys and Connection IDs least of all', async () => {
    const lines: string[] = []
    const { text } = await restarted(withKey({ connectionIdLength: 4, keyLog: line => lines.push(line) }))
    const { servers } = JSON.parse(text) as { servers: { 1: { session: string } } }
    const saved = Buffer.from(servers[1].session, 'base64')
    const master = Buffer.from(lines[0]?.split(' ')[2] ?? '', 'hex')
    expect(master).toHaveLength(48)
    expect(saved.includes(master)).toBe(false)
    expect(text).not.toContain(master.toString('base64'))
    expect(Object.keys(servers[1]).sort()).toEqual(
      ['attributes', 'location', 'observations', 'registeredUntilMs', 'session', 'told', 'version'].sort(),
    )
  })

  test('without one it is not kept', async () => {
    const { text, handshakes } = await restarted({})
    expect(handshakes).toEqual(['full'])
    expect(text).not.toContain('session')
  })

  test.each<[string, Partial<ClientOptions>, ((text: string) => string)?]>([
    ['with another key', { dtls: { sessionKey: Buffer.alloc(32, 8) } }],
    ['when it was damaged', withKey(), text => text.replace(/"session":"...../, '"session":"AAAAA')],
  ])('%s it counts for nothing', async (_, second, change) => {
    const { site, handshakes } = await restarted(withKey(), second, change)
    expect(handshakes).toEqual(['full'])
    expect(site.eventTypes).toContain('REG_UPDATE_COMPLETE')
  })

  test('with another pre-shared key it is not resumed', async () => {
    const site = await secureSite()
    await site.register()
    await site.clock.until(site.client.stop())
    site.handshakes()
    site.client.objects.set('/0/0/3', Buffer.from('nobody'))
    site.client.start()
    await site.clock.advance(1_000)
    expect(site.handshakes()).toEqual(['full'])
    expect(site.events.at(-1)).toMatchObject({ type: 'CONNECT_FAILURE', cause: { code: 'HANDSHAKE' } })
  })

  test('a key that the application keeps is neither saved nor part of what tells the options', async () => {
    const external = psk(identity, () => key)
    const servers = [{ uri: 'coaps://10.0.0.2', shortServerId: 1, security: external }]
    const { text, handshakes } = await restarted({ ...withKey(), servers })
    expect(handshakes).toEqual(['abbreviated'])
    expect(text).not.toContain(key.toString('base64'))
    const { text: withBytes } = await restarted({
      ...withKey(),
      servers: [{ ...servers[0], security: credentials }] as never,
    })
    expect(withBytes).toContain(key.toString('base64'))
  })
})
