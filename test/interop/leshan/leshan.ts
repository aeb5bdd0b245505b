import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { EventStream } from './event-stream.ts'
import { fetchLibraries } from './libraries.ts'
import type {
  CompositeFormat,
  CompositeFormats,
  LeshanAnswer,
  LeshanFormat,
  LeshanNode,
  LeshanRegistration,
} from './model.ts'

/** The programs it takes: a JDK, and Maven for the first fetch. */
export const leshanPrograms = ['java', 'javac', 'mvn'] as const
export const leshanInstall = 'apt-get install openjdk-17-jdk-headless maven'

/** A request that has no answer of the client: an unknown client, a timeout, or a payload that Leshan could not decode. */
export class LeshanError extends Error {
  readonly httpStatus: number

  constructor(httpStatus: number, message: string) {
    super(message)
    this.httpStatus = httpStatus
  }
}

const run = promisify(execFile)
const sources = new URL('server/', import.meta.url).pathname

/** Starts a Leshan server on free loopback ports, in a folder of its own. Takes 3 s, longer the first time. */
export async function startLeshan(): Promise<Leshan> {
  const libraries = await fetchLibraries()
  const folder = await mkdtemp(join(tmpdir(), 'leshan-'))
  await compile(libraries, folder)
  const process = spawn(
    'java',
    [
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-Dfile.encoding=UTF-8', // Its LwM2M JSON codec takes the platform's.
      '-Dsun.net.httpserver.nodelay=true', // Nagle's algorithm would hold events back by 40 ms.
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
      '-cp',
      [folder, join(libraries, '*')].join(delimiter),
      'Main',
    ],
    { cwd: folder },
  )
  const leshan = new Leshan(process, folder)
  await leshan.started()
  return leshan
}

async function compile(libraries: string, folder: string): Promise<void> {
  const files = (await readdir(sources)).map(name => join(sources, name))
  await run('javac', ['-J-XX:TieredStopAtLevel=1', '-proc:none', '-cp', join(libraries, '*'), '-d', folder, ...files])
}

interface Ports {
  readonly coapPort: number
  readonly httpPort: number
}

/** A running Leshan server: what its device management side asks of clients, and the events it emits. */
export class Leshan {
  readonly #process: ChildProcessWithoutNullStreams
  readonly #folder: string
  readonly #streams: EventStream[] = []
  #ports: Ports | undefined
  #log = ''

