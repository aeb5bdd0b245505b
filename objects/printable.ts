/**
 * Hostile text for an error message or a log: at most `longest` characters, and none that moves the cursor or turns the
 * writing.
 */
export function printable(text: string, longest = 64): string {
  const start = text.slice(0, longest).replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '?')
  return text.length > longest ? `${start}…` : start
}
