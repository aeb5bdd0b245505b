import type { ClientOptions } from '../../client/options.ts'
import { security } from '../../objects/definitions/security.ts'
import { type ClientSite, clientSite } from './client-site.ts'

const secret = Buffer.from('tr0ub4dor&3-h0rs')

/** The secret as somebody might write it down. */
export const secretTexts = [
  secret.toString('utf8'),
  secret.toString('hex'),
  secret.toString('hex').toUpperCase(),
  secret.toString('base64').replaceAll('=', ''),
  secret.toString('base64url'),
  [...secret].join(','),
  JSON.stringify(Object.fromEntries(secret.entries())).slice(1, -1),
]

/** A client whose Security instances hold a secret key; it is not started. */
export async function secretSite(inspect: NonNullable<ClientOptions['inspect']>) {
  const site = await clientSite({ client: { inspect } })
  const { objects } = site.client
  objects.set('/0/0/5', secret)
  objects.create(security, 5, {
    lwm2mServerUri: 'coaps://10.0.0.5',
    bootstrapServer: false,
    securityMode: 0,
    publicKeyOrIdentity: Buffer.from('device'),
    serverPublicKey: new Uint8Array(),
    secretKey: secret,
    shortServerId: 9,
  })
  return site
}

/** Registers, updates, meets a server that is silent for a while, and stops: every effect of an account runs. */
export async function liveThrough(site: ClientSite): Promise<void> {
  const { clock, client, script } = site
  await site.register()
  client.update()
  await clock.advance(1_000)
  client.objects.set('/1/0/1', 120)
  await clock.advance(1_000)
  script.silent = true
  await clock.advance(600_000)
  script.silent = false
  await clock.until(client.registered())
  await site.stop()
}
