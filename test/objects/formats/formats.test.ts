import { expect, test } from 'vitest'
import { ContentFormat } from '../../../objects/formats/format.ts'
import { formatOf } from '../../../objects/formats/formats.ts'

test('every Content-Format but link-format is a data format', () => {
  for (const contentFormat of Object.values(ContentFormat)) {
    expect(formatOf(contentFormat)?.contentFormat).toBe(
      contentFormat === ContentFormat.link ? undefined : contentFormat,
    )
  }
})

test('an unknown Content-Format is none', () => {
  expect(formatOf(65000)).toBeUndefined()
})
