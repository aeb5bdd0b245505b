import type { Content } from '../objects/content.ts'
import { maxDdfLength, parseDdf } from '../objects/ddf.ts'
import type { ObjectDefinition } from '../objects/definition.ts'
import { bootstrapOnlyObjects, type DefinitionTable, type ResourceEntry, tableOf } from '../objects/definition-table.ts'
import { builtInObject } from '../objects/definitions/built-in.ts'
import { DdfError, FormatError } from '../objects/errors.ts'
import { decodeUtf8 } from '../objects/formats/bytes.ts'
import { JsonPlace } from '../objects/json-place.ts'
import type { ObjectsApi } from '../objects/objects.ts'
import { formatPath, idFromText, type Path } from '../objects/path.ts'
import type { Value } from '../objects/value.ts'
import type { Clock } from '../transport/clock.ts'
import type { Random } from '../transport/random.ts'
import { readDeviceValue } from './device-values.ts'
import { type Feed, GeneratorSweep } from './generator-sweep.ts'
import { isGenerator, type ReadFile, readGenerator } from './generators.ts'

/** A device file that cannot be used. `message` begins with the place in the document and holds no value of it. */
export class DeviceFileError extends Error {
  override readonly name = 'DeviceFileError'
  readonly code = 'INVALID_DEVICE_FILE'
}

/** What a device is made of; nothing of it changes, so that many clients can share it. */
export interface DeviceFile {
  /** Of all objects of the file, also of those without an instance; for the option `objects` of a client. */
  readonly definitions: readonly ObjectDefinition[]
  readonly instances: readonly DeviceInstance[]
  readonly feeds: readonly Feed[]
}

export interface DeviceInstance {
  readonly definition: ObjectDefinition
  readonly instanceId: number
  readonly contents: readonly (readonly [resourceId: number, content: Content])[]
}

/** The longest document that is read, and the longest file that it may name. */
export const maximumDeviceFileLength = 4_194_304

const maximumFeeds = 1_000

/**
 * Reads a device file, the JSON of docs/device-file.md. `readFile` reads what it names: object definitions (XML) and tables
 * (CSV). Rejects with DeviceFileError.
 */
export async function parseDeviceFile(
  text: string,
  { readFile }: { readonly readFile: ReadFile },
): Promise<DeviceFile> {
  const document = JsonPlace.document(text, message => new DeviceFileError(message)).only(['definitions', 'objects'])
  const reader = new DeviceFileReader(readFile)
  for (const place of document.member('definitions').optional(list => list.items()) ?? []) {
    await reader.readDefinitions(place)
  }
  for (const place of document.member('objects').items()) await reader.readObject(place)
  return reader.file
}

/**
 * Gives a client the objects and values of a device file, in one transaction, and lets its generators run; what of an instance
 * the file does not mention stays. Returns the function that stops the generators. Throws TypeError for a client that has
 * another definition of an object: `definitions` belong into its options.
 */
export function applyDeviceFile(
  { objects }: { readonly objects: ObjectsApi },
  { definitions, instances, feeds }: DeviceFile,
  environment: { readonly clock: Clock; readonly random: Random },
): () => void {
  objects.batch(() => {
    for (const definition of definitions) objects.define(definition)
    for (const { definition, instanceId, contents } of instances) {
      const path = formatPath([definition.id, instanceId])
      if (!objects.has(path)) objects.create(definition, instanceId)
      for (const [resourceId, content] of contents) objects.set(`${path}/${resourceId}`, content)
    }
  })
  const sweep = new GeneratorSweep(objects, feeds, environment)
  return () => sweep.stop()
}

class DeviceFileReader {
  readonly #readFile: ReadFile
  readonly #named = new Map<number, ObjectDefinition>()
  readonly #definitions = new Map<number, ObjectDefinition>()
  readonly #described = new Set<number>()
  readonly #instances: DeviceInstance[] = []
  readonly #feeds: Feed[] = []
  /** Several resources may have columns of the same table. */
  readonly #texts = new Map<string, string>()

  constructor(readFile: ReadFile) {
    this.#readFile = readFile
  }

