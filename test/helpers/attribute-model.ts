import { covers, type Path, parsePath } from '../../objects/path.ts'

/** Attributes by their names on the wire. */
export type WireAttributes = { readonly [name: string]: number }

/** An observation as far as its attributes go. */
export interface AttributedPaths {
  readonly paths: readonly Path[]
  readonly isComposite: boolean
  /** What came with the Observe. */
  readonly own: WireAttributes | undefined
}

/** The attributes of the queries of a Write-Attributes or an Observe; those it unsets are NaN. */
export function wireAttributes(queries: readonly string[]): WireAttributes {
  return Object.fromEntries(
    queries.map(text => {
      const [name = '', value] = text.split('=')
      return [name, value === undefined ? Number.NaN : Number(value)]
    }),
  )
}

/** What a server has attached to the tree, and what follows from it for an observation: told by the wire alone. */
export class AttributeModel {
  readonly #defaults: WireAttributes
  readonly #byPath = new Map<string, Map<string, number>>()

  /** `defaults`: pmin and pmax of the Server object. */
  constructor(defaults: WireAttributes) {
    this.#defaults = defaults
  }

  /** Returns how to undo it. */
  write(path: string, attributes: WireAttributes): () => void {
    const before = this.#byPath.get(path) ?? new Map<string, number>()
    const there = new Map(before)
    this.#byPath.set(path, there)
    for (const [name, value] of Object.entries(attributes)) {
      if (Number.isNaN(value)) there.delete(name)
      else there.set(name, value)
    }
    return () => this.#byPath.set(path, before)
  }

  /** The shortest of all parts, seconds. */
  pmin(observed: AttributedPaths): number {
    return Math.min(...observed.paths.map(path => this.#period('pmin', path, observed) ?? 0))
  }

  /** The shortest of all parts where it counts, seconds. */
  pmax(observed: AttributedPaths): number | undefined {
    const counting = observed.paths.flatMap(path => {
      const pmax = this.#period('pmax', path, observed) ?? 0
      return pmax === 0 || pmax < (this.#period('pmin', path, observed) ?? 0) ? [] : [pmax]
    })
    return counting.length === 0 ? undefined : Math.min(...counting)
  }

  con(observed: AttributedPaths): boolean | undefined {
    const all = observed.own === undefined ? this.#allOf('con', observed) : [observed.own['con']]
    return all.includes(1) ? true : all.includes(0) ? false : undefined
  }

  hqmax(observed: AttributedPaths): number | undefined {
    // A composite cannot bring one along, so that those that are attached hold (LwM2M Core 1.2.2 §6.4.4).
    const { own, isComposite } = observed
    const all = own === undefined || isComposite ? this.#allOf('hqmax', observed) : [own['hqmax']]
    const set = all.filter(value => value !== undefined)
    return set.length === 0 ? undefined : Math.max(...set)
  }

  #period(name: string, path: Path, { own }: AttributedPaths): number | undefined {
    return (own === undefined ? this.#effective(name, path) : own[name]) ?? this.#defaults[name]
  }

  #effective(name: string, path: Path): number | undefined {
    for (let level = path.length; level > 0; level--) {
      const value = this.#byPath.get(`/${path.slice(0, level).join('/')}`)?.get(name)
      if (value !== undefined) return value
    }
    return undefined
  }

  #allOf(name: string, { paths }: AttributedPaths): (number | undefined)[] {
    return paths.flatMap(path => {
      const below = [...this.#byPath].filter(([text]) => covers(path, parsePath(text)))
      return [this.#effective(name, path), ...below.map(([, attributes]) => attributes.get(name))]
    })
  }
}
