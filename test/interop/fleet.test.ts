import { afterEach, expect, test } from 'vitest'
import { lwm2m, Program } from './program.ts'

const running: Program[] = []

afterEach(async () => {
  for (const program of running.splice(0)) await program.kill()
})

function start(...args: string[]): Program {
  const program = new Program([...lwm2m, ...args])
  running.push(program)
  program.endInput()
  return program
}

async function startServer(...args: string[]) {
  const server = start('server', ...args)
  await server.sees(/listening on .*127\.0\.0\.1:\d+/)
  return { server, port: /127\.0\.0\.1:(\d+)/.exec(server.output)?.[1] ?? '' }
}

const registrations = ({ output }: Program) => output.match(/ registered from /g)?.length ?? 0

test('two shards of a fleet over UDP: all register and de-register', async () => {
  const { server, port } = await startServer('--listen', 'coap://127.0.0.1:0')
  const options = ['--server', `coap://127.0.0.1:${port}`, '--count', '200', '--start-over', '1', '--duration', '8']
  const shards = ['1/2', '2/2'].map(shard => start('fleet', ...options, '--shard', shard))
  for (const shard of shards) {
    expect(await shard.ended).toBe(0)
    expect(shard.output).toContain('devices   100 of 100 registered, 100 of them at the end\n')
    expect(shard.output).toMatch(/\nRegister {2}100: half within \d/)
    expect(shard.output).toMatch(/\nmemory {4}\d+\.\d MB, \d+\.\d kB a device\nCPU {7}\d+\.\d s, /)
    expect(shard.errors).toBe('')
  }
  expect(registrations(server)).toBe(200)
  server.signal('SIGINT')
  expect(await server.ended).toBe(0)
  expect(server.output).toContain('closed; clients registered: 0')
})

test.each(['coaps', 'coaps+tcp'])('a fleet over %s with a key for each device, until Ctrl-C', async scheme => {
  const masterKey = ['--psk-master-key', '000102030405060708090a0b0c0d0e0f']
  const { server, port } = await startServer('--listen', `${scheme}://127.0.0.1:0`, ...masterKey)
  const uri = `${scheme}://127.0.0.1:${port}`
  const fleet = start('fleet', '--server', uri, '--count', '50', '--start-over', '1', ...masterKey)
  await server.sees(/urn:dev:os:fleet-49 registered from .* as urn:dev:os:fleet-49,/)
  await expect.poll(() => registrations(server)).toBe(50)
  fleet.signal('SIGINT')
  expect(await fleet.ended).toBe(0)
  expect(fleet.output).toContain('devices   50 of 50 registered, ')
  expect(fleet.errors).toBe('')
})

test.runIf(process.platform === 'linux')('fewer open files than devices: one line that says what to do', async () => {
  const [node = '', ...args] = lwm2m
  const command = [node, ...args, 'fleet', '--server', 'coap://127.0.0.1:9', '--count', '1000']
  const fleet = new Program(['sh', '-c', 'ulimit -n 500 && exec "$@"', 'sh', ...command])
  running.push(fleet)
  expect(await fleet.ended).toBe(1)
  expect(fleet.errors).toBe(
    'error: 1000 devices need 1050 open files, and the limit of this process is 500 (ulimit -Hn): raise it, ' +
      'as root with "ulimit -n 1050", or run 3 processes with --shard 1/3 and so on\n',
  )
})
