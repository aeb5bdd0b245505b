import { benchClients } from './clients.ts'
import { benchDtls } from './dtls.ts'
import { benchFirmware } from './firmware.ts'
import { benchFormats } from './formats.ts'
import { benchMemory } from './memory.ts'
import { benchObserve } from './observe.ts'
import { benchRead } from './read.ts'
import { compileWorkers } from './worker.ts'

const benches: Record<string, () => Promise<void>> = {
  read: benchRead,
  formats: benchFormats,
  dtls: benchDtls,
  memory: benchMemory,
  clients: benchClients,
  observe: benchObserve,
  firmware: benchFirmware,
}

const names = process.argv.slice(2)
const unknown = names.find(name => !Object.hasOwn(benches, name))
if (unknown !== undefined) {
  console.error(`no bench ${unknown}; there are ${Object.keys(benches).join(', ')}`)
  process.exit(1)
}
compileWorkers()
for (const [name, bench] of Object.entries(benches)) {
  if (names.length === 0 || names.includes(name)) await bench()
}
