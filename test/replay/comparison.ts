import { comparableLines, isSameLine, recordedLines } from './incomparable.ts'
import type { Transcript } from './transcript.ts'

/** What our shell printed when a transcript was replayed; fewer steps than were recorded where it ended before. */
export interface Replayed {
  readonly opening: readonly string[]
  readonly steps: readonly { readonly prompt: string; readonly output: readonly string[] }[]
  readonly exitCode: number | undefined
}

/** Where in a transcript something was printed. */
export interface Place {
  readonly transcript: string
  /** The number of the prompt before, from 1; 0 before the first one. */
  readonly step: number
  /** The line that was typed; `(start)` before the first one, `(end)` for the end of the input and of the process. */
  readonly typed: string
}

/** Lines of a step that are not those recorded, with nothing the same between them. */
export interface Difference extends Place {
  readonly recorded: readonly string[]
  readonly ours: readonly string[]
}

export interface Comparison {
  readonly transcript: string
  /** Lines compared: those recorded, and those of ours that are too many. */
  readonly lines: number
  readonly equal: number
  readonly differences: readonly Difference[]
}

export function compareSessions({ name: transcript, ...recorded }: Transcript, replayed: Replayed): Comparison {
  const start = { transcript, step: 0, typed: '(start)' }
  const parts = [compareLines(start, recorded.opening, replayed.opening)]
  for (const [at, { prompt, typed, output }] of recorded.steps.entries()) {
    const ours = replayed.steps[at]
    const line = typed ?? ''
    const place = { transcript, step: at + 1, typed: typed ?? '(end)' }
    parts.push(compareLines(place, [prompt + line, ...output], ours ? [ours.prompt + line, ...ours.output] : []))
  }
  if (recorded.exitCode !== undefined) {
    const end = { transcript, step: recorded.steps.length + 1, typed: '(end)' }
    const ended = (code: number | undefined) => [`process ended rc=${code}`]
    parts.push(compareLines(end, ended(recorded.exitCode), ended(replayed.exitCode)))
  }
  const sum = (pick: (part: Comparison) => number) => parts.reduce((total, part) => total + pick(part), 0)
  return {
    transcript,
    lines: sum(part => part.lines),
    equal: sum(part => part.equal),
    differences: parts.flatMap(part => part.differences),
  }
}

/** Compares one step. */
export function compareLines(
  place: Place,
  recordedOutput: readonly string[],
  ourOutput: readonly string[],
): Comparison {
  const text = (lines: readonly string[]) => lines.map(line => `${line}\n`).join('')
  const recorded = recordedLines(text(recordedOutput))
  const ours = comparableLines(text(ourOutput))
  const pairs = commonLines(recorded, ours)
  const differences: Difference[] = []
  let [r, o] = [0, 0]
  for (const [nextR, nextO] of [...pairs, [recorded.length, ours.length] as const]) {
    if (nextR > r || nextO > o) {
      differences.push({ ...place, recorded: recorded.slice(r, nextR), ours: ours.slice(o, nextO) })
    }
    r = nextR + 1
    o = nextO + 1
  }
  const differing = differences.reduce((sum, difference) => sum + countLines(difference), 0)
  return { transcript: place.transcript, lines: pairs.length + differing, equal: pairs.length, differences }
}

/** A line that was replaced counts once. */
export function countLines({ recorded, ours }: Difference): number {
  return Math.max(recorded.length, ours.length)
}

/** The indexes of a longest common subsequence. */
function commonLines(recorded: readonly string[], ours: readonly string[]): (readonly [number, number])[] {
  /** Length of the longest one of what begins at a line of each. */
  const lengths = Array.from({ length: recorded.length + 1 }, () => new Uint32Array(ours.length + 1))
  const at = (r: number, o: number) => lengths[r]?.[o] ?? 0
  const isSame = (r: number, o: number) => isSameLine(recorded[r] ?? '', ours[o] ?? '')
  for (let r = recorded.length - 1; r >= 0; r--) {
    const row = lengths[r]
    if (!row) continue
    for (let o = ours.length - 1; o >= 0; o--) {
      row[o] = isSame(r, o) ? at(r + 1, o + 1) + 1 : Math.max(at(r + 1, o), at(r, o + 1))
    }
  }
  const pairs: (readonly [number, number])[] = []
  let [r, o] = [0, 0]
  while (r < recorded.length && o < ours.length) {
    if (isSame(r, o) && at(r, o) === at(r + 1, o + 1) + 1) pairs.push([r++, o++])
    else if (at(r + 1, o) >= at(r, o + 1)) r++
    else o++
  }
  return pairs
}
