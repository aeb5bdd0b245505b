import { FirmwareDevice } from './firmware-device.ts'

// A device as a process, to be killed: takes the options as JSON, the key in hexadecimal, and tells what becomes of it.

interface ProgramOptions {
  readonly endpoint: string
  readonly serverUri: string
  readonly psk?: { readonly identity: string; readonly key: string }
  readonly folder: string
}

const options = JSON.parse(process.argv[2] ?? '{}') as ProgramOptions
const { psk } = options
const device = new FirmwareDevice({
  ...options,
  psk: psk && { identity: psk.identity, key: Buffer.from(psk.key, 'hex') },
})
device.firmware.state$.subscribe(({ state, result }) => {
  console.log(`state ${state} ${result}`)
  for (const name of device.installed.splice(0)) console.log(`installed ${name}`)
})
const stepBytes = 256 * 1024
let toldBytes = 0
device.firmware.progress$.subscribe(({ bytes }) => {
  if (bytes >= toldBytes && bytes < toldBytes + stepBytes) return
  toldBytes = bytes - (bytes % stepBytes)
  console.log(`progress ${bytes}`)
})
device.client.start()
await device.client.registered()
console.log('registered')
