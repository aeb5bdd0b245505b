import { cborFormat } from './cbor.ts'
import { ContentFormat, type DataFormat } from './format.ts'
import { lwm2mCborFormat } from './lwm2m-cbor.ts'
import { lwm2mJsonFormat } from './lwm2m-json.ts'
import { opaqueFormat } from './opaque.ts'
import { senmlCborFormat } from './senml-cbor.ts'
import { senmlEtchCborFormat, senmlEtchJsonFormat } from './senml-etch.ts'
import { senmlJsonFormat } from './senml-json.ts'
import { textFormat } from './text.ts'
import { tlvFormat } from './tlv.ts'

const formats = new Map<number, DataFormat>(
  [
    textFormat,
    opaqueFormat,
    cborFormat,
    senmlJsonFormat,
    senmlCborFormat,
    senmlEtchJsonFormat,
    senmlEtchCborFormat,
    tlvFormat,
    lwm2mJsonFormat,
    lwm2mCborFormat,
    // An answer in one of these carries the number that was asked for.
    { ...textFormat, contentFormat: ContentFormat.legacyText },
    { ...tlvFormat, contentFormat: ContentFormat.legacyTlv },
    { ...lwm2mJsonFormat, contentFormat: ContentFormat.legacyJson },
    { ...opaqueFormat, contentFormat: ContentFormat.legacyOpaque },
  ].map(format => [format.contentFormat, format]),
)

/** The data format of a CoAP Content-Format number, or undefined when the engine does not have it. */
export function formatOf(contentFormat: number): DataFormat | undefined {
  return formats.get(contentFormat)
}
