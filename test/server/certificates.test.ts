import { describe, expect, test } from 'vitest'
import type { ServerSecurity } from '../../server/security.ts'
import { Lwm2mServer } from '../../server/server.ts'
import { issue, issueAuthority, pem } from '../helpers/certificates.ts'
import { simulatedWorld } from '../helpers/simulated-world.ts'

const ca = await issueAuthority('ca')
const server = await issue({ commonName: 'server', issuer: ca })
const shown = { certificate: pem(server), key: server.privateKey }

async function listen(security: ServerSecurity) {
  const { clock, random, network } = simulatedWorld()
  return Lwm2mServer.listen({ clock, random, network, host: '10.0.0.2', security })
}

describe('a server that cannot work', () => {
  test.each<[string, ServerSecurity, RegExp]>([
    ['has nothing', {}, /has to have `psk`, `certificates` or `keyPair`/],
    ['trusts nobody', { certificates: [shown] }, /nothing says which clients are to be trusted/],
    [
      'has the key of another certificate',
      { certificates: [shown, { ...shown, key: ca.privateKey }], trustStore: [ca.der] },
      /`certificates` 2: the private key does not belong to the public key/,
    ],
    ['has garbage', { certificates: [{ ...shown, certificate: 'x' }] }, /`certificates` 1: the certificate: malformed/],
    ['has a garbage key', { keyPair: { key: 'x' } }, /`keyPair`: the private key: malformed/],
    [
      'trusts garbage',
      { certificates: [shown], trustStore: [Buffer.from('x')] },
      /entry 1 of the trust store: unusable: neither DER nor PEM/,
    ],
    ['knows garbage', { keyPair: { key: server.privateKey }, rawKeys: { a: 'x' } }, /the key of a: unusable/],
  ])('%s: INVALID_SECURITY', async (_, security, message) => {
    await expect(listen(security)).rejects.toMatchObject({
      code: 'INVALID_SECURITY',
      message: expect.stringMatching(message),
    })
  })

  test('one that asks its clients for nothing needs nobody to trust', async () => {
    await (await listen({ certificates: [shown], clientCertificates: 'none' })).close()
  })
})
