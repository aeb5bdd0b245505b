import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { serverSite } from '../../helpers/site.ts'
import { startCommand } from '../../helpers/terminal.ts'
import { Keys, Window } from '../terminal/fake-terminal.ts'

// The reader looks there whether the cursor can be moved.
beforeAll(() => void vi.stubEnv('TERM', 'xterm'))
afterAll(() => void vi.unstubAllEnvs())

async function terminal(command = 'client --server coap://10.0.0.2 --endpoint dev1') {
  const site = await serverSite()
  const keys = new Keys()
  const window = new Window(80)
  const client = startCommand(site, command, { input: keys, output: window })
  await site.clock.advance(100)
  return {
    ...site,
    client,
    keys,
    screen: () => window.screen.text.replace(/\d\d:\d\d:\d\d\.\d{3}/g, 'TIME').split('\n'),
    type: async (text: string, waitMs = 0) => {
      keys.write(text)
      await site.clock.advance(waitMs)
    },
  }
}

test('what happens is told above the prompt, and what is typed there stays', async () => {
  const { screen, type, server, clock } = await terminal()
  await type('read /3303/0/57', 10)
  await clock.until(server.read('dev1', '/3/0/1'))
  expect(screen()).toEqual([
    'TIME   starting as dev1 with coap://10.0.0.2',
    expect.stringMatching(/^TIME ← registered with coap:/),
    'TIME ← GET /3/0/1',
    expect.stringMatching(/^TIME → 2\.05 Content/),
    'lwm2m> read /3303/0/57',
  ])
  await type('00 -f\r', 10)
  expect(screen().slice(-3)).toEqual(['lwm2m> read /3303/0/5700 -f', '21.000000', 'lwm2m>'])
})

test('paths are completed', async () => {
  const { screen, type } = await terminal()
  await type('read /33\t', 10)
  expect(screen().at(-1)).toBe('lwm2m> read /3303/')
  await type('0/570\t\t', 10)
  expect(screen().slice(-2)).toEqual([
    '/3303/0/5700  sensorValue  /3303/0/5701  sensorUnits',
    'lwm2m> read /3303/0/570',
  ])
})

test('Ctrl-C ends what runs, Ctrl-D de-registers and leaves with 0, also after an error', async () => {
  const { screen, type, server, client, clock, keys } = await terminal()
  await type('sleep 1000\r', 10)
  await type('\u0003', 10)
  expect(screen().slice(-2)).toEqual(['interrupted', 'lwm2m>'])
  expect(server.registrations.size).toBe(1)
  await type('\u0004')
  expect(await clock.until(client.exitCode)).toBe(0)
  expect(server.registrations.size).toBe(0)
  expect(keys.isRaw).toBe(false)
})