  constructor(process: ChildProcessWithoutNullStreams, folder: string) {
    this.#process = process
    this.#folder = folder
    process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text
    })
  }

  /** @throws when the process ends before it listens. */
  async started(): Promise<void> {
    for await (const line of createInterface(this.#process.stdout)) {
      if (!line.startsWith('started ')) continue
      this.#ports = JSON.parse(line.slice('started '.length)) as Ports
      return
    }
    throw new Error(`Leshan did not start:\n${this.#log}`)
  }

  /** For the client under test. */
  get coapUri(): string {
    return `coap://127.0.0.1:${this.#ports?.coapPort}`
  }

  /** The warnings that Leshan logged so far. */
  get log(): string {
    return this.#log
  }

  clients(): Promise<LeshanRegistration[]> {
    return this.#fetch('GET', '/clients')
  }

  /** @throws LeshanError 404 when no such client is registered. */
  client(endpoint: string): Promise<LeshanRegistration> {
    return this.#fetch('GET', `/clients/${encodeURIComponent(endpoint)}`)
  }

  /** Sends an Accept option only when a format is given. */
  read(endpoint: string, path: string, options: { format?: LeshanFormat } = {}): Promise<LeshanAnswer> {
    return this.#ask('GET', endpoint, path, query(options))
  }

  /** Writes `node`, whose paths lie at or below `path`: by PUT, or by POST with `replace: false`. TLV unless told otherwise. */
  write(
    endpoint: string,
    path: string,
    node: LeshanNode,
    options: { format?: LeshanFormat; replace?: boolean } = {},
  ): Promise<LeshanAnswer> {
    return this.#ask('PUT', endpoint, path, query(options), bodyOf(node))
  }

  /**
   * Creates the instances that the paths of `node` name, or one whose id the client chooses when they are relative:
   * `{'110': 'a', '1110/0': 'b'}`. TLV unless told otherwise.
   */
  create(
    endpoint: string,
    object: string,
    node: LeshanNode,
    options: { format?: LeshanFormat } = {},
  ): Promise<LeshanAnswer> {
    return this.#ask('POST', endpoint, object, query(options), bodyOf(node))
  }

  delete(endpoint: string, path: string): Promise<LeshanAnswer> {
    return this.#ask('DELETE', endpoint, path)
  }

  execute(endpoint: string, path: string, argumentText = ''): Promise<LeshanAnswer> {
    return this.#ask('POST', endpoint, path, '', argumentText)
  }

  discover(endpoint: string, path: string): Promise<LeshanAnswer> {
    return this.#ask('GET', endpoint, `${path}/discover`)
  }

  /** `attributes` as in a query: `pmin=1&pmax=3`; `pmin` alone unsets it. */
  writeAttributes(endpoint: string, path: string, attributes: string): Promise<LeshanAnswer> {
    return this.#ask('PUT', endpoint, `${path}/attributes`, `?${attributes}`)
  }

  observe(endpoint: string, path: string, options: { format?: LeshanFormat } = {}): Promise<LeshanAnswer> {
    return this.#ask('POST', endpoint, `${path}/observe`, query(options))
  }

  /** Cancels by a GET with Observe 1 (RFC 7641 §3.6). */
  cancelActively(endpoint: string, path: string): Promise<LeshanAnswer> {
    return this.#ask('DELETE', endpoint, `${path}/observe`, '?active')
  }

  readComposite(endpoint: string, paths: readonly string[], formats: CompositeFormats): Promise<LeshanAnswer> {
    return this.#ask('GET', endpoint, '/composite', compositeQuery(paths, formats))
  }

  /** Writes single resources and resource instances; `node` names each of them. */
  writeComposite(endpoint: string, node: LeshanNode, format: CompositeFormat): Promise<LeshanAnswer> {
    return this.#ask('PUT', endpoint, '/composite', `?nodeformat=${format}`, bodyOf(node))
  }

  observeComposite(endpoint: string, paths: readonly string[], formats: CompositeFormats): Promise<LeshanAnswer> {
    return this.#ask('POST', endpoint, '/composite/observe', compositeQuery(paths, formats))
  }

  /** Cancels by a FETCH with Observe 1; the paths must be those of the observation. */
  cancelCompositeActively(endpoint: string, paths: readonly string[]): Promise<LeshanAnswer> {
    return this.#ask('DELETE', endpoint, '/composite/observe', `?paths=${paths.join(',')}&active`)
  }

  /** Forgets the observation, so that the next notification is answered with a Reset. @returns how many there were. */
  async cancelPassively(endpoint: string, path: string): Promise<number> {
    const target = `/clients/${encodeURIComponent(endpoint)}${path}/observe`
    return (await this.#fetch<{ cancelled: number }>('DELETE', target)).cancelled
  }

  /** The events of one client, or of all; open it before what it should see. Ends with {@link close}. */
  async events(endpoint?: string): Promise<EventStream> {
    const filter = endpoint === undefined ? '' : `?ep=${encodeURIComponent(endpoint)}`
    const stream = await EventStream.open(`${this.#api}/event${filter}`)
    this.#streams.push(stream)
    return stream
  }

  async close(): Promise<void> {
    for (const stream of this.#streams) stream.close()
    if (this.#process.exitCode === null) {
      this.#process.kill('SIGKILL')
      await once(this.#process, 'exit')
    }
    await rm(this.#folder, { recursive: true, force: true })
  }

  get #api(): string {
    return `http://127.0.0.1:${this.#ports?.httpPort}/api`
  }

  #ask(method: string, endpoint: string, path: string, search = '', body?: string): Promise<LeshanAnswer> {
    return this.#fetch(method, `/clients/${encodeURIComponent(endpoint)}${path}${search}`, body)
  }

  async #fetch<T>(method: string, target: string, body?: string): Promise<T> {
    const response = await fetch(this.#api + target, { method, ...(body !== undefined && { body }) })
    const answer = await response.json()
    if (!response.ok) throw new LeshanError(response.status, (answer as { errormessage: string }).errormessage)
    return answer as T
  }
}

function query(options: { format?: LeshanFormat; replace?: boolean }): string {
  const parameters = Object.entries(options).map(([name, value]) => `${name}=${value}`)
  return parameters.length === 0 ? '' : `?${parameters.join('&')}`
}

function compositeQuery(paths: readonly string[], { paths: pathFormat, nodes }: CompositeFormats): string {
  return `?paths=${paths.join(',')}&pathformat=${pathFormat}&nodeformat=${nodes}`
}

/** JSON has no negative zero of its own. */
function bodyOf(node: LeshanNode): string {
  return JSON.stringify(node, (_, value: unknown) => (Object.is(value, -0) ? '-0' : value))
}
