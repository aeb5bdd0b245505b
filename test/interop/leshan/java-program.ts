import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { Psk } from '../dtls/psk.ts'
import { EventStream } from './event-stream.ts'
import { fetchLibraries } from './libraries.ts'

/** An HTTP status that is no success: for a request of LwM2M that has no answer of the client, or one that Leshan refuses. */
export class LeshanError extends Error {
  readonly httpStatus: number

  constructor(httpStatus: number, message: string) {
    super(message)
    this.httpStatus = httpStatus
  }
}

/** Which of them a program has is its own affair. */
interface Ports {
  readonly coapPort?: number
  readonly coapsPort?: number
  readonly coapTcpPort?: number
  readonly coapsTcpPort?: number
  readonly httpPort: number
}

/** As the program's own comments have them. */
export type Settings = Readonly<Record<string, string | number>>

const run = promisify(execFile)
const here = new URL('.', import.meta.url).pathname

/** One of the Java programs beside this file, as a process of its own on free loopback ports, in a folder of its own. */
export class JavaProgram {
  readonly #process: ChildProcessWithoutNullStreams
  readonly #folder: string
  readonly #streams: { close(): void }[] = []
  #ports: Ports | undefined
  #log = ''

  private constructor(process: ChildProcessWithoutNullStreams, folder: string) {
    this.#process = process
    this.#folder = folder
    process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text
    })
  }

  /**
   * Compiles and starts the program of a folder, on the libraries of its `pom.xml`. Takes 3 s, longer the first time. `settings`
   * are what else it may be told, by name.
   * @throws when the process ends before it listens.
   */
  static async start(name: string, parameters: readonly string[], settings: Settings = {}): Promise<JavaProgram> {
    const sources = join(here, name)
    const libraries = await fetchLibraries(join(sources, 'pom.xml'))
    const folder = await mkdtemp(join(tmpdir(), 'leshan-'))
    // The bootstrap server is on older libraries, and over UDP alone.
    const shared = name === 'bootstrap' ? ['shared'] : ['shared', 'streams']
    await compile([...shared.map(folderName => join(here, folderName)), sources], libraries, folder)
    const process = spawn(
      'java',
      [
        '-XX:+UseSerialGC',
        '-XX:TieredStopAtLevel=1',
        '-Dfile.encoding=UTF-8', // Leshan's LwM2M JSON codec takes the platform's.
        '-Dsun.net.httpserver.nodelay=true', // Nagle's algorithm would hold events back by 40 ms.
        '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
        ...Object.entries(settings).map(([setting, value]) => `-D${setting}=${value}`),
        '-cp',
        [folder, join(libraries, '*')].join(delimiter),
        'Main',
        ...parameters,
      ],
      { cwd: folder },
    )
    const program = new JavaProgram(process, folder)
    await program.#started()
    return program
  }

  /** For the client under test. */
  get coapUri(): string {
    return `coap://127.0.0.1:${this.#ports?.coapPort}`
  }

  get coapsUri(): string {
    return `coaps://127.0.0.1:${this.#ports?.coapsPort}`
  }

  get coapTcpUri(): string {
    return `coap+tcp://127.0.0.1:${this.#ports?.coapTcpPort}`
  }

  get coapsTcpUri(): string {
    return `coaps+tcp://127.0.0.1:${this.#ports?.coapsTcpPort}`
  }

  /** The warnings that Leshan logged so far. */
  get log(): string {
    return this.#log
  }

  /** @throws LeshanError when the status is no success. */
  async fetch<T>(method: string, target: string, body?: string): Promise<T> {
    const response = await fetch(this.#api + target, { method, ...(body !== undefined && { body }) })
    const answer = await response.json()
    if (!response.ok) throw new LeshanError(response.status, (answer as { errormessage: string }).errormessage)
    return answer as T
  }

  /** The key of an endpoint, which then has to come with it; of the servers. */
  async setPsk(endpoint: string, { identity, key }: Psk): Promise<void> {
    const body = JSON.stringify({ identity, key: key.toString('hex') })
    await this.fetch('PUT', `/security/${encodeURIComponent(endpoint)}`, body)
  }

  /** The events of one client, or of all; open it before what it should see. Ends with {@link close}. */
  async events<Events extends object>(endpoint?: string): Promise<EventStream<Events>> {
    const filter = endpoint === undefined ? '' : `?ep=${encodeURIComponent(endpoint)}`
    const stream = await EventStream.open<Events>(`${this.#api}/event${filter}`)
    this.#streams.push(stream)
    return stream
  }

  /** May be called again. */
  async close(): Promise<void> {
    for (const stream of this.#streams) stream.close()
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill('SIGKILL')
      await once(this.#process, 'exit')
    }
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #started(): Promise<void> {
    for await (const line of createInterface(this.#process.stdout)) {
      if (!line.startsWith('started ')) continue
      this.#ports = JSON.parse(line.slice('started '.length)) as Ports
      return
    }
    throw new Error(`Leshan did not start:\n${this.#log}`)
  }

  get #api(): string {
    return `http://127.0.0.1:${this.#ports?.httpPort}/api`
  }
}

async function compile(folders: readonly string[], libraries: string, output: string): Promise<void> {
  const names = await Promise.all(folders.map(async folder => (await readdir(folder)).map(name => join(folder, name))))
  const files = names.flat().filter(name => name.endsWith('.java'))
  await run('javac', ['-J-XX:TieredStopAtLevel=1', '-proc:none', '-cp', join(libraries, '*'), '-d', output, ...files])
}
