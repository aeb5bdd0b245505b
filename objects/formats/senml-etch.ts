import { OperationError } from '../errors.ts'
import { formatPath } from '../path.ts'
import { ContentFormat, type DataFormat } from './format.ts'
import { senmlCborFormat } from './senml-cbor.ts'
import { senmlJsonFormat } from './senml-json.ts'

/** SenML-ETCH in JSON: SenML for composite operations, in which null removes (RFC 8790, LwM2M Core 1.2.2 §7.5.6). */
export const senmlEtchJsonFormat = etchOf(senmlJsonFormat, ContentFormat.senmlEtchJson)

/** {@link senmlEtchJsonFormat} in CBOR. */
export const senmlEtchCborFormat = etchOf(senmlCborFormat, ContentFormat.senmlEtchCbor)

/** A pack to patch with is addressed to the root; no other operation has one (RFC 8790 §3). */
function etchOf(format: DataFormat, contentFormat: ContentFormat): DataFormat {
  return {
    contentFormat,
    timed: true,

    encode(base, values, schema) {
      if (base.length === 0) return format.encode(base, values, schema)
      throw new OperationError('NOT_ACCEPTABLE', `SenML-ETCH is for composite operations, not for ${formatPath(base)}`)
    },

    decode(base, payload, schema) {
      if (base.length === 0) return format.decode(base, payload, schema)
      throw new OperationError(
        'UNSUPPORTED_CONTENT_FORMAT',
        `SenML-ETCH is for composite operations, not for ${formatPath(base)}`,
      )
    },
  }
}
