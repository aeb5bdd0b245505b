import type { ClientOptions } from '../../client/options.ts'
import { security } from '../../objects/definitions/security.ts'
import { Code } from '../../transport/coap/message.ts'
import { type ClientSite, clientSite, errorResponse } from './client-site.ts'
import { accountSession, scriptedBootstrapServer } from './scripted-bootstrap-server.ts'

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
  const site = await clientSite({
    client: {
      inspect,
      bootstrap: { uri: 'coap://10.0.0.9', accountTimeoutSeconds: 3_600 },
      bootstrapPack: true,
      queueMode: { awakeSeconds: 20 },
    },
  })
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

/**
 * Registers, updates, meets a server that is silent for a while, sleeps, is disabled, bootstraps at the second attempt, and
 * stops: every effect of every chart runs.
 */
export async function liveThrough(site: ClientSite): Promise<void> {
  const { clock, client, script, network, random } = site
  const session = accountSession()
  session.splice(-1, 0, { kind: 'bootstrapWrite', path: [0, 1, 5], contentFormat: 42, payload: secret })
  const bootstrap = await scriptedBootstrapServer({ clock, network, random, session })
  await site.register()
  client.update()
  await clock.advance(1_000)
  client.objects.set('/1/0/1', 120)
  await clock.advance(1_000)
  script.silent = true
  await clock.advance(600_000)
  script.silent = false
  await clock.until(client.registered())
  await clock.advance(30_000)
  client.disable(7, 60)
  await clock.advance(120_000)
  // It has no Bootstrap-Pack, and refuses the first Bootstrap-Request.
  bootstrap.script.answer = ({ path }) =>
    path === '/bspack' || bootstrap.requests.length === 2 ? errorResponse(Code.badRequest) : undefined
  client.bootstrap()
  await clock.advance(60_000)
  await clock.until(client.registered())
  await site.stop()
  await bootstrap.close()
}
