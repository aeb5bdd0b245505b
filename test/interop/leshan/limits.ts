import type { Value } from '../../../objects/index.ts'
import type { LeshanFormat } from './model.ts'
import { type SampleType, samples } from './samples.ts'

/** What Leshan does with a value: read what we wrote, or write what we read. */
export type Direction = 'reads' | 'writes'

interface Limit {
  readonly type: SampleType
  readonly samples: readonly string[]
  readonly directions: readonly Direction[]
  readonly formats: readonly LeshanFormat[]
  readonly reason: string
}

const all: readonly LeshanFormat[] = ['TLV', 'JSON', 'SENML_JSON', 'SENML_CBOR', 'TEXT', 'CBOR']

/** The values that Leshan 2.0.0-M18 itself cannot do, each of them tried all the same, so that the list stays true. */
export const limits: readonly Limit[] = [
  {
    type: 'float',
    samples: ['-0'],
    directions: ['reads'],
    formats: ['JSON', 'SENML_JSON'],
    reason: 'its numbers of JSON are decimals of Java, which have no negative zero',
  },
  {
    type: 'unsigned',
    samples: ['2^64 - 2^31', '2^64 - 1'],
    directions: ['writes'],
    formats: ['TLV'],
    reason: 'it writes them as the negative number of the same bits, in one to four bytes',
  },
  {
    type: 'coreLink',
    samples: ['other path', 'quoted version'],
    directions: ['reads', 'writes'],
    formats: all,
    reason: 'it takes any link for one of LwM2M 1.1: to a place of the object tree, "ver" without quotes',
  },
]

/** Whether Leshan can do this with a sample. */
function isUsable(type: SampleType, sample: string, format: LeshanFormat, direction: Direction): boolean {
  return !limits.some(
    limit =>
      limit.type === type &&
      limit.samples.includes(sample) &&
      limit.formats.includes(format) &&
      limit.directions.includes(direction),
  )
}

export function usableSamples(type: SampleType, format: LeshanFormat, direction: Direction): readonly Value[] {
  return Object.entries(samples[type])
    .filter(([sample]) => isUsable(type, sample, format, direction))
    .map(([, value]) => value)
}

/** The limits as a table for people. */
export function formatLimits(): string {
  const rows = limits.map(({ type, samples: names, directions, formats, reason }) => {
    const where = formats === all ? 'any format' : formats.join(', ')
    return `  ${type} ${names.join(', ')}, when Leshan ${directions.join(' or ')} ${where}: ${reason}`
  })
  return ['Limits of Leshan, ◐ in the tables', ...rows, ''].join('\n')
}
