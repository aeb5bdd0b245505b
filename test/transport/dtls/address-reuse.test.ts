import { expect, test } from 'vitest'
import { connectDtls, wakeDtls } from '../../../transport/dtls/connect.ts'
import { psk } from '../../../transport/dtls/credentials.ts'
import type { DtlsConnection } from '../../../transport/dtls/dtls-connection.ts'
import { DtlsSite, key } from '../../helpers/dtls-site.ts'

async function open(site: DtlsSite, identity: string, localPort: number): Promise<DtlsConnection> {
  const { clock, random, network, serverAddress } = site
  const connection = await network.connect(serverAddress, { localPort })
  return clock.until(connectDtls(connection, { clock, random, credentials: psk(identity, key), connectionIdLength: 0 }))
}

/** Two clients after each other at one address, the first asleep meanwhile; what each is answered afterwards. */
async function afterReuse(connectionIdLength: number, first: string, second: string): Promise<(string | undefined)[]> {
  const site = await new DtlsSite({ server: { connectionIdLength, psk: () => key } }).listen()
  const sleeping = (await open(site, first, 7_000)).detach()
  if (sleeping === undefined) throw new Error('no Connection ID')
  const awake = await open(site, second, 7_000)
  const woken = wakeDtls(sleeping, await site.network.connect(site.serverAddress, { localPort: 7_001 }))
  const answers = [await site.echo(woken, Buffer.from('woken')), await site.echo(awake, Buffer.from('awake'))]
  return answers.map(answer => answer?.toString())
}

test('a client asleep keeps its session when its address is given to another: its Connection ID finds it (RFC 9146 §6)', async () => {
  expect(await afterReuse(8, 'one', 'two')).toEqual(['woken', 'awake'])
})

test('the same client, starting anew, ends the session that it had there (RFC 6347 §4.2.8)', async () => {
  expect(await afterReuse(8, 'one', 'one')).toEqual([undefined, 'awake'])
})