  get file(): DeviceFile {
    return { definitions: [...this.#definitions.values()], instances: this.#instances, feeds: this.#feeds }
  }

  /** The objects of a definition file; all of them are the device's. */
  async readDefinitions(place: JsonPlace): Promise<void> {
    const xml = await this.#load(place, maxDdfLength)
    for (const definition of definitionsIn(xml, place)) {
      if (this.#named.has(definition.id)) throw place.fault(`defines object ${definition.id}, as a file before it does`)
      this.#named.set(definition.id, definition)
      this.#definitions.set(definition.id, definition)
    }
  }

  async readObject(place: JsonPlace): Promise<void> {
    const definition = this.#definitionOf(place.only(['id', 'version', 'instances']))
    const { id } = definition
    if (this.#described.has(id)) throw place.member('id').fault(`is ${id} in two objects`)
    this.#described.add(id)
    this.#definitions.set(id, definition)
    const instances = place.member('instances').optional(one => one.members()) ?? []
    for (const [name, instance] of instances) await this.#readInstance(name, instance, definition)
  }

  #definitionOf(place: JsonPlace): ObjectDefinition {
    const idPlace = place.member('id')
    const id = idPlace.whole(0, 65_534)
    if (bootstrapOnlyObjects.has(id)) throw idPlace.fault(`is ${id}, which holds the credentials of servers`)
    const versionPlace = place.member('version')
    const version = versionPlace.optional(one => one.text())
    const named = this.#named.get(id)
    if (named !== undefined) {
      if (version === undefined || version === (named.version ?? '1.0')) return named
      throw versionPlace.fault('is not that of the definition file')
    }
    const builtIn = builtInObject(id, version)
    if (builtIn !== undefined) return builtIn
    throw builtInObject(id) === undefined
      ? idPlace.fault(`is ${id}, an object not known here; name its XML file in definitions`)
      : versionPlace.fault(`is no version of object ${id} known here`)
  }

  async #readInstance(name: string, place: JsonPlace, definition: ObjectDefinition): Promise<void> {
    const instanceId = idFromText(name)
    if (instanceId === undefined) throw place.fault('is no instance id')
    if (definition.multiple !== true && instanceId !== 0) {
      throw place.fault(`cannot be: the only instance of ${definition.name} is 0`)
    }
    const table = tableOf(definition)
    const contents = new Map<number, Content>()
    for (const [resourceName, content] of place.members()) {
      const resource = resourceOf(resourceName, table)
      if (resource === undefined) throw content.fault(`is no resource of ${definition.name}`)
      if (resource.type === 'none') throw content.fault('can be executed; it has no value')
      if (contents.has(resource.id)) throw content.fault('is given twice, by its name and by its id')
      const path = [definition.id, instanceId, resource.id]
      const value = resource.multiple
        ? await this.#readInstances(content, path, resource)
        : await this.#readOne(content, path, resource)
      if (value !== undefined) contents.set(resource.id, value)
    }
    this.#instances.push({ definition, instanceId, contents: [...contents] })
  }

  async #readInstances(place: JsonPlace, path: Path, resource: ResourceEntry): Promise<Content> {
    const values: { [resourceInstanceId: number]: Value } = {}
    for (const [name, item] of place.members()) {
      const id = idFromText(name)
      if (id === undefined) throw item.fault('is no resource instance id')
      const value = await this.#readOne(item, [...path, id], resource)
      if (value !== undefined) values[id] = value
    }
    return values
  }

  /** Nothing where a generator gives the first value. */
  async #readOne(place: JsonPlace, path: Path, resource: ResourceEntry): Promise<Value | undefined> {
    if (!isGenerator(place)) return readDeviceValue(place, resource)
    if (this.#feeds.length === maximumFeeds) throw place.fault(`is one generator more than ${maximumFeeds}`)
    this.#feeds.push({ path, generator: await readGenerator(place, resource, file => this.#loadText(file)) })
    return undefined
  }

  async #loadText(place: JsonPlace): Promise<string> {
    const name = place.text()
    let text = this.#texts.get(name)
    if (text === undefined) {
      const bytes = await this.#load(place, maximumDeviceFileLength)
      try {
        text = decodeUtf8(bytes)
      } catch (error) {
        throw error instanceof FormatError ? place.fault('is a file that is not UTF-8') : error
      }
      this.#texts.set(name, text)
    }
    return text
  }

  async #load(place: JsonPlace, maximumBytes: number): Promise<Uint8Array> {
    const name = place.text()
    let bytes: Uint8Array
    try {
      bytes = await this.#readFile(name)
    } catch (cause) {
      throw place.fault(`cannot be read: ${cause instanceof Error ? cause.message : 'unknown cause'}`)
    }
    if (bytes.length > maximumBytes) throw place.fault('is too long a file')
    return bytes
  }
}

function definitionsIn(xml: Uint8Array, place: JsonPlace): ObjectDefinition[] {
  try {
    return parseDdf(xml)
  } catch (error) {
    throw error instanceof DdfError ? place.fault(`is no definition file: ${error.message}`) : error
  }
}

/** By its id, or by its name in the definition. */
function resourceOf(name: string, { definition, byId }: DefinitionTable): ResourceEntry | undefined {
  const named = Object.hasOwn(definition.resources, name) ? definition.resources[name] : undefined
  const id = idFromText(name) ?? named?.id
  return id === undefined ? undefined : byId.get(id)
}
