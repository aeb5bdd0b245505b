import type { PackageFileSystem } from '../../client/file-system.ts'

/** A file: what was written, and how much of it no power loss takes away. */
interface Content {
  bytes: Buffer
  syncedLength: number
}

/** What becomes of some names, all at once. */
type NameChange = readonly (readonly [name: string, content: Content | undefined])[]

/** What is left of a disk after a crash. */
export type Remains =
  /** The process was killed: the system goes on and has everything. */
  | 'killed'
  /**
   * The power went: of bytes not synchronised this fraction is left, of changes of names not synchronised so many.
   * Directories change in order; what a file holds is not ordered with them.
   */
  | { readonly bytesLeft: number; readonly namesLeft: number }

class DiskError extends Error {
  readonly code: string
  constructor(code: string) {
    super(`${code}: the disk says no`)
    this.code = code
  }
}

/** A disk in memory on which a process can die at any step, in the middle of a write, too. */
export class SimulatedDisk implements PackageFileSystem {
  readonly #names: Map<string, Content>
  readonly #durableNames: Map<string, Content>
  /** What is not on the disk yet, oldest first. */
  #pending: NameChange[] = []
  #crash: { atStep: number; bytesLeft: number; happened: () => void } | undefined
  #failure: { step: string; code: string } | undefined
  /** What was asked for, in order. */
  readonly steps: string[] = []

  constructor(files: ReadonlyMap<string, Buffer> = new Map()) {
    const contents = [...files].map(([name, bytes]): [string, Content] => [name, { bytes, syncedLength: bytes.length }])
    this.#names = new Map(contents)
    this.#durableNames = new Map(contents)
  }

  get files(): Map<string, Buffer> {
    return new Map([...this.#names].map(([name, { bytes }]) => [name, bytes]))
  }

  /** The process dies at the step of this number, counted from 0; of a write this fraction happens. Resolves then. */
  crashAt(atStep: number, bytesLeft: number): Promise<void> {
    return new Promise(resolve => {
      this.#crash = { atStep, bytesLeft, happened: resolve }
    })
  }

  /** Makes every step of a kind fail until {@link heal}. */
  failAt(step: string, code: string): void {
    this.#failure = { step, code }
  }

  heal(): void {
    this.#failure = undefined
  }

  /** The disk that the next process finds. */
  afterCrash(remains: Remains): SimulatedDisk {
    if (remains === 'killed') return new SimulatedDisk(this.files)
    const names = new Map(this.#durableNames)
    for (const change of this.#pending.slice(0, remains.namesLeft)) apply(names, change)
    return new SimulatedDisk(
      new Map(
        [...names].map(([name, { bytes, syncedLength }]) => {
          const left = syncedLength + Math.floor((bytes.length - syncedLength) * remains.bytesLeft)
          return [name, bytes.subarray(0, left)]
        }),
      ),
    )
  }

  read(path: string): Buffer {
    this.#check('read')
    return Buffer.from(this.#content(path).bytes)
  }

  exists(path: string): boolean {
    return this.#names.has(path)
  }

  move(from: string, to: string): void {
    this.#check('move')
    this.#rename(from, to)
  }

  async create(path: string) {
    await this.#step('create')
    if (this.#names.has(path)) throw new DiskError('EEXIST')
    const content: Content = { bytes: Buffer.alloc(0), syncedLength: 0 }
    this.#change([path, content])
    return {
      writeFile: async (bytes: Uint8Array) => {
        const whole = Buffer.from(bytes)
        await this.#step('write', fraction => {
          content.bytes = whole.subarray(0, Math.floor(whole.length * fraction))
        })
        content.bytes = whole
      },
      sync: async () => {
        await this.#step('sync')
        content.syncedLength = content.bytes.length
      },
      close: () => this.#step('close'),
    }
  }

  size(path: string): number {
    return this.#names.get(path)?.bytes.length ?? 0
  }

  async makeDirectory(): Promise<void> {}

  async openFile(path: string) {
    await this.#step('open')
    const content = this.#names.get(path) ?? { bytes: Buffer.alloc(0), syncedLength: 0 }
    if (!this.#names.has(path)) this.#change([path, content])
    const put = (bytes: Uint8Array, position: number) => {
      content.bytes = Buffer.concat([content.bytes.subarray(0, position), bytes])
    }
    return {
      write: async (bytes: Uint8Array, position: number) => {
        await this.#step('write', fraction => put(bytes.subarray(0, Math.floor(bytes.length * fraction)), position))
        put(bytes, position)
      },
      sync: async () => {
        await this.#step('sync')
        content.syncedLength = content.bytes.length
      },
      close: () => this.#step('close'),
    }
  }

  async *stream(path: string): AsyncIterable<Uint8Array> {
    await this.#step('stream')
    yield this.#content(path).bytes
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#step('rename')
    this.#rename(from, to)
  }

  async remove(path: string): Promise<void> {
    await this.#step('remove')
    if (this.#names.has(path)) this.#change([path, undefined])
  }

  async syncDirectory(): Promise<void> {
    await this.#step('syncDirectory')
    for (const change of this.#pending) apply(this.#durableNames, change)
    this.#pending = []
  }

  #rename(from: string, to: string): void {
    this.#change([to, this.#content(from)], [from, undefined])
  }

  #content(path: string): Content {
    const content = this.#names.get(path)
    if (content === undefined) throw new DiskError('ENOENT')
    return content
  }

  #change(...change: NameChange): void {
    apply(this.#names, change)
    this.#pending.push(change)
  }

  #check(step: string): void {
    this.steps.push(step)
    if (this.#failure?.step === step) throw new DiskError(this.#failure.code)
  }

  /** Takes its time, and never comes back when the process dies here. */
  async #step(name: string, partly?: (fraction: number) => void): Promise<void> {
    if (this.#crash !== undefined && this.steps.length >= this.#crash.atStep) {
      partly?.(this.#crash.bytesLeft)
      this.#crash.happened()
      return new Promise(() => {})
    }
    this.#check(name)
    await Promise.resolve()
    return undefined
  }
}

function apply(names: Map<string, Content>, change: NameChange): void {
  for (const [name, content] of change) {
    if (content === undefined) names.delete(name)
    else names.set(name, content)
  }
}
