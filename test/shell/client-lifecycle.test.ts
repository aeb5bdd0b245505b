import { expect, test } from 'vitest'
import { Lwm2mServer } from '../../server/server.ts'
import { bootstrapSite } from '../helpers/bootstrap-site.ts'
import { serverSite } from '../helpers/site.ts'
import { startCommand } from '../helpers/terminal.ts'

const command = 'client --bootstrap coap://10.0.0.9 --endpoint dev1'
const unreachable = 'the peer did not acknowledge the message'

/** `lwm2m client --bootstrap` on a network without a bootstrap server, after two hours. */
async function lostClient(options = '') {
  const { clock, random, network, server } = await serverSite()
  const client = startCommand({ clock, random, network }, `${command}${options}`)
  await clock.advance(7_200_000)
  await server.close()
  return { clock, network, client }
}

test('a device bootstraps, registers, sleeps, and de-registers on Ctrl-C', async () => {
  const config = { clients: { '*': { servers: [{ uri: 'coap://10.0.0.2', shortServerId: 7, lifetimeSeconds: 300 }] } } }
  const site = await bootstrapSite({ config })
  const { clock } = site
  const server = await Lwm2mServer.listen({ ...site, host: '10.0.0.2', port: 5683 })
  const client = startCommand(site, `${command} --queue-mode`)
  await clock.advance(120_000)
  client.interrupt()
  expect(await clock.until(client.exitCode)).toBe(0)
  const isMessage = (line: string) => /(GET|PUT|POST|DELETE) |\d\.\d\d/.test(line)
  expect(client.output.filter(line => !isMessage(line))).toEqual([
    '  starting as dev1 with coap://10.0.0.9 to bootstrap from',
    '← the bootstrap server begins',
    '← bootstrapped; registering follows in a few seconds',
    expect.stringMatching(/^← registered with server 7 at \/rd\/\S+ for 300 s$/),
    '  asleep, not listening to server 7',
    '→ de-register from server 7',
    '  disconnected from server 7',
  ])
  await site.server.close()
  await server.close()
})

test('a device that gives up ends with exit code 1', async () => {
  const { clock, client } = await lostClient()
  expect(await clock.until(client.exitCode)).toBe(1)
  expect(client.output.at(-1)).toBe(`✗ bootstrap is given up: ${unreachable}; giving up`)
})

test('with --restart-after it starts again', async () => {
  const { clock, network, client } = await lostClient(' --restart-after 60')
  const gaveUp = client.output.indexOf(`✗ bootstrap is given up: ${unreachable}; starting again in 60 s`)
  expect(gaveUp).toBeGreaterThan(0)
  expect(client.output[gaveUp + 1]).toMatch(/^✗ not bootstrapped: .*; next try in /)
  client.interrupt()
  expect(await clock.until(client.exitCode)).toBe(0)
  network.clear()
})
