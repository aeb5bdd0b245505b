/**
 * The first characters of a stranger's text, with `…` where there are more: it must neither move a cursor, nor turn the
 * writing direction, nor fill the screen.
 */
export function printable(text: string, longest = 120): string {
  const start = text.slice(0, longest).replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '?')
  return text.length > longest ? `${start}…` : start
}
