import { covers, formatPath, type Path, parsePath } from '../path.ts'
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

/**
 * The attributes one server has attached to objects, instances, resources and resource instances. Each server has its
 * own; what is attached higher up holds below, unless something nearer says otherwise (LwM2M Core 1.2.2 §7.3.1).
 */
export class AttributeTree {
  readonly #byPath = new Map<string, Attributes>()
  readonly #listeners = new Set<(path: Path) => void>()

  /** Lays a patch over the attributes attached to `path`. The values must have been checked. */
  set(path: Path, patch: AttributePatch): void {
    const before = this.own(path)
    const after = applyPatch(before, patch)
    if (attributeTable.every(({ name }) => before[name] === after[name])) return
    if (attributeTable.every(({ name }) => after[name] === undefined)) this.#byPath.delete(formatPath(path))
    else this.#byPath.set(formatPath(path), after)
    this.#tell(path)
  }

  /** What is attached to exactly this path. */
  own(path: Path): Attributes {
    return this.#byPath.get(formatPath(path)) ?? none
  }

  /** What holds at this path: {@link assigned}, as far as it is free of contradictions, see {@link inForce}. */
  effective(path: Path): Attributes {
    return inForce(this.assigned(path))
  }

  /** What is attached here, or else to the nearest place above. */
  assigned(path: Path): Attributes {
    if (this.#byPath.size === 0) return none
    let result = none
    for (let level = 1; level <= path.length; level++) result = { ...result, ...this.own(path.slice(0, level)) }
    return result
  }

  /** What is attached to places below `path`, in no order. */
  below(path: Path): Attributes[] {
    const found: Attributes[] = []
    for (const [text, attributes] of this.#byPath) {
      const place = parsePath(text)
      if (place.length > path.length && covers(path, place)) found.push(attributes)
    }
    return found
  }

  /** Removes what is attached at and below `path`: its object instance is gone. */
  remove(path: Path): void {
    let removed = false
    for (const text of this.#byPath.keys()) {
      if (covers(path, parsePath(text))) removed = this.#byPath.delete(text) || removed
    }
    if (removed) this.#tell(path)
  }

  /** Listens to changes; what holds at and below the path may be different now. Returns the function that ends it. */
  onChange(listener: (path: Path) => void): () => void {
    const own = (path: Path) => listener(path)
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }

  save(): SavedAttributes {
    return Object.fromEntries(this.#byPath)
  }

  /**
   * Replaces everything with what {@link save} gave; listeners are not told. Throws `PathError`, or TypeError for a
   * value that is no attribute, and changes nothing then.
   */
  restore(saved: SavedAttributes): void {
    const restored = Object.entries(saved).map(([text, attributes]): [string, Attributes] => {
      const kept = applyPatch(none, attributes)
      for (const rule of attributeTable) {
        const value = kept[rule.name]
        if (value !== undefined && !isAttributeValue(rule, value)) {
          throw new TypeError(`saved attributes: ${rule.name} has a bad value`)
        }
      }
      return [formatPath(parsePath(text)), kept]
    })
    this.#byPath.clear()
    for (const [text, attributes] of restored) this.#byPath.set(text, attributes)
  }

  #tell(path: Path): void {
    for (const listener of this.#listeners) listener(path)
  }
}
