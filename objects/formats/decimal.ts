// Long enough for every digit of the smallest double, short enough to stay cheap.
const maxLength = 1100
const decimalPattern = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?$/
const exponentPattern = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/

/** Reads a decimal number, exponent allowed; `undefined` when the text is none or too large for a double. */
export function parseDecimal(text: string): number | undefined {
  if (text.length > maxLength || !decimalPattern.test(text)) return undefined
  const value = Number(text)
  return Number.isFinite(value) ? value : undefined
}

/** Writes a finite number with the fewest digits that read back the same, never with an exponent. */
export function formatDecimal(value: number): string {
  if (Object.is(value, -0)) return '-0'
  const text = String(value)
  const parts = exponentPattern.exec(text)
  if (parts === null) return text
  const [, sign, first, fraction = '', exponentText] = parts
  const digits = `${first}${fraction}`
  const exponent = Number(exponentText)
  // JavaScript turns to exponents only above 10^21 and below 10^-6, so the point never falls between the digits.
  return exponent < 0
    ? `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
    : `${sign}${digits}${'0'.repeat(exponent - fraction.length)}`
}
