import { type AttributePatch, formatAttributes } from '../objects/attributes/attributes.ts'
import { OperationError } from '../objects/errors.ts'
import { ContentFormat, type Schema } from '../objects/formats/format.ts'
import { formatOf } from '../objects/formats/formats.ts'
import { encodePaths } from '../objects/formats/path-list.ts'
import type { Path } from '../objects/path.ts'
import type { PathValue } from '../objects/path-value.ts'
import { parsePrefixedPaths } from '../objects/prefixed-path.ts'
import type { CompositeOptions } from './options.ts'
import type { Registration } from './registrations.ts'

/** Throws OperationError UNSUPPORTED_CONTENT_FORMAT, and ValueError for a value that the format does not carry. */
export function encodeValues(
  base: Path,
  values: readonly PathValue[],
  contentFormat: number,
  schema: Schema,
): Uint8Array {
  const format = formatOf(contentFormat)
  if (format === undefined) throw new OperationError('UNSUPPORTED_CONTENT_FORMAT', `Content-Format ${contentFormat}`)
  return format.encode(base, values, schema)
}

export function attributeQueries(patch: AttributePatch | undefined): { attributes?: readonly string[] } {
  return patch === undefined ? {} : { attributes: formatAttributes(patch) }
}

export function compositeRead<K extends 'readComposite' | 'observeComposite'>(
  kind: K,
  texts: readonly string[],
  { contentFormat = ContentFormat.senmlCbor, accept = contentFormat }: CompositeOptions,
) {
  const { paths, ...device } = parsePrefixedPaths(texts)
  return {
    kind,
    path: [],
    ...device,
    accept,
    contentFormat,
    payload: encodePaths(contentFormat, paths, device.prefix),
  } as const
}

const announcedFormats: ReadonlySet<number> = new Set([
  ContentFormat.tlv,
  ContentFormat.senmlJson,
  ContentFormat.senmlCbor,
])

export function dataFormatOf({ contentFormats }: Registration): number {
  return contentFormats.find(contentFormat => announcedFormats.has(contentFormat)) ?? ContentFormat.tlv
}
