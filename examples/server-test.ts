import { spawn } from 'node:child_process'
import { parseLinks } from 'lwm2m-engine/objects'
import { Lwm2mServer, RequestError } from 'lwm2m-engine/server'
import { filter, firstValueFrom, map, skip, timeout } from 'rxjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// Testing somebody else's client: the server is ours, scripted in vitest, the device is whatever command you name.
//   DEVICE='./my-client -e {endpoint} -u {uri}' npx vitest run --project examples examples/server-test.ts
// Without DEVICE it tests the client of this package.

const endpoint = 'urn:dev:os:under-test'
const ours = 'node dist/shell/main.js client --server {uri} --endpoint {endpoint} --lifetime 60'

describe('a device', () => {
  let server: Lwm2mServer
  let device: ReturnType<typeof spawn>

  /** What happens to its registration next, of a kind. */
  const next = (type: 'registered' | 'updated' | 'deregistered') =>
    firstValueFrom(
      server.events$.pipe(
        filter(event => event.type === type),
        timeout(20_000),
      ),
    )

  beforeAll(async () => {
    server = await Lwm2mServer.listen({ host: '127.0.0.1', port: 0 })
    const registered = next('registered')
    const command = (process.env['DEVICE'] ?? ours)
      .replaceAll('{uri}', `coap://127.0.0.1:${server.local.port}`)
      .replaceAll('{endpoint}', endpoint)
    device = spawn(command, { shell: true, detached: true, stdio: ['ignore', 'ignore', 'inherit'] })
    await registered
  }, 30_000)

  afterAll(async () => {
    // The shell and the device in it.
    if (device?.pid !== undefined) process.kill(-device.pid, 'SIGKILL')
    await server?.close()
  })

  test('registers with the objects that LwM2M demands of it', () => {
    const registration = server.registrations.get(endpoint)
    const objects = parseLinks(registration?.objectLinks ?? '').map(({ target }) => target.split('/')[1])
    expect(objects).toEqual(expect.arrayContaining(['1', '3']))
    expect(registration?.lifetimeSeconds).toBeGreaterThan(0)
  })

  test('reads its binding, which is mandatory', async () => {
    const { values } = await server.read(endpoint, '/3/0/16')
    expect(values[0]?.value).toMatch(/^[UTSNQ]+$/)
  })

  test('answers 4.04 for what it does not have', async () => {
    const error = await server.read(endpoint, '/65000').catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(RequestError)
    expect(error).toMatchObject({ code: 'REJECTED', responseCode: 0x84 })
  })

  test('updates its registration when it is asked to, and when its lifetime is written', async () => {
    const triggered = next('updated')
    await server.execute(endpoint, '/1/0/8')
    await triggered
    const written = next('updated')
    await server.write(endpoint, '/1/0/1', 120)
    await written
    expect(server.registrations.get(endpoint)?.lifetimeSeconds).toBe(120)
  })

  test('notifies of a change', async () => {
    const notified = firstValueFrom(
      server.observe(endpoint, '/1/0/1').pipe(
        skip(1),
        map(({ values }) => values[0]?.value),
        timeout(20_000),
      ),
    )
    await server.read(endpoint, '/1/0/1')
    await server.write(endpoint, '/1/0/1', 90)
    expect(await notified).toBe(90)
  })
})
