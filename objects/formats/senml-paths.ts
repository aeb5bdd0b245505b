import type { Path } from '../path.ts'
import { labelSet, malformedSenml, SenmlFields, SenmlLabel, type SenmlPackReader } from './senml-fields.ts'
import { SenmlNames } from './senml-names.ts'

const names = labelSet(SenmlLabel.bn, SenmlLabel.n)

/** Makes paths of a Fetch Pack, whose records have names and nothing else (RFC 8790 §3.1). Throws FormatError. */
export class SenmlPaths implements SenmlPackReader {
  readonly fields = new SenmlFields()
  readonly #names: SenmlNames
  readonly #paths: Path[] = []

  constructor(prefix?: string) {
    this.#names = new SenmlNames(prefix)
  }

  unknownField(): void {
    throw malformedSenml('a field in a list of paths that is no name')
  }

  endRecord(): void {
    const { fields } = this
    if (fields.hasAny(~names)) this.unknownField()
    if (!fields.hasAny(names)) throw malformedSenml('a record without a name')
    this.#paths.push(this.#names.resolve(fields))
    fields.clear()
  }

  finish(): Path[] {
    if (this.#paths.length === 0) throw malformedSenml('a list of no paths')
    return this.#paths
  }
}
