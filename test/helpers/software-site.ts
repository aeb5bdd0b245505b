import { Lwm2mClient } from '../../client/client.ts'
import { memoryPackageStores, type PackageStores } from '../../client/package-stores.ts'
import { softwareManagement } from '../../client/software-management.ts'
import type { SoftwareManagementOptions, SoftwarePackage, SoftwareStatus } from '../../client/software-options.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import { RequestError } from '../../server/errors.ts'
import { CoapEndpoint } from '../../transport/coap/endpoint.ts'
import { type CoapMessage, Code, describeCode } from '../../transport/coap/message.ts'
import { OptionNumber } from '../../transport/coap/options.ts'
import { patternBytes } from './coap-site.ts'
import { endpoint, serverSite } from './site.ts'

export const packageUri = 'coap://10.0.0.7/software.bin'
export const packageBytes = patternBytes(5_000)

/** A server, a file server, and a device whose software is managed, which is started again and again on the same stores. */
export async function softwareSite() {
  const base = await serverSite()
  const { clock, random, network, server, errors } = base
  const requests: CoapMessage[] = []
  const files = await CoapEndpoint.listen({
    clock,
    random,
    network,
    local: { host: '10.0.0.7', port: 5683 },
    handler: ({ message }) => {
      requests.push(message)
      const tag = { number: OptionNumber.eTag, value: Buffer.from('v1') }
      return { code: Code.content, options: [tag], payload: packageBytes }
    },
  })
  const stores: PackageStores = memoryPackageStores()

  /** A process, to its end. */
  async function boot(options: Partial<SoftwareManagementOptions> = {}) {
    const client = new Lwm2mClient({
      endpoint,
      servers: [{ uri: 'coap://10.0.0.2', shortServerId: 1 }],
      clock,
      random,
      network,
      onError: error => errors.push(error),
    })
    /** What the application was asked for. */
    const journal: string[] = []
    const software = softwareManagement(client, {
      stores,
      verify: () => ({ name: 'app', version: '2.0' }),
      install: ({ instanceId, name, bytes }, { isUpgrade }) => {
        journal.push(`${isUpgrade ? 'upgrade' : 'install'} ${instanceId} ${name} of ${bytes} bytes`)
      },
      uninstall: ({ instanceId }, { isForUpdate }) => {
        journal.push(`${isForUpdate ? 'make room' : 'uninstall'} ${instanceId}`)
      },
      activate: ({ instanceId }) => void journal.push(`activate ${instanceId}`),
      deactivate: ({ instanceId }) => void journal.push(`deactivate ${instanceId}`),
      download: { random, network },
      ...options,
    })
    client.start()
    await clock.until(client.registered())
    return {
      client,
      software,
      journal,
      /** The process ends without a word to anybody. */
      kill: () => {
        software.unsubscribe()
        client.actor.stop()
      },
    }
  }

  /** What a server is answered: `2.04 Changed`. */
  async function answer(request: Promise<{ readonly responseCode: number }>): Promise<string> {
    const settled = request.then(
      ({ responseCode }) => responseCode,
      (error: unknown) => (error instanceof RequestError ? error.responseCode : undefined) ?? Promise.reject(error),
    )
    return describeCode(await clock.until(settled)).slice(0, 4)
  }

  const path = (instanceId: number, resourceId: number) => `/9/${instanceId}/${resourceId}`
  return {
    ...base,
    stores,
    /** What the file server was asked for. */
    requests,
    boot,
    answer,
    execute: (resourceId: number, args?: string, instanceId = 0) =>
      answer(server.execute(endpoint, path(instanceId, resourceId), args)),
    /** Bytes go block by block. */
    write: (resourceId: number, value: string | boolean | Uint8Array, instanceId = 0) => {
      const options = value instanceof Uint8Array ? { contentFormat: ContentFormat.opaque } : {}
      return answer(server.write(endpoint, path(instanceId, resourceId), value, options))
    },
    /** What a server reads of an instance: Update State, Update Result, Activation State, PkgName. */
    read: async (instanceId = 0) => {
      await clock.advance(0)
      const { values } = await clock.until(server.read(endpoint, `/9/${instanceId}`))
      const byId = new Map(values.map(({ path: place, value }) => [place[2], value]))
      return [byId.get(7), byId.get(9), byId.get(12), byId.get(0)]
    },
    /** All states of an instance from now on. */
    states: ({ state$ }: { readonly state$: { subscribe(next: (status: SoftwareStatus) => void): unknown } }) => {
      const seen: string[] = []
      state$.subscribe(({ state, result, isActive }) => seen.push(`${state} ${result}${isActive ? ' active' : ''}`))
      return seen
    },
    close: async () => {
      await files.close()
      await server.close()
      network.clear()
    },
  }
}

/** Content of a package, read from its beginning. */
export async function contentOf(software: Pick<SoftwarePackage, 'read'>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of software.read()) chunks.push(chunk)
  return Buffer.concat(chunks)
}
