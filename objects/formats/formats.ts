import { cborFormat } from './cbor.ts'
import type { DataFormat } from './format.ts'
import { opaqueFormat } from './opaque.ts'
import { senmlCborFormat } from './senml-cbor.ts'
import { senmlJsonFormat } from './senml-json.ts'
import { textFormat } from './text.ts'
import { tlvFormat } from './tlv.ts'

const formats = new Map<number, DataFormat>(
  [textFormat, opaqueFormat, cborFormat, senmlJsonFormat, senmlCborFormat, tlvFormat].map(format => [
    format.contentFormat,
    format,
  ]),
)

/** The data format of a CoAP Content-Format number, or undefined when the engine does not have it. */
export function formatOf(contentFormat: number): DataFormat | undefined {
  return formats.get(contentFormat)
}
