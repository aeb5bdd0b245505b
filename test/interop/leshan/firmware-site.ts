import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { Program } from '../program.ts'
import { type Loss, Relay } from '../relay.ts'
import { freshPsk } from './dtls-site.ts'
import { FirmwareDevice, type FirmwareDeviceOptions } from './firmware-device.ts'
import type { Leshan } from './leshan.ts'

export type FirmwareTransport = 'UDP' | 'DTLS'

const programFile = join(import.meta.dirname, 'firmware-program.ts')

/** A folder with packages and what devices keep. */
export class FirmwareFolder {
  readonly path: string
  #count = 0

  private constructor(path: string) {
    this.path = path
  }

  static async make(): Promise<FirmwareFolder> {
    return new FirmwareFolder(await mkdtemp(join(tmpdir(), 'firmware-')))
  }

  /** Returns the path. */
  async write(name: string, content: Uint8Array): Promise<string> {
    const path = join(this.path, name)
    await writeFile(path, content)
    return path
  }

  /** For another device. */
  next(): string {
    return join(this.path, `device-${++this.#count}`)
  }

  remove(): Promise<void> {
    return rm(this.path, { recursive: true, force: true })
  }
}

/** One device of a test, in this process or, to be killed, in one of its own; and what Leshan sees of it. */
export class FirmwareSite {
  readonly endpoint: string
  readonly #leshan: Leshan
  readonly #options: FirmwareDeviceOptions

  private constructor(leshan: Leshan, options: FirmwareDeviceOptions) {
    this.#leshan = leshan
    this.#options = options
    this.endpoint = options.endpoint
  }

  /** `isLost`: by way of a relay, which is returned. */
  static async create(leshan: Leshan, folder: FirmwareFolder, transport: FirmwareTransport, isLost?: Loss) {
    const known = freshPsk()
    const isSecure = transport === 'DTLS'
    if (isSecure) await leshan.setPsk(known.identity, known)
    const serverUri = isSecure ? leshan.coapsUri : leshan.coapUri
    const relay = isLost && (await Relay.start(serverUri, isLost))
    onTestFinished(() => relay?.close())
    const site = new FirmwareSite(leshan, {
      endpoint: known.identity,
      serverUri: relay?.uri ?? serverUri,
      folder: folder.next(),
      ...(isSecure && { psk: known }),
    })
    return { site, relay }
  }

  async device(options: Partial<FirmwareDeviceOptions> = {}): Promise<FirmwareDevice> {
    const device = new FirmwareDevice({ ...this.#options, ...options })
    onTestFinished(() => device.stop())
    device.client.start()
    await device.client.registered()
    return device
  }

  /** A process of the same device, registered. */
  async process(): Promise<Program> {
    const { psk } = this.#options
    const options = { ...this.#options, ...(psk && { psk: { ...psk, key: psk.key.toString('hex') } }) }
    const program = new Program([
      process.execPath,
      '--import',
      import.meta.resolve('tsx'),
      programFile,
      JSON.stringify(options),
    ])
    onTestFinished(() => program.kill())
    await program.sees('registered')
    return program
  }

  /** How much of a package is on the disk. */
  async keptBytes(): Promise<number> {
    return (await stat(join(this.#options.folder, 'firmware/package.bin'))).size
  }

  /** The status of the response. */
  async push(file: string): Promise<string> {
    return (await this.#leshan.writeFile(this.endpoint, '/5/0/0', file)).status
  }

  async writeUri(uri: string): Promise<string> {
    return (await this.#leshan.write(this.endpoint, '/5/0/1', { '/5/0/1': uri })).status
  }

  async execute(resourceId: number): Promise<string> {
    return (await this.#leshan.execute(this.endpoint, `/5/0/${resourceId}`)).status
  }

  /** State and Update Result, as Leshan reads them. */
  async seen(): Promise<readonly unknown[]> {
    const state = await this.#leshan.read(this.endpoint, '/5/0/3')
    const result = await this.#leshan.read(this.endpoint, '/5/0/5')
    return [state.content?.['/5/0/3'], result.content?.['/5/0/5']]
  }
}
