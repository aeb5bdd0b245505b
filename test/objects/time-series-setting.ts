import { defineObject } from '../../objects/definition.ts'
import { ObjectsApi } from '../../objects/objects.ts'
import { ObjectStore } from '../../objects/store.ts'
import type { TimeSeries } from '../../objects/time-series.ts'

export const sensor = defineObject({
  id: 32000,
  name: 'Sensor',
  multiple: true,
  resources: {
    integer: { id: 0, type: 'integer', operations: 'RW', range: [-100, 100] },
    unsigned: { id: 1, type: 'unsigned', operations: 'RW' },
    float: { id: 2, type: 'float', operations: 'RW' },
    flag: { id: 3, type: 'boolean', operations: 'RW' },
    moment: { id: 4, type: 'time', operations: 'RW' },
    text: { id: 5, type: 'string', operations: 'RW' },
    bytes: { id: 6, type: 'opaque', operations: 'RW' },
    link: { id: 7, type: 'objectLink', operations: 'RW' },
    core: { id: 8, type: 'coreLink', operations: 'RW' },
    run: { id: 9, type: 'none', operations: 'E' },
    many: { id: 10, type: 'integer', operations: 'RW', multiple: true },
  },
})

export const integer = '/32000/0/0'
export const path = [32000, 0, 0]

/** A store whose clock goes on by a second with each reading. */
export function setUp() {
  const store = new ObjectStore()
  let seconds = 1_700_000_000
  const objects = new ObjectsApi(store, () => ++seconds)
  const handle = objects.create(sensor, 0)
  const told: string[][] = []
  store.onChanges(changes => told.push(changes.map(change => `/${change.path.join('/')}`)))
  /** The values that wait in a series. */
  const values = (place = integer) =>
    seriesAt(store, place)
      .save()
      .map(({ value }) => value)
  return { store, objects, handle, told, values }
}

export function seriesAt(store: ObjectStore, text = integer): TimeSeries {
  const series = store.timeSeries.find(text.slice(1).split('/').map(Number))
  if (series === undefined) throw new Error(`no series at ${text}`)
  return series
}

/** What a server would be told now. */
export function undelivered(series: TimeSeries, shortServerId: number): unknown[] {
  const position = series.positionOf(shortServerId)
  const values: { value?: unknown }[] = []
  series.appendTo(values as never, position, series.countFrom(position))
  return values.map(({ value }) => value)
}

/** The server gets the next `count` entries. */
export function deliver(series: TimeSeries, shortServerId: number, count: number): void {
  series.delivered(shortServerId, series.positionOf(shortServerId) + count)
}
