import { expect, onTestFinished } from 'vitest'
import { PackageError } from '../../../index.ts'
import { seededRandom } from '../../../transport/random.ts'
import { freePort } from '../free-port.ts'
import type { FirmwareDeviceOptions } from './firmware-device.ts'
import { startHttpFile } from './firmware-files.ts'
import type { FirmwareSite } from './firmware-site.ts'

/** State, /5/0/3. */
export const state = { idle: 0, downloading: 1, downloaded: 2 }
/** What Leshan executes. */
export const resource = { update: 2, cancel: 10 }
export const changed = 'CHANGED(204)'

const smallBytes = 200_000
/** Without a period: a block in the place of another would show. */
export const large = seededRandom(5).bytes(5_000_000)
export const small = seededRandom(2).bytes(smallBytes)

/** What packages come from. */
interface FirmwareSources {
  /** Of a server that has {@link large} at `/large.bin`. */
  readonly coapUri: string
  /** With {@link small}. */
  readonly smallFile: string
  readonly emptyFile: string
}

/** Something that ends an update, or holds it up. */
interface Cause {
  readonly name: string
  readonly options?: Partial<FirmwareDeviceOptions>
  /** Returns the statuses of what Leshan was answered. */
  readonly provoke: (site: FirmwareSite, sources: FirmwareSources) => Promise<readonly string[]>
  readonly answers: readonly string[]
  readonly seen: readonly [state: number, result: number]
}

const throws = (error: Error) => () => {
  throw error
}

const pushes: Cause['provoke'] = async (site, { smallFile }) => [await site.push(smallFile)]

const pulls =
  (uri: (sources: FirmwareSources) => string | Promise<string>): Cause['provoke'] =>
  async (site, sources) => [await site.writeUri(await uri(sources))]

const downloaded =
  (...resourceIds: readonly number[]): Cause['provoke'] =>
  async (site, { smallFile }) => {
    const answers = [await site.push(smallFile)]
    for (const id of resourceIds) answers.push(await site.execute(id))
    return answers
  }

async function pullsSlowly(site: FirmwareSite): Promise<readonly string[]> {
  const http = await startHttpFile(large, { partDelayMs: 100 })
  onTestFinished(() => http.close())
  const answer = await site.writeUri(http.uri)
  expect(await site.seen()).toEqual([state.downloading, 0])
  return [answer]
}

/** Each Update Result that is no success, by what Leshan does or the device. */
export const causes: readonly Cause[] = [
  {
    name: 'a package above the limit, written',
    options: { maximumBytes: smallBytes - 1 },
    provoke: pushes,
    answers: ['REQUEST_ENTITY_TOO_LARGE(413)'],
    seen: [state.idle, 2],
  },
  {
    name: 'a package above the limit, fetched',
    options: { maximumBytes: smallBytes - 1 },
    provoke: pulls(({ coapUri }) => `${coapUri}/large.bin`),
    answers: [changed],
    seen: [state.idle, 2],
  },
  {
    name: 'a store that is full',
    options: { storeBytes: 100_000 },
    provoke: pushes,
    answers: ['REQUEST_ENTITY_TOO_LARGE(413)'],
    seen: [state.idle, 2],
  },
  {
    name: 'a verification that runs out of memory',
    options: { verify: throws(new PackageError('OUT_OF_MEMORY', 'no memory')) },
    provoke: pushes,
    answers: ['INTERNAL_SERVER_ERROR(500)'],
    seen: [state.idle, 3],
  },
  {
    name: 'nobody at the URI',
    options: { download: { attempts: 0, coap: { ackTimeoutMs: 50, maxRetransmit: 2 } } },
    provoke: pulls(async () => `coap://127.0.0.1:${await freePort()}/firmware.bin`),
    answers: [changed],
    seen: [state.idle, 4],
  },
  {
    name: 'a verification that throws',
    options: { verify: throws(new Error('the signature is wrong')) },
    provoke: pushes,
    answers: ['BAD_REQUEST(400)'],
    seen: [state.idle, 5],
  },
  {
    name: 'a package for another device',
    options: { verify: throws(new PackageError('UNSUPPORTED_PACKAGE', 'for another device')) },
    provoke: pushes,
    answers: ['BAD_REQUEST(400)'],
    seen: [state.idle, 6],
  },
  { name: 'no URI', provoke: pulls(() => 'firmware'), answers: [changed], seen: [state.idle, 7] },
  {
    name: 'a file that is not there',
    provoke: pulls(({ coapUri }) => `${coapUri}/missing.bin`),
    answers: [changed],
    seen: [state.idle, 7],
  },
  {
    name: 'an installation that throws',
    options: { install: throws(new Error('the flash is worn out')) },
    provoke: downloaded(resource.update),
    answers: [changed, changed],
    seen: [state.downloaded, 8],
  },
  {
    name: 'another protocol',
    provoke: pulls(() => 'ftp://127.0.0.1/f'),
    answers: [changed],
    seen: [state.idle, 9],
  },
  {
    name: 'Cancel of a package that is downloaded',
    provoke: downloaded(resource.cancel),
    answers: [changed, changed],
    seen: [state.idle, 10],
  },
  {
    name: 'Cancel of a package that is on its way',
    provoke: async site => [...(await pullsSlowly(site)), await site.execute(resource.cancel)],
    answers: [changed, changed],
    seen: [state.idle, 10],
  },
  {
    name: 'an update that the user puts off',
    options: { defers: () => true },
    provoke: downloaded(resource.update),
    answers: [changed, changed],
    seen: [state.downloaded, 11],
  },
  {
    name: 'an empty package, which takes back the one that is downloaded',
    provoke: async (site, sources) => [...(await downloaded()(site, sources)), await site.push(sources.emptyFile)],
    answers: [changed, changed],
    seen: [state.idle, 0],
  },
  {
    name: 'an empty URI, which takes back the one that is on its way',
    provoke: async site => [...(await pullsSlowly(site)), await site.writeUri('')],
    answers: [changed, changed],
    seen: [state.idle, 0],
  },
]
