/** Of what somebody typed, in a message. */
const longestQuote = 200

/** What somebody typed, or sent, in one line of a bearable length that does not move the cursor. */
export function visible(text: string, longest: number = longestQuote): string {
  const short = text.length > longest ? `${text.slice(0, longest)}…` : text
  return short.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, character => {
    const code = character.codePointAt(0) ?? 0
    return code < 0x100 ? String.raw`\x${code.toString(16).padStart(2, '0')}` : String.raw`\u{${code.toString(16)}}`
  })
}
