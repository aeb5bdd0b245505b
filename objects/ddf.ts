import { SaxesParser } from 'saxes'
import type { ObjectDefinition, Operations, ResourceDefinition } from './definition.ts'
import { DdfError } from './errors.ts'
import { Identifiers } from './identifiers.ts'
import { idFromText } from './path.ts'
import { printable } from './printable.ts'
import type { ResourceType } from './value.ts'
import { parseValueRange } from './value-range.ts'

/** The longest document that is read, in bytes, or characters of a text. */
export const maxDdfLength = 4 * 1024 * 1024

const maxDepth = 16
const maxResources = 10_000
const maxTextLength = 65_536

/**
 * Reads the objects that an OMA object definition document declares (LwM2M Core 1.2.2 §D.1, the schema LWM2M.xsd), in
 * the order of the document. Bytes are UTF-8. Elements that say nothing about data, such as descriptions, are passed over.
 *
 * Throws {@link DdfError} for a document that is not well-formed, has a DOCTYPE, is longer than 4 MB, nests deeper than 16
 * elements, declares over 10,000 resources or has a text of over 65,536 characters; and for an id that is missing, out of
 * range or given twice, or a word that the schema does not know.
 */
export function parseDdf(xml: string | Uint8Array): ObjectDefinition[] {
  if (xml.length > maxDdfLength) throw new DdfError('the document is longer than 4 MB')
  return new DdfReader(typeof xml !== 'string').read(typeof xml === 'string' ? xml : decodeUtf8(xml))
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new DdfError('the document is not UTF-8', { cause })
  }
}

/** Where in the document an element stands: `field` is one whose text is kept, `other` one that is passed over. */
type Place = 'registry' | 'object' | 'resources' | 'item' | 'field' | 'other'

const commonFields = ['Name', 'MultipleInstances', 'Mandatory']
const objectFields: ReadonlySet<string> = new Set([...commonFields, 'ObjectID', 'ObjectVersion'])
const itemFields: ReadonlySet<string> = new Set([...commonFields, 'Operations', 'Type', 'RangeEnumeration', 'Units'])

function placeOf(name: string, parent: Place): Place {
  if (parent === 'registry' && name === 'Object') return 'object'
  if (parent === 'object' && name === 'Resources') return 'resources'
  if (parent === 'resources' && name === 'Item') return 'item'
  if (parent === 'object' && objectFields.has(name)) return 'field'
  if (parent === 'item' && itemFields.has(name)) return 'field'
  return 'other'
}

class DdfReader {
  readonly #parser = new SaxesParser({ position: false, xmlns: false })
  readonly #places: Place[] = []
  readonly #definitions: ObjectDefinition[] = []
  readonly #objectIds = new Set<number>()
  #resourceCount = 0
  #object = new Fields(0)
  #resources = new Resources()
  #item = new Fields(0)
  #text = ''

