import { decodeUtf8 } from '../../objects/formats/bytes.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import { parseJson } from '../../objects/formats/number-json.ts'
import { describeSenmlCbor } from './cbor-text.ts'
import { escaped, hexEscaped, prettyLiteral } from './python-text.ts'
import { describeTlvTree, parseTlvTree } from './tlv-tree.ts'

/**
 * A payload as its Content-Format lets it be read. One that is not what its format says becomes what is wrong with it, and
 * its bytes. Texts and bytes end with a line break, trees do not.
 */
export function dumpPayload(payload: Uint8Array, contentFormat: number | undefined): string {
  const dump = contentFormat === undefined ? dumpText : (dumps.get(contentFormat) ?? dumpBytes)
  try {
    return dump(payload)
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n\n${dumpBytes(payload)}`
  }
}

type Dump = (payload: Uint8Array) => string

const dumpText: Dump = payload => `ascii-ish:\n${escaped(payload)}\n`
const dumpBytes: Dump = payload => `binary:\n${hexEscaped(payload)}\n`
const dumpTlv: Dump = payload => describeTlvTree(parseTlvTree(payload))
const dumpJson: Dump = payload => prettyLiteral(parseJson(decodeUtf8(payload)))

const dumps: ReadonlyMap<number, Dump> = new Map([
  [ContentFormat.text, dumpText],
  [ContentFormat.legacyText, dumpText],
  [ContentFormat.link, dumpText],
  [ContentFormat.tlv, dumpTlv],
  [ContentFormat.legacyTlv, dumpTlv],
  [ContentFormat.senmlJson, dumpJson],
  [ContentFormat.senmlEtchJson, dumpJson],
  [ContentFormat.lwm2mJson, dumpJson],
  [ContentFormat.legacyJson, dumpJson],
  [ContentFormat.senmlCbor, describeSenmlCbor],
  [ContentFormat.senmlEtchCbor, describeSenmlCbor],
])
