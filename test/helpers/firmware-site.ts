import { onTestFinished } from 'vitest'
import { Lwm2mClient } from '../../client/client.ts'
import type { FirmwareStatus, FirmwareUpdateOptions } from '../../client/firmware-options.ts'
import { firmwareUpdate } from '../../client/firmware-update.ts'
import { memoryPackageStore } from '../../client/memory-package-store.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import { RequestError } from '../../server/errors.ts'
import type { OperationResult } from '../../server/results.ts'
import { Lwm2mServer } from '../../server/server.ts'
import { CoapEndpoint } from '../../transport/coap/endpoint.ts'
import { type CoapMessage, Code, noPayload } from '../../transport/coap/message.ts'
import { OptionNumber } from '../../transport/coap/options.ts'
import { patternBytes } from './coap-site.ts'
import { simulatedWorld } from './simulated-world.ts'

export const endpoint = 'urn:dev:os:1'
export const packageUri = 'coap://10.0.0.9/firmware?version=2'

/** A LwM2M server, a server of files, and a device with firmware that is started again and again on the same store. */
export async function firmwareSite() {
  const { clock, random, network } = simulatedWorld({ conditions: { delayMs: [5, 5] } })
  const errors: unknown[] = []
  const common = { clock, random, network, onError: (error: unknown) => errors.push(error) }
  const server = await Lwm2mServer.listen({ ...common, host: '10.0.0.2', port: 5683 })
  const file = { body: patternBytes(5_000), tag: Buffer.from('v1'), code: Code.content as number }
  const asked: CoapMessage[] = []
  const script: { before: () => void } = { before: () => undefined }
  const files = await CoapEndpoint.listen({
    ...common,
    local: { host: '10.0.0.9', port: 5683 },
    handler: ({ message }) => {
      asked.push(message)
      script.before()
      if (file.code !== Code.content) return { code: file.code, options: [], payload: noPayload }
      return { code: Code.content, options: [{ number: OptionNumber.eTag, value: file.tag }], payload: file.body }
    },
  })
  const memory = memoryPackageStore()
  const running = new Set<{ kill(): void }>()
  const close = async () => {
    for (const device of running) device.kill()
    await files.close()
    await server.close()
    network.clear()
  }
  onTestFinished(close)

  /** A process of the device, to its end by `kill`. */
  async function boot(options: Partial<FirmwareUpdateOptions> = {}, { starts = true } = {}) {
    const client = new Lwm2mClient({
      endpoint,
      servers: [{ uri: 'coap://10.0.0.2', shortServerId: 1, lifetimeSeconds: 100_000_000 }],
      ...common,
    })
    const installed: Buffer[] = []
    const { store = memory } = options
    const firmware = firmwareUpdate(client, {
      download: { network, random, attempts: 2 },
      install: async ({ read }) => {
        installed.push(await collect(read()))
      },
      ...options,
      store,
    })
    const statuses: FirmwareStatus[] = []
    firmware.state$.subscribe(status => statuses.push(status))
    const device = {
      client,
      firmware,
      /** The packages that were installed. */
      installed,
      statuses,
      /** Each state with its result, `STATE RESULT`. */
      get story() {
        return statuses.map(({ state, result }) => `${state} ${result}`)
      },
      start: async () => {
        client.start()
        await clock.until(client.registered())
      },
      kill: () => {
        running.delete(device)
        firmware.unsubscribe()
        client.actor.stop()
      },
    }
    running.add(device)
    if (starts) await device.start()
    return device
  }

  const of = (path: string) => clock.until(server.read(endpoint, path))
  return {
    clock,
    network,
    server,
    store: memory,
    file,
    /** The requests for the file. */
    asked,
    script,
    errors,
    boot,
    close,
    push: (bytes: Uint8Array) => clock.until(pushing(bytes)),
    pushing,
    write: async (path: string, value: string | number) => clock.until(codeOf(server.write(endpoint, path, value))),
    execute: async (path: string) => clock.until(codeOf(server.execute(endpoint, path))),
    read: async (path: string) => {
      const { values } = await of(path)
      return values?.[0]?.value
    },
    /** State and Update Result, as the server reads them. */
    seen: async () => {
      const { values } = await of('/5/0')
      const value = (id: number) => values.find(({ path }) => path[2] === id)?.value
      return [value(3), value(5)]
    },
  }

  /** Writes a package; resolves with the response code. */
  function pushing(bytes: Uint8Array): Promise<string> {
    return codeOf(server.write(endpoint, '/5/0/0', bytes, { contentFormat: ContentFormat.opaque }))
  }
}

/** The response code of a request, `CLASS.DETAIL`. */
export async function codeOf(done: Promise<OperationResult>): Promise<string> {
  const { responseCode } = await done.catch((error: unknown) => {
    if (error instanceof RequestError && error.responseCode !== undefined) return { responseCode: error.responseCode }
    throw error
  })
  return `${responseCode >> 5}.${String(responseCode & 31).padStart(2, '0')}`
}

export async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all)
}
