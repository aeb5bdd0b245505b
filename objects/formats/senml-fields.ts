import { FormatError } from '../errors.ts'

/**
 * The fields of a record and the integers that stand for them in CBOR (RFC 8428 §4.3, §6). `vlo` is LwM2M's own
 * (LwM2M Core 1.2.2 §7.5.6): CBOR has no integer for it, and 9 is free.
 */
export const SenmlLabel = {
  bs: -6,
  bv: -5,
  bu: -4,
  bt: -3,
  bn: -2,
  bver: -1,
  n: 0,
  u: 1,
  v: 2,
  vs: 3,
  vb: 4,
  s: 5,
  t: 6,
  ut: 7,
  vd: 8,
  vlo: 9,
} as const

export type SenmlLabel = (typeof SenmlLabel)[keyof typeof SenmlLabel]

const first = SenmlLabel.bs

/** A set of labels, a bit each. */
export function labelSet(...labels: readonly SenmlLabel[]): number {
  return labels.reduce<number>((set, label) => set | (1 << (label - first)), 0)
}

/** The fields of one record after the other, in the same memory. */
export class SenmlFields {
  readonly #fields: unknown[] = []
  /** The labels of the record; fields of other labels are of an earlier one. */
  #labels = 0

  has(label: SenmlLabel): boolean {
    return (this.#labels & (1 << (label - first))) !== 0
  }

  /** Whether it has any of a set of labels. */
  hasAny(labels: number): boolean {
    return (this.#labels & labels) !== 0
  }

  /** The one label of a set that it has; undefined when it has none. Throws FormatError when it has several. */
  only(labels: number): SenmlLabel | undefined {
    const found = this.#labels & labels
    if (found === 0) return undefined
    if ((found & (found - 1)) !== 0) throw malformedSenml('a record with two values')
    return (31 - Math.clz32(found) + first) as SenmlLabel
  }

  /** Undefined when it is absent. */
  get(label: SenmlLabel): unknown {
    return this.has(label) ? this.#fields[label - first] : undefined
  }

  /** Throws FormatError when the record has the field already. */
  set(label: SenmlLabel, field: unknown): void {
    if (this.has(label)) throw malformedSenml('a field twice')
    this.#labels |= 1 << (label - first)
    this.#fields[label - first] = field
  }

  /** Begins the next record. */
  clear(): void {
    this.#labels = 0
  }
}

/** Takes the records of a pack from whoever reads JSON or CBOR: sets `fields`, then ends the record. */
export interface SenmlPackReader {
  readonly fields: SenmlFields
  /** The record has a field with a label that SenML does not define. */
  unknownField(): void
  endRecord(): void
}

export function malformedSenml(what: string): FormatError {
  return new FormatError(`SenML: ${what}`)
}
