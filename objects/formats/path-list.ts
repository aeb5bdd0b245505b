import { OperationError } from '../errors.ts'
import type { Path } from '../path.ts'
import { CborWriter } from './cbor-writer.ts'
import { ContentFormat } from './format.ts'
import { nameOf } from './path-name.ts'
import { readSenmlCbor } from './senml-cbor.ts'
import { SenmlLabel } from './senml-fields.ts'
import { readSenmlJson } from './senml-json.ts'
import { SenmlPaths } from './senml-paths.ts'

/**
 * Reads the list of paths of a Read-Composite or Observe-Composite, a SenML pack of names alone (LwM2M Core 1.2.2
 * §6.3.8, §6.4.4, RFC 8790 §3.1): SenML or SenML-ETCH, in JSON or CBOR. They keep their order; `[]` is the root. With
 * `prefix`, they are places of that device behind a gateway, and each name has to begin with it.
 * Throws FormatError for a record with anything but a name, OperationError UNSUPPORTED_CONTENT_FORMAT.
 */
export function decodePaths(contentFormat: number, payload: Uint8Array, prefix?: string): Path[] {
  const paths = new SenmlPaths(prefix)
  if (isJson(contentFormat)) readSenmlJson(payload, paths)
  else readSenmlCbor(payload, paths)
  return paths.finish()
}

/** Writes such a list, each path as one name. Throws OperationError UNSUPPORTED_CONTENT_FORMAT. */
export function encodePaths(contentFormat: number, paths: readonly Path[], prefix?: string): Uint8Array {
  const names = paths.map(path => nameOf(path, prefix))
  if (isJson(contentFormat)) return Buffer.from(JSON.stringify(names.map(n => ({ n }))))
  const writer = new CborWriter()
  writer.array(names.length)
  for (const name of names) {
    writer.map(1)
    writer.integer(SenmlLabel.n)
    writer.text(name)
  }
  return writer.finish()
}

function isJson(contentFormat: number): boolean {
  switch (contentFormat) {
    case ContentFormat.senmlJson:
    case ContentFormat.senmlEtchJson:
      return true
    case ContentFormat.senmlCbor:
    case ContentFormat.senmlEtchCbor:
      return false
    default:
      throw new OperationError('UNSUPPORTED_CONTENT_FORMAT', `Content-Format ${contentFormat} carries no paths`)
  }
}
