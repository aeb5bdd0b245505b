import type { Path } from '../path.ts'
import { isName, PathName } from './path-name.ts'
import { malformedSenml, type SenmlFields, SenmlLabel } from './senml-fields.ts'

/** Resolves the names of the records of a pack (RFC 8428 §4.6). */
export class SenmlNames {
  readonly #name: PathName

  /** Names begin with the prefix of a device behind a gateway, if there is one (LwM2M Gateway 1.1 §9). */
  constructor(prefix?: string) {
    this.#name = new PathName(prefix)
  }

  /** The path a record is about. Throws FormatError for a name that is no path. */
  resolve(fields: SenmlFields): Path {
    if (fields.has(SenmlLabel.bn)) {
      const baseName = fields.get(SenmlLabel.bn)
      if (!isName(baseName) || !this.#name.setBase(baseName)) throw malformedSenml('a base name that begins no path')
    }
    const name = fields.has(SenmlLabel.n) ? fields.get(SenmlLabel.n) : ''
    const path = isName(name) ? this.#name.resolve(name) : undefined
    if (path === undefined) throw malformedSenml('a name that is no LwM2M path')
    return path
  }
}
