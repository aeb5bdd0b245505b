import { asBuffer } from '../../objects/formats/bytes.ts'
import { TlvKind, TlvWriter } from '../../objects/formats/tlv-writer.ts'
import { ConsoleError } from './console-error.ts'
import { bytesLiteral, floatText } from './python-text.ts'

/** A TLV that holds TLVs. */
export interface TlvParent {
  readonly kind: 'instance' | 'multiple resource'
  /** 0–65535. */
  readonly id: number
  readonly children: readonly TlvElement[]
}

/** A TLV that holds a value. */
interface TlvLeaf {
  readonly kind: 'resource' | 'resource instance'
  /** 0–65535. */
  readonly id: number
  readonly value: Uint8Array
}

/** A TLV (LwM2M Core 1.2.2 §7.5.5) as it stands in the bytes, whatever the resources of the object may be. */
export type TlvElement = TlvParent | TlvLeaf

export function isParent(element: TlvElement): element is TlvParent {
  return element.kind === 'instance' || element.kind === 'multiple resource'
}

/** Reads the TLVs that follow one another in `bytes`. Throws ConsoleError where they are malformed. */
export function parseTlvTree(bytes: Uint8Array): TlvElement[] {
  return readElements(asBuffer(bytes), undefined)
}

/** By bits 7-6 of the type byte. */
const kinds = ['instance', 'resource instance', 'multiple resource', 'resource'] as const

function readElements(bytes: Buffer, parent: TlvParent['kind'] | undefined): TlvElement[] {
  const elements: TlvElement[] = []
  let position = 0
  const take = (count: number): number => {
    const available = bytes.length - position
    if (count > available) {
      throw new ConsoleError(`attempted to take ${count} bytes, but only ${available} available`)
    }
    position += count
    return position - count
  }
  while (position < bytes.length) {
    const type = bytes[take(1)] as number
    const idWidth = (type & 0x20) === 0 ? 1 : 2
    const id = bytes.readUIntBE(take(idWidth), idWidth)
    const lengthWidth = (type >> 3) & 0x03
    const length = lengthWidth === 0 ? type & 0x07 : bytes.readUIntBE(take(lengthWidth), lengthWidth)
    const start = take(length)
    elements.push(readElement(kinds[type >> 6] as TlvElement['kind'], id, bytes.subarray(start, position), parent))
  }
  return elements
}

function readElement(
  kind: TlvElement['kind'],
  id: number,
  value: Buffer,
  parent: TlvParent['kind'] | undefined,
): TlvElement {
  if (parent !== undefined && !mayHold(parent, kind))
    throw new ConsoleError(`${kind} ${id} lies in a TLV of kind ${parent}`)
  return kind === 'instance' || kind === 'multiple resource'
    ? { kind, id, children: readElements(value, kind) }
    : { kind, id, value }
}

/** Which TLV may hold which (LwM2M Core 1.2.2 §7.5.5); it keeps a tree from being deeper than three. */
export function mayHold(parent: TlvParent['kind'], kind: TlvElement['kind']): boolean {
  return parent === 'instance' ? kind === 'resource' || kind === 'multiple resource' : kind === 'resource instance'
}

const kindBits: Readonly<Record<TlvElement['kind'], TlvKind>> = {
  instance: TlvKind.instance,
  'resource instance': TlvKind.resourceInstance,
  'multiple resource': TlvKind.multipleResource,
  resource: TlvKind.resource,
}

/** The bytes of a tree. Throws OperationError for a TLV of more than 16,777,215 bytes. */
export function encodeTlvTree(elements: readonly TlvElement[]): Buffer {
  const writer = new TlvWriter()
  writeElements(writer, elements)
  return writer.finish()
}

function writeElements(writer: TlvWriter, elements: readonly TlvElement[]): void {
  for (const element of elements.toReversed()) {
    const before = writer.length
    if (isParent(element)) writeElements(writer, element.children)
    else writer.value('opaque', element.value)
    writer.header(kindBits[element.kind], element.id, writer.length - before)
  }
}

/** A tree in lines: how many elements, an empty one, and then the elements, each level further to the right. */
export function describeTlvTree(elements: readonly TlvElement[]): string {
  return `TLV (${elements.length} elements):\n\n${describeElements(elements, '  ')}`
}

function describeElements(elements: readonly TlvElement[], indent: string): string {
  return elements
    .map(element => {
      const line = `${indent}${describeElement(element, `${element.kind} ${element.id}`)}`
      return isParent(element) ? `${line}\n${describeElements(element.children, `${indent}  `)}` : line
    })
    .join('\n')
}

/** What an element holds, after its name: `resource 1 = b'\x05' (int: 5)`, `instance 0 (2 resources)`. */
export function describeElement(element: TlvElement, name: string): string {
  if (!isParent(element)) return `${name} = ${describeValue(element.value)}`
  return `${name} (${element.children.length} ${element.kind === 'instance' ? 'resources' : 'instances'})`
}

/** The bytes, and each number they could be. */
function describeValue(value: Uint8Array): string {
  const literal = bytesLiteral(value)
  if (value.length > 8) return literal
  const bytes = asBuffer(value)
  const readings = [`int: ${unsigned(bytes)}`]
  if (bytes.length === 4) {
    readings.push(`float: ${floatText(bytes.readFloatBE())}`)
    readings.push(`objlink: ${bytes.readUInt16BE(0)}:${bytes.readUInt16BE(2)}`)
  }
  if (bytes.length === 8) readings.push(`double: ${floatText(bytes.readDoubleBE())}`)
  return `${literal} (${readings.join(', ')})`
}

function unsigned(bytes: Uint8Array): bigint {
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  return value
}
