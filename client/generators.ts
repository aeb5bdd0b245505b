import type { ResourceEntry } from '../objects/definition-table.ts'
import type { JsonPlace } from '../objects/json-place.ts'
import type { Value } from '../objects/value.ts'
import { type Random, seededRandom } from '../transport/random.ts'
import { csvColumn } from './csv-column.ts'
import { checked, deviceValueOf, readDeviceValue } from './device-values.ts'

/** How the values of a resource come about; nothing of it changes, so that many clients can share it. */
export interface Generator {
  /** Seconds between two values. */
  readonly everySeconds: number
  /** Begins anew. The result gives the value for so many seconds after the begin; undefined: it stays as it is. */
  readonly begin: (random: Random) => (elapsedSeconds: number) => Value | undefined
}

/** Reads a file that a document names, as UTF-8. Rejects with an Error whose message says why not. */
export type ReadFile = (name: string) => Promise<Uint8Array>

/** Whether a value of a resource is described by a generator. */
export function isGenerator(place: JsonPlace): boolean {
  return place.isObject && place.members().some(([name]) => name === 'generator')
}

/** Reads a generator for a resource. Rejects with what the place makes of a fault: also of a value that the resource cannot have. */
export async function readGenerator(
  place: JsonPlace,
  resource: ResourceEntry,
  loadText: (place: JsonPlace) => Promise<string>,
): Promise<Generator> {
  const kind = place.member('generator').oneOf(kinds)
  const everySeconds = place.member('everySeconds').number(shortestSeconds, longestSeconds)
  if (kind === 'constant') {
    const value = readDeviceValue(place.only([...common, 'value']).member('value'), resource)
    return { everySeconds, begin: () => () => value }
  }
  if (kind === 'csv') return { everySeconds, begin: await readCsv(place, resource, loadText) }
  if (!isNumeric(resource)) throw place.fault(`makes numbers, and ${resource.name} is none`)
  const { bounds, begin } = numeric[kind](place)
  const decimals = place.member('decimals').optional(one => one.whole(0, 12))
  const toValue = rounding(resource, decimals)
  for (const bound of bounds) checked(place, resource, toValue(bound))
  return {
    everySeconds,
    begin: random => {
      const next = begin(random)
      return elapsedSeconds => toValue(next(elapsedSeconds))
    },
  }
}

const kinds = ['constant', 'ramp', 'sine', 'randomWalk', 'csv'] as const

/** What describes every generator. */
const common: readonly string[] = ['generator', 'everySeconds']

const shortestSeconds = 0.1
const longestSeconds = 31_536_000

/** Beyond this the digits of a number are not enough for what is added to it. */
const largest = 1e15

interface NumericGenerator {
  /** Least and greatest value. */
  readonly bounds: readonly [number, number]
  readonly begin: (random: Random) => (elapsedSeconds: number) => number
}

const numeric: Readonly<Record<'ramp' | 'sine' | 'randomWalk', (place: JsonPlace) => NumericGenerator>> = {
  ramp(place) {
    place.only([...common, 'decimals', 'from', 'to', 'periodSeconds', 'atEnd'])
    const from = readNumber(place, 'from')
    const to = readNumber(place, 'to')
    const periodSeconds = readPeriod(place)
    const atEnd = place.member('atEnd').optional(one => one.oneOf(['repeat', 'reverse', 'hold'])) ?? 'repeat'
    const shareOf = shares[atEnd]
    return {
      bounds: [from, to],
      begin: () => elapsedSeconds => from + (to - from) * shareOf(elapsedSeconds / periodSeconds),
    }
  },

  sine(place) {
    place.only([...common, 'decimals', 'mean', 'amplitude', 'periodSeconds'])
    const mean = readNumber(place, 'mean')
    const amplitude = readNumber(place, 'amplitude')
    const periodSeconds = readPeriod(place)
    return {
      bounds: [mean - amplitude, mean + amplitude],
      begin: () => elapsedSeconds => mean + amplitude * Math.sin((2 * Math.PI * elapsedSeconds) / periodSeconds),
    }
  },

  randomWalk(place) {
    place.only([...common, 'decimals', 'start', 'step', 'min', 'max', 'seed'])
    const min = readNumber(place, 'min')
    const max = readNumber(place, 'max', min)
    const start = place.member('start').optional(one => one.number(min, max)) ?? (min + max) / 2
    const step = readNumber(place, 'step', 0)
    const seed = place.member('seed').optional(one => one.whole(0, 0xffffffff))
    return {
      bounds: [min, max],
      begin: random => {
        const source = seed === undefined ? random : seededRandom(seed)
        let value: number | undefined
        return () => {
          value = value === undefined ? start : Math.min(max, Math.max(min, value + (source.fraction() * 2 - 1) * step))
          return value
        }
      },
    }
  },
}

/** How far between its ends a ramp is after so many periods. */
const shares = {
  repeat: (periods: number) => periods % 1,
  reverse: (periods: number) => (Math.floor(periods) % 2 === 0 ? periods % 1 : 1 - (periods % 1)),
  hold: (periods: number) => Math.min(1, periods),
}

/** The values of a column of a table, one after the other. */
async function readCsv(
  place: JsonPlace,
  resource: ResourceEntry,
  loadText: (place: JsonPlace) => Promise<string>,
): Promise<Generator['begin']> {
  place.only([...common, 'file', 'column', 'repeat'])
  const columnPlace = place.member('column')
  const column = columnPlace.optional(one => (one.isText ? one.text() : one.whole(1, 1000))) ?? 1
  const repeat = place.member('repeat').optional(one => one.boolean()) ?? true
  const file = place.member('file')
  const cells = csvColumn(await loadText(file), column)
  if (cells === undefined) throw columnPlace.fault('is no column of the file')
  if (cells.length === 0) throw file.fault('has no values')
  const values = cells.map(({ text, line }) => deviceValueOf(text, resource, file, `in line ${line}`))
  return () => {
    let next = 0
    return () => (repeat ? values[next++ % values.length] : values[next++])
  }
}

function readNumber(place: JsonPlace, name: string, min = -largest): number {
  return place.member(name).number(min, largest)
}

function readPeriod(place: JsonPlace): number {
  return place.member('periodSeconds').number(shortestSeconds, longestSeconds)
}

function isNumeric({ type }: ResourceEntry): boolean {
  return type === 'float' || type === 'integer' || type === 'unsigned' || type === 'time'
}

/** To so many digits after the point; to none unless the resource has a point. */
function rounding({ type }: ResourceEntry, decimals: number | undefined): (value: number) => number {
  if (type !== 'float') return Math.round
  return decimals === undefined ? value => value : value => Number(value.toFixed(decimals))
}
