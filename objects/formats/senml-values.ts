import type { Path } from '../path.ts'
import type { PathValue } from '../path-value.ts'
import { normalInteger } from '../value.ts'
import { DecodedValues } from './decoded-values.ts'
import type { Schema } from './format.ts'
import { parseObjectLink } from './object-link.ts'
import { labelSet, malformedSenml, SenmlFields, SenmlLabel, type SenmlPackReader } from './senml-fields.ts'
import { SenmlNames } from './senml-names.ts'
import { checkedItem } from './typed-value.ts'

// RFC 8428 §4.4: a pack of a later version must not be used.
const knownVersion = 10

const { bver, bt, bv, bs, s, t, v, vs, vb, vd, vlo } = SenmlLabel
const values = labelSet(v, vs, vb, vd, vlo)
const sums = labelSet(bs, s)
/** Most records have none of them. */
const others = labelSet(bver, bt, bv, t) | sums

/**
 * Makes values of a pack. Names are resolved (RFC 8428 §4.6) and must be paths at or below `base`; each record has one
 * value, or `"v": null` to remove the place (RFC 8790 §3.2). A `timeSeconds` below 2^28 is relative to the arrival of
 * the pack (RFC 8428 §4.5.3): whoever has a clock adds it. Sums are not supported; units and update times are ignored.
 * Throws FormatError, and OperationError BAD_REQUEST for a place outside `base` or a value of a wrong type.
 */
export class SenmlValues implements SenmlPackReader {
  readonly fields = new SenmlFields()
  readonly #schema: Schema
  readonly #values: DecodedValues
  readonly #names: SenmlNames
  #baseTime = 0
  #baseValue: number | bigint | undefined

  constructor(base: Path, schema: Schema) {
    this.#schema = schema
    this.#values = new DecodedValues(base, schema)
    this.#names = new SenmlNames(schema.prefix)
  }

  unknownField(): void {
    // RFC 8428 §4.4: it may be ignored.
  }

  endRecord(): void {
    const { fields } = this
    const path = this.#names.resolve(fields)
    const timeSeconds = fields.hasAny(others) ? this.#takeOthers() : this.#baseTime
    const field = this.#value()
    this.#values.add(path, field === null ? null : checkedItem(path, field, this.#schema), timeSeconds)
    fields.clear()
  }

  finish(): PathValue[] {
    return this.#values.finish()
  }

  /** Returns the time of the record. */
  #takeOthers(): number {
    const { fields } = this
    if (fields.hasAny(sums)) throw malformedSenml('a sum, which LwM2M does not use')
    if (fields.has(bver) && numberOf(fields.get(bver)) > knownVersion) throw malformedSenml('a later version')
    if (fields.has(bv)) this.#baseValue = numberOf(fields.get(bv))
    if (fields.has(bt)) this.#baseTime = Number(numberOf(fields.get(bt)))
    const timeSeconds = fields.has(t) ? this.#baseTime + Number(numberOf(fields.get(t))) : this.#baseTime
    if (!Number.isFinite(timeSeconds)) throw malformedSenml('a time out of range')
    return timeSeconds
  }

  #value(): unknown {
    const label = this.fields.only(values)
    if (label !== undefined) return this.#valueAt(label)
    if (this.#baseValue === undefined) throw malformedSenml('a record without a value')
    return this.#baseValue
  }

  #valueAt(label: SenmlLabel): unknown {
    const field = this.fields.get(label)
    switch (label) {
      case v:
        return field === null ? null : sum(this.#baseValue, numberOf(field))
      case vs:
        if (typeof field === 'string') return field
        break
      case vb:
        if (typeof field === 'boolean') return field
        break
      case vd:
        if (field instanceof Uint8Array) return field
        break
      case vlo: {
        const link = typeof field === 'string' ? parseObjectLink(field) : undefined
        if (link !== undefined) return link
        break
      }
    }
    throw malformedSenml('a value of a wrong type')
  }
}

function sum(base: number | bigint | undefined, value: number | bigint): number | bigint {
  if (base === undefined) return value
  const isExact = (term: number | bigint) => typeof term === 'bigint' || Number.isSafeInteger(term)
  return isExact(base) && isExact(value) ? normalInteger(BigInt(base) + BigInt(value)) : Number(base) + Number(value)
}

function numberOf(field: unknown): number | bigint {
  if (typeof field === 'number' || typeof field === 'bigint') return field
  throw malformedSenml('a field that should be a number')
}
