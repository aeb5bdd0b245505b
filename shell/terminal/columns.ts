import type { Candidate } from '../line/argument-type.ts'
import { visible } from '../line/visible.ts'

const gap = 2

/** More than this would push away what the person looks at. */
const maximumRows = 40

/** Candidates, with what they are, in columns as wide as the window allows; sorted downwards. */
export function formatCandidates(candidates: readonly Candidate[], width: number): string[] {
  const labels = candidates.map(({ text, label = text }) => visible(label))
  const longest = Math.max(0, ...labels.map(label => label.length))
  const cells = candidates.map(({ meta }, index) => {
    const label = labels[index] ?? ''
    return meta ? `${label.padEnd(longest + gap)}${visible(meta)}` : label
  })
  const widest = Math.min(width - 1, Math.max(1, ...cells.map(cell => cell.length)))
  const columns = Math.max(1, Math.floor((width - 1 + gap) / (widest + gap)))
  const rows = Math.ceil(cells.length / columns)
  const lines = Array.from({ length: Math.min(rows, maximumRows) }, (_, row) =>
    Array.from({ length: columns }, (__, column) => cells[row + column * rows] ?? '')
      .map(cell => cell.slice(0, widest).padEnd(widest))
      .join(' '.repeat(gap))
      .trimEnd(),
  )
  return rows > maximumRows ? [...lines, `… ${rows - maximumRows} more lines`] : lines
}