  constructor(isUtf8: boolean) {
    this.#parser.on('error', ({ message }) => this.#fail(printable(message.replace(/\.$/, ''))))
    this.#parser.on('doctype', () => this.#fail('a DOCTYPE is not allowed'))
    this.#parser.on('xmldecl', ({ encoding = 'UTF-8' }) => {
      if (isUtf8 && !/^(?:utf-8|us-ascii)$/i.test(encoding))
        this.#fail(`the encoding is ${printable(encoding)}, not UTF-8`)
    })
    this.#parser.on('opentag', ({ name, attributes }) => this.#opened(name, attributes))
    this.#parser.on('closetag', ({ name }) => this.#closed(name))
    this.#parser.on('text', text => this.#read(text))
    this.#parser.on('cdata', text => this.#read(text))
  }

  read(xml: string): ObjectDefinition[] {
    this.#parser.write(xml).close()
    if (this.#definitions.length === 0) this.#fail('no Object is declared')
    return this.#definitions
  }

  #opened(name: string, attributes: Readonly<Record<string, string>>): void {
    const parent = this.#places.at(-1)
    if (parent === undefined && name !== 'LWM2M') this.#fail(`the root element is ${printable(name)}, not LWM2M`)
    if (parent === 'field') this.#fail(`${printable(name)} stands in an element that holds only text`)
    if (this.#places.length === maxDepth) this.#fail(`elements are nested deeper than ${maxDepth}`)
    const place = parent === undefined ? 'registry' : placeOf(name, parent)
    this.#places.push(place)
    this.#text = ''
    if (place === 'object') {
      this.#object = new Fields(this.#parser.line)
      this.#resources = new Resources()
    } else if (place === 'item') {
      if (++this.#resourceCount > maxResources) this.#fail(`more than ${maxResources} resources are declared`)
      this.#item = new Fields(this.#parser.line)
      this.#item.set('ID', attributes['ID'] ?? '')
    }
  }

  #read(text: string): void {
    if (this.#text.length + text.length > maxTextLength) this.#fail(`a text is longer than ${maxTextLength} characters`)
    this.#text += text
  }

  #closed(name: string): void {
    const place = this.#places.pop()
    if (place === 'field') {
      const element = this.#places.at(-1) === 'item' ? this.#item : this.#object
      element.set(name, this.#text)
    } else if (place === 'item') {
      this.#resources.add(this.#item)
    } else if (place === 'object') {
      const definition = objectOf(this.#object, this.#resources)
      if (this.#objectIds.has(definition.id)) this.#object.fail(`object ${definition.id} is declared twice`)
      this.#objectIds.add(definition.id)
      this.#definitions.push(definition)
    }
    this.#text = ''
  }

  #fail(cause: string): never {
    throw new DdfError(`line ${this.#parser.line}: ${cause}`)
  }
}

/** The texts of an Object or an Item by the names of their elements, white space at the ends removed. */
class Fields {
  readonly #line: number
  readonly #texts = new Map<string, string>()

  constructor(line: number) {
    this.#line = line
  }

  set(name: string, text: string): void {
    if (this.#texts.has(name)) this.fail(`${name} is given twice`)
    this.#texts.set(name, text.trim())
  }

  /** The text of an element, '' when there is none. */
  text(name: string): string {
    return this.#texts.get(name) ?? ''
  }

  id(name: string): number {
    return idFromText(this.text(name)) ?? this.fail(`${this.#quote(name)} is no id of 0 to 65534`)
  }

  name(): string {
    return this.text('Name').replace(/\s+/g, ' ') || this.fail('Name is missing')
  }

  choice<T>(name: string, choices: ReadonlyMap<string, T>): T {
    const chosen = choices.get(this.text(name))
    if (chosen !== undefined) return chosen
    const known = [...choices.keys()].filter(word => word !== '')
    return this.fail(`${this.#quote(name)} is none of ${known.join(', ')}`)
  }

  fail(cause: string): never {
    throw new DdfError(`line ${this.#line}: ${cause}`)
  }

  #quote(name: string): string {
    return `${name} "${printable(this.text(name))}"`
  }
}

/** The resources of one object. */
class Resources {
  readonly definitions: { [name: string]: ResourceDefinition } = {}
  readonly #identifiers = new Identifiers('property')
  readonly #ids = new Set<number>()

  add(item: Fields): void {
    const resource = resourceOf(item)
    if (this.#ids.has(resource.id)) item.fail(`resource ${resource.id} is declared twice`)
    this.#ids.add(resource.id)
    this.definitions[this.#identifiers.take(item.name(), resource.id)] = resource
  }
}

const multiplicities = new Map([
  ['Single', false],
  ['Multiple', true],
  ['', false],
])

const presences = new Map([
  ['Optional', false],
  ['Mandatory', true],
  ['', false],
])

const operationSets = new Map<string, Operations>((['R', 'W', 'RW', 'E', ''] as const).map(set => [set, set]))

const valueTypes = new Map<string, ResourceType>([
  ['String', 'string'],
  ['Integer', 'integer'],
  ['Unsigned Integer', 'unsigned'],
  ['Float', 'float'],
  ['Boolean', 'boolean'],
  ['Opaque', 'opaque'],
  ['Time', 'time'],
  ['Objlnk', 'objectLink'],
  ['Corelnk', 'coreLink'],
])

const versionPattern = /^(?:0|[1-9]\d{0,4})\.(?:0|[1-9]\d{0,4})$/

function objectOf(object: Fields, resources: Resources): ObjectDefinition {
  const version = object.text('ObjectVersion') || '1.0'
  if (!versionPattern.test(version)) object.fail(`ObjectVersion "${printable(version)}" is no version such as 1.0`)
  return {
    id: object.id('ObjectID'),
    name: object.name(),
    ...(version === '1.0' ? {} : { version }),
    ...(object.choice('MultipleInstances', multiplicities) ? { multiple: true } : {}),
    ...(object.choice('Mandatory', presences) ? { mandatory: true } : {}),
    resources: resources.definitions,
  }
}

function resourceOf(item: Fields): ResourceDefinition {
  const operations = item.choice('Operations', operationSets)
  const type = operations === 'E' ? 'none' : item.choice('Type', valueTypes)
  const units = item.text('Units')
  const range = parseValueRange(item.text('RangeEnumeration'), type)
  return {
    id: item.id('ID'),
    type,
    operations,
    ...(item.choice('MultipleInstances', multiplicities) ? { multiple: true } : {}),
    ...(item.choice('Mandatory', presences) ? { mandatory: true } : {}),
    ...(units === '' ? {} : { units }),
    ...(range === undefined ? {} : { range }),
  }
}
