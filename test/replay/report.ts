import { type Comparison, countLines, type Difference } from './comparison.ts'
import { type Explanation, explain, formatDifference, unusedLines } from './explanations.ts'

/** Of the lines that can be compared. */
const requiredShare = 0.95

export interface Report {
  readonly text: string
  /** Whether enough lines are equal and the others explained. */
  readonly isGood: boolean
}

/** `verbose` shows the lines that differ, too. */
export function report(
  comparisons: readonly Comparison[],
  explanations: readonly Explanation[],
  { verbose = false } = {},
): Report {
  const width = Math.max('session'.length, ...comparisons.map(({ transcript }) => transcript.length))
  const row = (name: string, { lines, equal }: Pick<Comparison, 'lines' | 'equal'>) =>
    `${name.padEnd(width)}  ${String(lines).padStart(5)}  ${String(equal).padStart(5)}  ${share(lines, equal)}`
  const labelled = comparisons.map(comparison => ({
    comparison,
    differences: comparison.differences.map(difference => ({
      difference,
      label: explain(difference, explanations),
    })),
  }))
  const total = {
    lines: comparisons.reduce((sum, { lines }) => sum + lines, 0),
    equal: comparisons.reduce((sum, { equal }) => sum + equal, 0),
  }
  const unexplained = labelled.flatMap(({ differences }) => differences.filter(({ label }) => label === undefined))
  const unused = unusedLines(
    explanations,
    comparisons.flatMap(({ differences }) => differences),
    new Set(comparisons.map(({ transcript }) => transcript)),
  )
  const isGood = unexplained.length === 0 && total.equal >= requiredShare * total.lines
  const lines = [
    `${'session'.padEnd(width)}  lines  equal    share`,
    ...labelled.flatMap(({ comparison, differences }) => [
      row(comparison.transcript, comparison),
      ...differences.flatMap(({ difference, label }) => describe(difference, label, verbose)),
    ]),
    row('all', total),
    '',
    ...unused.map(key => `explained, but it does not differ: ${key.replaceAll('\n', ' | ')}`),
    ...(unexplained.length > 0 ? [`not explained in docs/replay.md: ${unexplained.length}`] : []),
    `${isGood ? 'good' : 'not good'}: ${share(total.lines, total.equal).trim()} of the lines are equal`,
  ]
  return { text: lines.join('\n'), isGood }
}

function describe(difference: Difference, label: string | undefined, verbose: boolean): string[] {
  const { typed } = difference
  const count = countLines(difference)
  const title = `    ${label ?? 'NOT EXPLAINED'}: ${count} ${count === 1 ? 'line' : 'lines'} after "${typed}"`
  return verbose ? [title, ...formatDifference(difference).split('\n')] : [title]
}

function share(lines: number, equal: number): string {
  return lines === 0 ? '      –' : `${((equal / lines) * 100).toFixed(1).padStart(5)} %`
}
