import { formatPath, type Path, parsePath } from '../path.ts'
import {
  type AttributePatch,
  type Attributes,
  applyPatch,
  attributeTable,
  inForce,
  isAttributeValue,
} from './attributes.ts'

/** The attributes one server has written, by path text; plain JSON. */
export type SavedAttributes = { readonly [path: string]: Attributes }

const none: Attributes = {}

/** A place that has attributes, or leads to one that has. */
interface Place {
  own: Attributes
  readonly below: Map<number, Place>
}

/**
 * The attributes one server has attached to objects, instances, resources and resource instances. Each server has its
 * own; what is attached higher up holds below, unless something nearer says otherwise (LwM2M Core 1.2.2 §7.3.1).
 */
export class AttributeTree {
  readonly #root: Place = { own: none, below: new Map() }
  readonly #listeners = new Set<(path: Path) => void>()

  /** Lays a patch over the attributes attached to `path`. The values must have been checked. */
  set(path: Path, patch: AttributePatch): void {
    const before = this.own(path)
    const after = applyPatch(before, patch)
    if (attributeTable.every(({ name }) => before[name] === after[name])) return
    this.#put(path, after)
    this.#tell(path)
  }

  /** What is attached to exactly this path. */
  own(path: Path): Attributes {
    return this.#find(path)?.own ?? none
  }

  /** What holds at this path: {@link assigned}, as far as it is free of contradictions, see `inForce`. */
  effective(path: Path): Attributes {
    return inForce(this.assigned(path))
  }

  /** What is attached here, or else to the nearest place above. */
  assigned(path: Path): Attributes {
    let result = none
    let place: Place | undefined = this.#root
    for (const id of path) {
      place = place.below.get(id)
      if (place === undefined) break
      if (place.own !== none) result = { ...result, ...place.own }
    }
    return result
  }

  /** What is attached to places below `path`, in no order. */
  below(path: Path): Attributes[] {
    const found: Attributes[] = []
    for (const place of this.#find(path)?.below.values() ?? []) visit(place, path, ({ own }) => found.push(own))
    return found
  }

  /** Removes what is attached at and below `path`: its object instance is gone. */
  remove(path: Path): void {
    if (this.#find(path) === undefined) return
    cut(this.#root, path, 0)
    this.#tell(path)
  }

  /** Listens to changes; what holds at and below the path may be different now. Returns the function that ends it. */
  onChange(listener: (path: Path) => void): () => void {
    const own = (path: Path) => listener(path)
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }

  save(): SavedAttributes {
    const saved: { [path: string]: Attributes } = {}
    visit(this.#root, [], ({ own }, path) => {
      saved[formatPath(path)] = own
    })
    return saved
  }

  /**
   * Replaces everything with what {@link save} gave; listeners are not told. Throws `PathError`, or TypeError for a
   * value that is no attribute, and changes nothing then.
   */
  restore(saved: SavedAttributes): void {
    const restored = Object.entries(saved).map(([text, attributes]): [Path, Attributes] => {
      const kept = applyPatch(none, attributes)
      for (const rule of attributeTable) {
        const value = kept[rule.name]
        if (value !== undefined && !isAttributeValue(rule, value)) {
          throw new TypeError(`saved attributes: ${rule.name} has a bad value`)
        }
      }
      return [parsePath(text), kept]
    })
    this.#root.own = none
    this.#root.below.clear()
    for (const [path, attributes] of restored) this.#put(path, attributes)
  }

  #find(path: Path): Place | undefined {
    let place: Place | undefined = this.#root
    for (const id of path) {
      place = place.below.get(id)
      if (place === undefined) return undefined
    }
    return place
  }

  #put(path: Path, attributes: Attributes): void {
    const isEmpty = attributeTable.every(({ name }) => attributes[name] === undefined)
    let place = this.#root
    for (const id of path) {
      const next = place.below.get(id) ?? { own: none, below: new Map() }
      place.below.set(id, next)
      place = next
    }
    place.own = isEmpty ? none : attributes
    if (isEmpty && place.below.size === 0) cut(this.#root, path, 0)
  }

  #tell(path: Path): void {
    for (const listener of this.#listeners) listener(path)
  }
}

/** Calls back for the places with attributes at and below one. */
function visit(place: Place, path: Path, found: (place: Place, path: Path) => void): void {
  if (place.own !== none) found(place, path)
  for (const [id, child] of place.below) visit(child, [...path, id], found)
}

/** Takes out what lies at and below `path`, and each place above that only led there. */
function cut(place: Place, path: Path, level: number): void {
  const id = path[level]
  if (id === undefined) return
  const child = place.below.get(id)
  if (child === undefined) return
  if (level < path.length - 1) cut(child, path, level + 1)
  if (level === path.length - 1 || (child.own === none && child.below.size === 0)) place.below.delete(id)
}
