import { describe, expect, test } from 'vitest'
import type { Comparison, Difference } from '../replay/comparison.ts'
import { explain, formatDifference, parseExplanations, unusedLines } from '../replay/explanations.ts'
import { report } from '../replay/report.ts'

const difference: Difference = { transcript: 's.txt', step: 3, typed: 'read /3 60', recorded: ['a', ''], ours: ['b '] }

const markdown = `# Sessions

\`\`\`diff
@@ s.txt:3 @@ read /3 60
-outside of a chapter
\`\`\`

## Another reason

\`\`\`diff
@@ s.txt:3 @@ read /3 60
-a
\`\`\`

## The reason

Text.

\`\`\`diff
@@ other.txt:3 @@ read /3 60
-c
@@ s.txt:3 @@ read /3 60
-a
-
+b
@@ s.txt:4 @@
-d
\`\`\`
`
const explanations = parseExplanations(markdown)

describe('explanations', () => {
  test('a chapter that covers each line of a difference, whatever ends in blanks', () => {
    expect(explain(difference, explanations)).toBe('The reason')
  })

  test('several chapters that cover it together', () => {
    const parts = parseExplanations(
      markdown.replace('+b\n', '\n```\n\n## Ours\n\n```diff\n@@ s.txt:3 @@ read /3 60\n+b\n'),
    )
    expect(explain(difference, parts)).toBe('Another reason; The reason; Ours')
  })

  test('a difference is written as it is explained', () => {
    expect(formatDifference(difference)).toBe('@@ s.txt:3 @@ read /3 60\n-a\n-\n+b')
    const own = parseExplanations(`## Own\n\`\`\`diff\n${formatDifference(difference)}\n\`\`\`\n`)
    expect(explain(difference, own)).toBe('Own')
  })

  test.each<[string, Partial<Difference>]>([
    ['another transcript', { transcript: 't.txt' }],
    ['another step', { step: 4 }],
    ['another command', { typed: 'read /3' }],
    ['another line', { ours: ['c'] }],
    ['one more line', { recorded: ['a', '', 'x'] }],
    ['lines the other way round', { recorded: ['b '], ours: ['a', ''] }],
    ['outside of a chapter', { recorded: ['outside of a chapter'], ours: [] }],
  ])('not covered: %s', (_, change) => {
    expect(explain({ ...difference, ...change }, explanations)).toBeUndefined()
  })

  test('an empty line that was typed', () => {
    expect(explain({ transcript: 's.txt', step: 4, typed: '', recorded: ['d'], ours: [] }, explanations)).toBe(
      'The reason',
    )
  })

  test('lines that do not differ, in what was replayed', () => {
    expect(unusedLines(explanations, [difference], new Set(['s.txt']))).toEqual(['s.txt:4 @@\n-d'])
  })
})

describe('the report', () => {
  const comparison: Comparison = { transcript: 's.txt', lines: 100, equal: 95, differences: [difference] }

  test('19 lines of 20 are enough, where the others are explained', () => {
    const { text, isGood } = report([comparison], explanations)
    expect(text.split('\n').slice(0, 4)).toEqual([
      'session  lines  equal    share',
      's.txt      100     95   95.0 %',
      '    The reason: 2 lines after "read /3 60"',
      'all        100     95   95.0 %',
    ])
    expect(isGood).toBe(true)
  })

  test('fewer are not', () => {
    expect(report([{ ...comparison, equal: 94 }], explanations).isGood).toBe(false)
  })

  test('nor are lines that nobody has explained', () => {
    const { text, isGood } = report([comparison], [])
    expect(text).toContain('NOT EXPLAINED: 2 lines after "read /3 60"')
    expect(isGood).toBe(false)
  })

  test('verbose, it shows the lines', () => {
    expect(report([comparison], explanations, { verbose: true }).text).toContain('\n-a\n-\n+b\n')
  })
})
