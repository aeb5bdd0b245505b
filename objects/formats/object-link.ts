import { MAX_ID } from '../path.ts'
import type { ObjectLink } from '../value.ts'

const linkPattern = /^(0|[1-9]\d{0,4}):(0|[1-9]\d{0,4})$/

/** Writes an object link as text, `3303:0` (LwM2M Core 1.2.2 Appendix C). */
export function formatObjectLink(link: ObjectLink): string {
  return `${link.objectId}:${link.instanceId}`
}

/** Reads an object link; `undefined` when the text is none. */
export function parseObjectLink(text: string): ObjectLink | undefined {
  // The examples of SenML JSON (LwM2M Core 1.2.2 §7.5.6) write the null link in hexadecimal.
  if (text === 'FFFF:FFFF') return { objectId: MAX_ID, instanceId: MAX_ID }
  const parts = linkPattern.exec(text)
  if (parts === null) return undefined
  const link = { objectId: Number(parts[1]), instanceId: Number(parts[2]) }
  return link.objectId <= MAX_ID && link.instanceId <= MAX_ID ? link : undefined
}
