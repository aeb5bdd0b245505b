import { printable } from '../../objects/printable.ts'
import { ConsoleError } from './console-error.ts'
import {
  describeElement,
  encodeTlvTree,
  isParent,
  mayHold,
  parseTlvTree,
  type TlvElement,
  type TlvParent,
} from './tlv-tree.ts'

const maxId = 0xffff
/** The shortest column that ends a path. */
const idColumn = 8

/** A parent that elements can still be added to. */
interface OpenParent extends TlvParent {
  readonly children: OpenElement[]
}

type OpenElement = OpenParent | Exclude<TlvElement, TlvParent>

/**
 * A TLV payload that is put together element by element. What is on top is decided by the first element: instances,
 * resources, or resource instances. One instance or multiple resource may be selected: it takes what is added. Every method
 * either does what it says or throws ConsoleError and changes nothing.
 */
export class TlvBuilder {
  #elements: OpenElement[] = []
  #selected: OpenParent | undefined

  /** Adds an instance on top and selects it. Returns what is to be told about it, if anything. */
  addInstance(id: number): string | undefined {
    const instance: OpenParent = { kind: 'instance', id, children: [] }
    const told = this.#add(undefined, [instance])
    this.#selected = instance
    return told
  }

  /** Adds a multiple resource to the selected instance, or on top, and selects it. Returns as {@link addInstance}. */
  addMultipleResource(id: number): string | undefined {
    const resource: OpenParent = { kind: 'multiple resource', id, children: [] }
    const told = this.#add(this.#selected, [resource])
    this.#selected = resource
    return told
  }

  /** Adds a resource to the selected instance, or on top. Returns as {@link addInstance}. */
  addResource(id: number, value: Uint8Array): string | undefined {
    return this.#add(this.#selected, [{ kind: 'resource', id, value }])
  }

  /** Adds a resource instance to the selected multiple resource, or on top. Returns as {@link addInstance}. */
  addResourceInstance(id: number, value: Uint8Array): string | undefined {
    return this.addResourceInstances([[id, value]])
  }

  /** Adds several of them, or none. */
  addResourceInstances(content: readonly (readonly [id: number, value: Uint8Array])[]): string | undefined {
    return this.#add(
      this.#selected,
      content.map(([id, value]) => ({ kind: 'resource instance', id, value })),
    )
  }

  /** Selects what lies at `4` or `4/1`, and returns what it is. */
  select(path: string): string {
    const { element } = this.#find(path, 2) ?? {}
    if (element === undefined) throw new ConsoleError('Incorrect path')
    if (!isOpenParent(element)) throw new ConsoleError(`resource ${path} is ${upperCase(element)}, cannot be selected`)
    this.#selected = element
    return `selected: ${path} ${describeElement(element, `${element.kind} ${element.id}`)}`
  }

  /** Removes what lies at `5`, `5/2` or `3/1/2`. Nothing is selected then. */
  remove(path: string): void {
    const found = this.#find(path, 3)
    if (found === undefined) throw new ConsoleError(`instance or resource ${path} does not exist`)
    found.siblings.splice(found.siblings.indexOf(found.element), 1)
    this.#selected = undefined
  }

  /** The bytes of the payload. Throws ConsoleError when an element is longer than a TLV can be. */
  serialize(): Buffer {
    try {
      return encodeTlvTree(this.#elements)
    } catch (cause) {
      throw new ConsoleError('an element is longer than a TLV can be', { cause })
    }
  }

  /** Replaces everything by the elements of a payload, selects nothing, and returns what {@link show} does. */
  deserialize(payload: Uint8Array): string {
    this.#elements = parseTlvTree(payload) as OpenElement[]
    this.#selected = undefined
    return this.show()
  }

  /** A table of the elements; `*` marks the selected one. */
  show(): string {
    return ['  path    value', '---------------', ...this.#rows(this.#elements, '')].join('\n')
  }

  #rows(elements: readonly OpenElement[], prefix: string): string[] {
    return elements.flatMap(element => {
      const mark = element === this.#selected ? '*' : ' '
      const path = `${prefix}${String(element.id).padEnd(idColumn)}`
      const row = `${mark} ${path}${describeElement(element, element.kind)}`
      return isOpenParent(element) ? [row, ...this.#rows(element.children, `${prefix}${element.id}/`)] : [row]
    })
  }

  #add(parent: OpenParent | undefined, added: readonly OpenElement[]): string | undefined {
    const siblings = parent === undefined ? this.#elements : parent.children
    const ids = new Set(siblings.map(({ id }) => id))
    const [top] = this.#elements
    for (const element of added) {
      if (parent === undefined ? !mayLieBeside(top, element) : !mayHold(parent.kind, element.kind)) {
        throw new ConsoleError(`cannot add a ${upperCase(element)}`)
      }
      checkId(element.id)
      if (ids.has(element.id)) throw new ConsoleError('Element with such ID and parent already exists')
      ids.add(element.id)
    }
    for (const element of added) siblings.push(element)
    const [first] = added
    return top === undefined && first !== undefined ? `Selected top-level: ${levelOf(first)}` : undefined
  }

  #find(path: string, maxDepth: number): { element: OpenElement; siblings: OpenElement[] } | undefined {
    let siblings = this.#elements
    let element: OpenElement | undefined
    for (const id of parsePath(path, maxDepth)) {
      if (element !== undefined) {
        if (!isOpenParent(element)) return undefined
        siblings = element.children
      }
      element = siblings.find(one => one.id === id)
      if (element === undefined) return undefined
    }
    return element === undefined ? undefined : { element, siblings }
  }
}

function isOpenParent(element: OpenElement): element is OpenParent {
  return isParent(element)
}

/** What lies on one level with an element: a resource may be multiple. */
function levelOf({ kind }: TlvElement): string {
  return kind === 'multiple resource' ? 'resource' : kind
}

function mayLieBeside(top: TlvElement | undefined, element: TlvElement): boolean {
  return top === undefined || levelOf(top) === levelOf(element)
}

function upperCase({ kind }: TlvElement): string {
  return kind.toUpperCase().replace(' ', '_')
}

function checkId(id: number): void {
  if (!Number.isInteger(id) || id < 0 || id > maxId)
    throw new ConsoleError(`not an identifier from 0 to ${maxId}: ${id}`)
}

function parsePath(text: string, maxDepth: number): number[] {
  const ids = text.split('/', maxDepth + 1)
  if (ids.length > maxDepth || !ids.every(id => /^\d{1,5}$/.test(id))) {
    throw new ConsoleError(`not a path of 1-${maxDepth} identifiers: ${printable(text)}`)
  }
  return ids.map(Number)
}
