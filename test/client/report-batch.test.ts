import { expect, test } from 'vitest'
import { reportBatch } from '../../client/report-batch.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import { ResponseCode } from '../../objects/errors.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import { formatOf } from '../../objects/formats/formats.ts'
import { ObjectStore } from '../../objects/store.ts'

const schema = new ObjectStore()
schema.define(temperature)
const path = [3303, 0, 5700]

function report(timeSeconds: number, value: number) {
  return {
    timeSeconds,
    outcome: { responseCode: ResponseCode.content, contentFormat: ContentFormat.senmlJson, values: [{ path, value }] },
  }
}

test('a place has one value at a time: the last of those that were taken at the same (RFC 8428 §4.5)', () => {
  const reports = [report(1, 20), report(2, 21), report(2, 22), report(3, 22), report(4, 23)]
  const { message, reports: carried } = reportBatch(reports, path, schema, 1024)
  expect(carried).toEqual(reports)
  expect(formatOf(ContentFormat.senmlJson)?.decode(path, message.payload, schema)).toEqual([
    { path, value: 20, timeSeconds: 1 },
    { path, value: 22, timeSeconds: 2 },
    { path, value: 23, timeSeconds: 4 },
  ])
})
