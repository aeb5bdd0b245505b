import type { Difference } from './comparison.ts'

/** Why lines differ on purpose: a chapter of docs/replay.md and the lines that it covers. */
export interface Explanation {
  readonly title: string
  /** `FILE`, `TYPED`, and the line with `-` (recorded) or `+` (ours) before it, one below the other. */
  readonly lines: ReadonlySet<string>
}

/**
 * Reads the chapters of a Markdown text. The lines that differ are in their blocks of code, where `@@ FILE @@ TYPED` says
 * which step those that follow are of.
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
export function formatDifference({ transcript, typed, recorded, ours }: Difference): string {
  return [
    `@@ ${transcript} @@ ${typed}`.trimEnd(),
    ...recorded.map(line => `-${line}`.trimEnd()),
    ...ours.map(line => `+${line}`.trimEnd()),
  ].join('\n')
}

/** The explanation that covers all lines of a difference. */
export function explain(difference: Difference, explanations: readonly Explanation[]): Explanation | undefined {
  const keys = keysOf(formatDifference(difference))
  return explanations.find(({ lines }) => keys.every(key => lines.has(key)))
}

/** What an explanation covers although it does not differ, in the transcripts that were replayed. */
export function unusedLines(
  explanations: readonly Explanation[],
  differences: readonly Difference[],
  transcripts: ReadonlySet<string>,
): string[] {
  const used = new Set(differences.flatMap(difference => keysOf(formatDifference(difference))))
  const covered = explanations.flatMap(({ lines }) => [...lines])
  return covered.filter(key => !used.has(key) && transcripts.has(key.slice(0, key.indexOf('\n'))))
}

function keysOf(block: string): string[] {
  const keys: string[] = []
  let place = ''
  for (const line of block.split('\n')) {
    const heading = /^@@ (.+?) @@ ?(.*)$/.exec(line)
    if (heading) place = `${heading[1]}\n${heading[2]}`
    else if (/^[-+]/.test(line)) keys.push(`${place}\n${line}`)
  }
  return keys
}
