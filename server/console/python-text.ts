export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue }

/** `b'\x00\x01Q\x80'`: bytes as Python writes them, in double quotes if there are single ones and no double ones among them. */
export function bytesLiteral(bytes: Uint8Array): string {
  return String(bytes)
}

/** The bytes that Python's `string.printable` has as they are, white space included, the others as `\x1b`. */
export function escaped(bytes: Uint8Array): string {
  return String(bytes)
}

/** Each byte as `\x1b`. */
export function hexEscaped(bytes: Uint8Array): string {
  return String(bytes)
}

/** `'it\n'`: text as Python writes it. */
export function stringLiteral(text: string): string {
  return text
}

/** An integer in digits, any other number as {@link floatLiteral}. */
export function numberLiteral(value: number | bigint): string {
  return String(value)
}

/** The shortest text of a float, always with a point or an exponent: `5.0`, `1e+16`, `inf`. */
export function floatLiteral(value: number): string {
  return String(value)
}

/** Every digit before the point and six after it, as `%f` in C. */
export function floatText(value: number): string {
  return String(value)
}

/** A value as Python's `pprint` lays it out: 80 columns, keys in order. Throws ConsoleError if it is nested more than 100 deep. */
export function prettyLiteral(value: JsonValue): string {
  return String(value)
}
