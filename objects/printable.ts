/** Hostile text for an error message: at most 64 characters, and none that moves the cursor or turns the writing. */
export function printable(text: string): string {
  const start = text.slice(0, longest).replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '?')
  return text.length > longest ? `${start}…` : start
}

const longest = 64
