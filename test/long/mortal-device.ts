import { writeSync } from 'node:fs'
import { Lwm2mClient } from '../../client/client.ts'
import { type FileSystem, nodeFileSystem } from '../../client/file-system.ts'
import { fingerprint } from '../../client/fingerprint.ts'
import { fileStore, type Persistence } from '../../client/persistence.ts'
import { encodeState } from '../../client/saved-state.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import { systemClock } from '../../transport/clock.ts'

/** How a device lives and dies. */
export interface Life {
  readonly path: string
  readonly endpoint: string
  readonly bootstrapUri: string
  /** Bootstraps again as soon as it is registered, not only now and then. */
  readonly bootstraps: boolean
  /** Kills itself at this step of its writes to the disk; 0: never. */
  readonly diesAtStep: number
  /** Of the bytes of the write, when it dies while writing them. */
  readonly share: number
}

/** The device that client-kill.test.ts kills: registers, updates, writes lifetimes, bootstraps, saves, and prints what happens. */
const { path, endpoint, bootstrapUri, bootstraps, diesAtStep, share } = JSON.parse(process.argv[2] as string) as Life
const say = (line: string) => void writeSync(1, `${line}\n`)
let steps = 0

const mayDie = () => ++steps === diesAtStep

/** Nothing of the process runs after that. */
function die(step: string): void {
  say(`dying ${step}`)
  process.kill(process.pid, 'SIGKILL')
}

const files: FileSystem = {
  ...nodeFileSystem,
  async create(name) {
    const file = await nodeFileSystem.create(name)
    if (mayDie()) die('create')
    return {
      async writeFile(bytes) {
        if (mayDie()) {
          await file.writeFile(bytes.subarray(0, Math.floor(bytes.length * share)))
          die('write')
        }
        await file.writeFile(bytes)
      },
      async sync() {
        if (mayDie()) die('sync')
        await file.sync()
      },
      async close() {
        await file.close()
        if (mayDie()) die('close')
      },
    }
  },
  async rename(from, to) {
    if (mayDie()) die('before rename')
    await nodeFileSystem.rename(from, to)
    if (mayDie()) die('after rename')
  },
}

function watched(store: Persistence): Persistence {
  return {
    load: () => store.load(),
    setAside: problem => store.setAside(problem),
    flush: () => store.flush(),
    async save(state) {
      const name = fingerprint(encodeState(state))
      say(`saving ${name}`)
      await store.save(state)
      say(`safe ${name}`)
    },
  }
}

const client = new Lwm2mClient({
  endpoint,
  bootstrap: { uri: bootstrapUri },
  persistence: watched(fileStore(path, files)),
  objects: [temperature],
  bootstrapRetry: { initialDelaySeconds: 1, maximumDelaySeconds: 1 },
  retry: { initialDelaySeconds: 0.5, maximumDelaySeconds: 1 },
  onError: error => say(`error ${String(error)}`),
})
const sensor = client.objects.create(temperature, 0, { sensorValue: 0 })
client.events$.subscribe(({ type }) => say(`event ${type}`))
say('starting')
client.start()
await client.registered()
say('registered')
// Each of these ends where the process does.
for (let turn = 0; ; turn++) {
  if (bootstraps ? turn === 0 : turn % 20 === 19) client.bootstrap()
  sensor.set({ sensorValue: turn })
  // A bootstrap may have deleted it, and not written it yet.
  if (turn % 3 === 0 && client.objects.get('/1/0/0') !== undefined) client.objects.set('/1/0/1', 1000 + (turn % 1000))
  if (turn % 3 === 1) client.update(2)
  await new Promise<void>(resolve => void systemClock.setTimeout(resolve, 40))
}
