import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import {
  type FirmwareUpdate,
  type FirmwareUpdateOptions,
  filePackageStore,
  fileStore,
  firmwareUpdate,
  psk as pskSecurity,
} from '../../../index.ts'
import { psk as filePsk, type Psk } from '../dtls/psk.ts'
import { LifecycleClient } from './lifecycle-client.ts'

export interface FirmwareDeviceOptions extends Partial<Omit<FirmwareUpdateOptions, 'store'>> {
  readonly endpoint: string
  readonly serverUri: string
  readonly psk?: Psk | undefined
  /** Where its state and its package are kept. */
  readonly folder: string
  /** What the store takes. */
  readonly storeBytes?: number
}

/** The package of a device as text: its CRC-32 and its size. */
export function packageName(bytes: Uint8Array): string {
  return describePackage(crc32(bytes), bytes.length)
}

function describePackage(crc: number, bytes: number): string {
  return `${crc.toString(16).padStart(8, '0')} of ${bytes} bytes`
}

/** A client of ours whose firmware can be updated. */
export class FirmwareDevice extends LifecycleClient {
  readonly firmware: FirmwareUpdate
  /** The packages that were installed, see {@link packageName}. */
  readonly installed: string[] = []

  constructor({ endpoint, serverUri, psk, folder, storeBytes, ...options }: FirmwareDeviceOptions) {
    super({
      endpoint,
      versions: ['1.1'],
      persistence: fileStore(join(folder, 'state.json')),
      coap: { ackTimeoutMs: 150, maxRetransmit: 8 },
      dtls: { initialTimeoutMs: 200 },
      servers: [
        {
          uri: serverUri,
          shortServerId: 1,
          ...(psk !== undefined && { security: pskSecurity(psk.identity, psk.key) }),
        },
      ],
    })
    this.firmware = firmwareUpdate(this.client, {
      store: filePackageStore(join(folder, 'firmware'), storeBytes === undefined ? {} : { maximumBytes: storeBytes }),
      download: { security: pskSecurity(filePsk.identity, filePsk.key), attempts: 1 },
      install: async ({ read }) => {
        let crc = 0
        let bytes = 0
        for await (const part of read()) {
          crc = crc32(part, crc)
          bytes += part.length
        }
        this.installed.push(describePackage(crc, bytes))
      },
      ...options,
    })
  }

  async stop(): Promise<void> {
    this.firmware.unsubscribe()
    await this.client.stop()
  }
}
