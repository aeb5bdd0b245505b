/**
 * Whether a resource of 255 characters at most takes a text, as those of Firmware Update and Software Management are. What a
 * package says of itself need not be a text at all: half of a surrogate pair is none.
 */
export function isShortText(text: string): boolean {
  return text.length <= 255 && text.isWellFormed()
}
