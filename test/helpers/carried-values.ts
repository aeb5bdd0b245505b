import { temperature } from '../../objects/definitions/temperature.ts'
import { formatOf } from '../../objects/formats/formats.ts'
import { formatPath, type Path } from '../../objects/path.ts'
import { ObjectStore } from '../../objects/store.ts'
import type { CoapMessage } from '../../transport/coap/message.ts'
import { findUint, OptionNumber } from '../../transport/coap/options.ts'

/** A value of a notification. */
export interface Carried {
  readonly path: string
  readonly value: number
  /** Its time, if it has one. */
  readonly atMs: number | undefined
}

const schema = new ObjectStore()
schema.define(temperature)

/** The values that a notification or the first response carries, in its order. */
export function carriedBy(
  message: CoapMessage,
  { paths, isComposite }: { readonly paths: readonly Path[]; readonly isComposite: boolean },
): Carried[] {
  const format = formatOf(findUint(message, OptionNumber.contentFormat) ?? -1)
  if (format === undefined) throw new Error('a notification without a format')
  const values = format.decode(isComposite ? [] : (paths[0] as Path), message.payload, schema)
  return values.map(({ path, value, timeSeconds }) => ({
    path: formatPath(path),
    value: Number(value),
    atMs: timeSeconds === undefined ? undefined : Math.round(timeSeconds * 1000),
  }))
}

export function nameOf({ path, value, atMs }: Carried): string {
  return atMs === undefined ? `${path} ${value}` : `${path} ${value} at ${atMs}`
}
