import { expect, test } from 'vitest'
import { deviceCommand, deviceShell } from '../../helpers/device-shell.ts'

test('with a server and a name it starts at once; the end of the input de-registers', async () => {
  const { server, printed, end } = await deviceShell()
  expect(await printed(100)).toEqual([
    '  starting as dev1 with coap://10.0.0.2',
    expect.stringMatching(/^← registered with coap:\/\/10\.0\.0\.2 at /),
  ])
  // Nobody has typed anything yet.
  expect(server.registrations.size).toBe(1)
  void end
})

test('without a name it waits for start, and takes another one later', async () => {
  const { server, type, end } = await deviceShell('client --server coap://10.0.0.2')
  expect(await type('start', 100)).toEqual(['missing value for argument: endpoint'])
  expect(await type('read /3303/0/5700 -f')).toEqual(['21.000000'])
  await type('write /3/0/0 ACME')
  await type('start dev2', 100)
  expect([...server.registrations.keys()]).toEqual(['dev2'])
  expect(await type('start dev3')).toEqual(['the device runs already, as dev2'])
  await type('stop', 100)
  expect(server.registrations.size).toBe(0)
  await type('create /3303/5')
  await type('start dev3', 100)
  expect([...server.registrations.keys()]).toEqual(['dev3'])
  expect(await type('read /3/0/0 -s')).toEqual(['ACME'])
  expect(await type('read /3/0/2 -s')).toEqual(['dev3'])
  expect(await type('ls /3303/5')).toEqual(['/3303/5'])
  expect(await end()).toBe(1)
  expect(server.registrations.size).toBe(0)
})

test.each([
  ['start dev2 -b', 'missing value for argument: bootstrap'],
  ['start dev2 -b 2', 'bootstrap: expected 0 or 1, not 2'],
  ['start dev2 -c 1', 'flag: expected -b, not -c'],
  ['start dev2 -b 1', 'there is no bootstrap server: lwm2m client needs --bootstrap'],
  ['stop -x', 'option: expected -f, not -x'],
  ['update', 'the device is not started'],
  ['pause', 'the device is not started'],
  ['resume', 'the device is not paused'],
  ['send /3/0/1', 'the device is not started'],
  ['send', 'missing value for argument: path'],
  ['disable 1', 'server: there is no server 1'],
  ['bootstrap', 'there is no bootstrap server: lwm2m client needs --bootstrap'],
  ['wait registered', 'the device is not started'],
  ['sleep -1', 'seconds: not a number of seconds: -1'],
  ['reed /3/0/1', 'no such command: reed, did you mean read?'],
])('%s: one line, and exit code 1 in the end', async (line, error) => {
  const { type, end, network } = await deviceShell('client --server coap://10.0.0.2')
  network.connect = () => Promise.reject(new Error('nobody asked for this'))
  expect(await type(line, 100)).toEqual([error])
  expect(await end()).toBe(1)
})

test('start -b 1 bootstraps first', async () => {
  const { type, printed, server } = await deviceShell('client --server coap://10.0.0.2 --bootstrap coap://10.0.0.9')
  expect(await type('start dev1 -b 1', 1000)).toEqual(['  starting as dev1 with coap://10.0.0.2'])
  expect((await printed(100_000))[0]).toMatch(/^✗ not bootstrapped: /)
  expect(server.registrations.size).toBe(0)
})

test('stop -f leaves the registration to its lifetime', async () => {
  const { server, type, end } = await deviceShell()
  await type('wait registered', 100)
  await type('stop -f', 100)
  expect(server.registrations.size).toBe(1)
  await type('start', 100)
  expect(server.registrations.size).toBe(1)
  expect(await end()).toBe(0)
})

test('update, reconnect, pause and resume', async () => {
  const { type } = await deviceShell()
  await type('wait registered', 100)
  const updated = ['→ update at coap://10.0.0.2', '← updated at coap://10.0.0.2']
  expect(await type('update', 5000)).toEqual(updated)
  expect(await type('update 1', 5000)).toEqual(updated)
  expect(await type('update 2')).toEqual(['server: there is no server 2'])
  expect(await type('reconnect', 5000)).toEqual(updated)
  expect(await type('pause', 100)).toEqual(['  suspended'])
  expect(await type('send /3/0/1', 100)).toEqual([expect.stringMatching(/./)])
  expect(await type('resume', 5000)).toEqual(updated)
})

test('disable and enable, offline and online', async () => {
  const { type, server } = await deviceShell()
  await type('wait registered', 100)
  expect(await type('disable 1 60', 1000)).toContain('  coap://10.0.0.2 is disabled for 60 s')
  expect(server.registrations.size).toBe(0)
  await type('enable 1', 5000)
  expect(server.registrations.size).toBe(1)
  await type('offline', 5000)
  expect(await type('send /3/0/1', 100)).toHaveLength(1)
  expect(await type('online', 5000)).toContain('← updated at coap://10.0.0.2')
})

test('send waits for the acknowledgement', async () => {
  const { type, server } = await deviceShell()
  const sent: unknown[] = []
  server.sends$.subscribe(({ values }) => sent.push(values))
  await type('wait registered', 100)
  expect(await type('send /3303/0/5701 /3/0/1', 1000)).toEqual(['the servers have it'])
  expect(sent).toEqual([
    [
      { path: [3, 0, 1], value: 'lwm2m client' },
      { path: [3303, 0, 5701], value: 'Cel' },
    ],
  ])
  expect(await type('send /3/0/21', 1000)).toEqual([expect.stringMatching(/^path: nothing to send: /)])
})

test('wait ends with the time, sleep too', async () => {
  const { type } = await deviceShell('client --server coap://10.0.0.9 --endpoint dev1')
  expect(await type('wait registered 5', 4000)).toEqual([])
  expect(await type('sleep 2', 3500)).toEqual(['seconds: not registered within 5 s'])
  expect(await type('sleep 0')).toEqual([])
})

test('exit, comments and blank lines', async () => {
  const { type, client, clock } = await deviceShell()
  expect(await type('# nothing\n\n  \nread /3/0/1 -s\nexit\nread /3/0/1 -s', 1000)).toEqual([
    'lwm2m client',
    '→ de-register from coap://10.0.0.2',
    '  disconnected from coap://10.0.0.2',
  ])
  expect(await clock.until(client.exitCode)).toBe(0)
})

test('without input it runs on', async () => {
  const { client, clock, server, end } = await deviceShell()
  void end().catch(() => undefined)
  await clock.advance(5000)
  expect(server.registrations.has('dev1')).toBe(true)
  client.interrupt()
  expect(await clock.until(client.exitCode)).toBe(0)
})

test('who gives up goes on with a shell, and ends without', async () => {
  const silent = deviceCommand.replace('--server coap://10.0.0.2', '--bootstrap coap://10.0.0.9')
  const headless = await deviceShell(silent)
  await headless.clock.advance(4 * 86_400_000)
  expect(await headless.client.exitCode).toBe(1)
  const withShell = await deviceShell(silent)
  await withShell.type('read /3/0/1 -s')
  await withShell.clock.advance(4 * 86_400_000)
  expect((await withShell.type('state'))[0]).toBe('dev1 is networkError')
  expect(await withShell.end()).toBe(0)
})
