import type { Difference } from './comparison.ts'

/** Why lines differ on purpose: a chapter of docs/replay.md and the lines that it covers. */
export interface Explanation {
  readonly title: string
  /** `FILE:STEP @@ TYPED`, and below it the line with `-` (recorded) or `+` (ours) before it. */
  readonly lines: ReadonlySet<string>
}

/**
 * Reads the chapters of a Markdown text. The lines that differ are in their blocks of code, where `@@ FILE:STEP @@ TYPED` says
 * which step those that follow are of: the number of its prompt, and the line that was typed.
 */
export function parseExplanations(markdown: string): Explanation[] {
  return markdown
    .split(/^## /m)
    .slice(1)
    .map(chapter => ({
      title: chapter.slice(0, chapter.indexOf('\n')).trim(),
      lines: new Set(Array.from(chapter.matchAll(/^```diff\n([^]*?)^```$/gm), block => keysOf(block[1] ?? '')).flat()),
    }))
}

/** As {@link parseExplanations} reads it. */
export function formatDifference({ transcript, step, typed, recorded, ours }: Difference): string {
  return [
    `@@ ${transcript}:${step} @@ ${typed}`.trimEnd(),
    ...recorded.map(line => `-${line}`.trimEnd()),
    ...ours.map(line => `+${line}`.trimEnd()),
  ].join('\n')
}

/** The title of the explanation that covers a difference, or of several that do together; undefined where none covers a line. */
export function explain(difference: Difference, explanations: readonly Explanation[]): string | undefined {
  const keys = keysOf(formatDifference(difference))
  const whole = explanations.find(({ lines }) => keys.every(key => lines.has(key)))
  if (whole) return whole.title
  const titles = keys.map(key => explanations.find(({ lines }) => lines.has(key))?.title)
  return titles.includes(undefined) ? undefined : [...new Set(titles)].join('; ')
}

/** What an explanation covers although it does not differ, in the transcripts that were replayed. */
export function unusedLines(
  explanations: readonly Explanation[],
  differences: readonly Difference[],
  transcripts: ReadonlySet<string>,
): string[] {
  const used = new Set(differences.flatMap(difference => keysOf(formatDifference(difference))))
  const covered = explanations.flatMap(({ lines }) => [...lines])
  return covered.filter(key => !used.has(key) && transcripts.has(key.replace(/:\d+ @@[^]*/, '')))
}

function keysOf(block: string): string[] {
  const keys: string[] = []
  let place = ''
  for (const line of block.split('\n')) {
    if (line.startsWith('@@ ')) place = line.slice('@@ '.length)
    else if (/^[-+]/.test(line)) keys.push(`${place}\n${line}`)
  }
  return keys
}
