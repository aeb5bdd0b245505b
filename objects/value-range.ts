import type { ResourceType } from './value.ts'

const number = String.raw`(-?\d{1,30}(?:\.\d{1,30})?)`
const interval = new RegExp(String.raw`^\[?${number} ?(?:\.{2,3}|-|:) ?${number}\]?(?: ?(?:bytes|characters))?$`, 'i')

/**
 * Reads the RangeEnumeration of an object definition as inclusive bounds, in the spellings that the registry has:
 * `0..255`, `1...15`, `0-100`, `[1:4]`, `1..64 bytes`. Undefined when it is anything else, such as a list of values, a
 * lower bound alone, `8 bit` or a bare `32 bytes` (is it at most or exactly?), when a bound would not be exact as a
 * number, and for a type without order or length.
 */
export function parseValueRange(text: string, type: ResourceType): readonly [min: number, max: number] | undefined {
  const unit = measureOf[type]
  const match = interval.exec(text.trim())
  if (unit === undefined || match === null) return undefined
  const [min, max] = [Number(match[1]), Number(match[2])]
  const isExact = unit === 'number' || (Number.isSafeInteger(min) && Number.isSafeInteger(max))
  if (!isExact || min > max || (unit === 'length' && min < 0)) return undefined
  return [min === 0 ? 0 : min, max === 0 ? 0 : max]
}

/** What the range of a type bounds. */
const measureOf: { readonly [T in ResourceType]?: 'integer' | 'number' | 'length' } = {
  integer: 'integer',
  unsigned: 'integer',
  time: 'integer',
  float: 'number',
  string: 'length',
  coreLink: 'length',
  opaque: 'length',
}
