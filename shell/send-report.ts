import { formatObjectLink } from '../objects/formats/object-link.ts'
import { formatPath } from '../objects/path.ts'
import type { PathValue } from '../objects/path-value.ts'
import type { ReceivedSend } from '../server/sends.ts'
import { describeContentFormat } from '../transport/lwm2m/describe.ts'

/** More do not fit in a line. */
const mostValues = 20

/** What a client has sent, in one line. */
export function describeSend({ endpoint, values, contentFormat }: ReceivedSend): string {
  const shown = values.slice(0, mostValues).map(describeValue)
  if (values.length > mostValues) shown.push(`and ${values.length - mostValues} more`)
  return `${endpoint} sent ${describeContentFormat(contentFormat)}: ${shown.join(', ')}`
}

function describeValue({ path, value, timeSeconds }: PathValue): string {
  const time = timeSeconds === undefined ? '' : ` at ${describeTime(timeSeconds)}`
  return `${formatPath(path)} ${describe(value)}${time}`
}

function describe(value: PathValue['value']): string {
  if (value === undefined || value === null) return 'empty'
  if (value instanceof Uint8Array) return `${value.length} B`
  return typeof value === 'object' ? formatObjectLink(value) : String(value)
}

/** A client may say any time, also one that no calendar has. */
function describeTime(timeSeconds: number): string {
  const date = new Date(timeSeconds * 1_000)
  return Number.isNaN(date.getTime()) ? `${timeSeconds} s` : date.toISOString()
}
