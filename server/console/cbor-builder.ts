import { decodeUtf8 } from '../../objects/formats/bytes.ts'
import { CborWriter } from '../../objects/formats/cbor-writer.ts'
import { SenmlLabel } from '../../objects/formats/senml-fields.ts'
import { describeSenmlCbor } from './cbor-text.ts'
import { ConsoleError } from './console-error.ts'
import { parseDouble, parseInteger } from './typed-text.ts'

const minInteger = -(2n ** 63n)
const maxInteger = 2n ** 64n - 1n

/** Writes the label of a value and the value. */
type Field = (writer: CborWriter) => void

interface SenmlEntry {
  readonly baseName: string | undefined
  readonly field: Field | undefined
}

/** A SenML CBOR payload (RFC 8428 §6) that is put together record by record. */
export class CborBuilder {
  readonly #entries = new Map<string, SenmlEntry>()

  /**
   * Adds a record. `type` is `int`, `double`, `string`, `opaque` or `objlnk`, any other is taken for `string`; without a value
   * the record has a name alone. A name that is there already stays as it is. Throws ConsoleError for a value that is not
   * of the type.
   */
  addResource(name: string, type = 'string', value?: Uint8Array, baseName?: string): void {
    if (this.#entries.has(name)) return
    this.#entries.set(name, { baseName, field: value === undefined ? undefined : fieldOf(type, value) })
  }

  /** Removes the record of this name. Throws ConsoleError when there is none. */
  remove(name: string): void {
    if (!this.#entries.delete(name)) throw new ConsoleError('Invalid name')
  }

  /** The records as dictionaries, a line each. */
  show(): string {
    return `${describeSenmlCbor(this.serialize())} \n`
  }

  serialize(): Buffer {
    const writer = new CborWriter()
    writer.array(this.#entries.size)
    for (const [name, { baseName, field }] of this.#entries) {
      writer.map(1 + Number(baseName !== undefined) + Number(field !== undefined))
      writer.integer(SenmlLabel.n)
      writer.text(name)
      if (baseName !== undefined) {
        writer.integer(SenmlLabel.bn)
        writer.text(baseName)
      }
      field?.(writer)
    }
    return writer.finish()
  }
}

function fieldOf(type: string, value: Uint8Array): Field {
  switch (type) {
    case 'int': {
      const integer = parseInteger(textOf(value), minInteger, maxInteger)
      return writer => {
        writer.integer(SenmlLabel.v)
        writer.integer(integer)
      }
    }
    case 'double': {
      const double = parseDouble(textOf(value))
      return writer => {
        writer.integer(SenmlLabel.v)
        writer.double(double)
      }
    }
    case 'opaque':
      return writer => {
        writer.integer(SenmlLabel.vd)
        writer.bytes(value)
      }
    case 'objlnk': {
      const link = textOf(value)
      return writer => {
        writer.text('vlo')
        writer.text(link)
      }
    }
    default: {
      const text = textOf(value)
      return writer => {
        writer.integer(SenmlLabel.vs)
        writer.text(text)
      }
    }
  }
}

function textOf(value: Uint8Array): string {
  try {
    return decodeUtf8(value)
  } catch (cause) {
    throw new ConsoleError('a text that is not UTF-8', { cause })
  }
}
