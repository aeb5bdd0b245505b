/** What the driver of a recorded session did beside the shell, just before the line was typed or while its command ran. */
export type DriverEvent =
  /** A command for the device, such as `send-update`. */
  | { readonly kind: 'device'; readonly command: string }
  | { readonly kind: 'device stopped' }
  /** Ctrl-C while the command runs. */
  | { readonly kind: 'interrupt' }

export interface Step {
  /** As it was shown: `[Lwm2mCmd] $ `. */
  readonly prompt: string
  /** The line typed after it; undefined: the end of the input. */
  readonly typed: string | undefined
  readonly event: DriverEvent | undefined
  /** What the shell then printed, up to the next prompt. */
  readonly output: readonly string[]
}

/** A recorded session. */
export interface Transcript {
  /** Name of its file. */
  readonly name: string
  /** Start options of the shell. */
  readonly options: readonly string[]
  /** Whether the lines came from a file at once, not one after each prompt. */
  readonly isScript: boolean
  /** What was printed before the first prompt. */
  readonly opening: readonly string[]
  readonly steps: readonly Step[]
  /** undefined where it was not recorded. */
  readonly exitCode: number | undefined
}

/** The output of a shell after one prompt. */
export interface Answer {
  readonly prompt: string
  readonly text: string
}

const promptPattern = /\[Lwm2mCmd(?:\/\w+)?\](?: port: \d+, client: \S+)? \$ /g

/** How the note of a driver lies in the output: on a line of its own, begun anew. */
const notePattern = /^\n?### (.*)(?:\n|$)/

/** Throws Error for a text that is no transcript. */
export function parseTranscript(name: string, content: string): Transcript {
  const typedByHand = /^### started with: ?(.*)\n/.exec(content)
  if (typedByHand) {
    const [heading, options = ''] = typedByHand
    return { name, options: splitOptions(options), isScript: false, ...parseOutput(content.slice(heading.length)) }
  }
  const script = /^### \S+(.*?) < \S+ ; script:\n([\s\S]*?)^### output:\n/m.exec(content)
  if (!script) throw new Error(`${name} is no transcript: it does not begin with a note of how the shell was started`)
  const [heading, options = '', lines = ''] = script
  const output = content.slice(heading.length)
  return { name, options: splitOptions(options), isScript: true, ...parseOutput(output, splitLines(lines)) }
}

/** Cuts an output at its prompts; the first part is what comes before them. */
export function splitAtPrompts(output: string): { opening: string; answers: Answer[] } {
  const prompts = [...output.matchAll(promptPattern)]
  return {
    opening: output.slice(0, prompts[0]?.index),
    answers: prompts.map((match, at) => ({
      prompt: match[0],
      text: output.slice(match.index + match[0].length, prompts[at + 1]?.index),
    })),
  }
}

/** Lines without their ends; an end of line after the last one makes no further one. */
export function splitLines(text: string): string[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}

function splitOptions(text: string): string[] {
  return text.split(' ').filter(Boolean)
}

/** `script`: the lines that were read from a file, of which the output shows nothing. */
function parseOutput(output: string, script?: readonly string[]): Pick<Transcript, 'opening' | 'steps' | 'exitCode'> {
  const { opening, answers } = splitAtPrompts(output)
  const steps: Step[] = answers.map(({ prompt, text }, at) => {
    if (script) return { prompt, typed: script[at], event: undefined, output: splitLines(beforeNotes(text)) }
    return { prompt, ...parseEcho(text) }
  })
  const exitCode = /^### process ended rc=(\d+)$/m.exec(output)?.[1]
  return {
    opening: splitLines(beforeNotes(opening)),
    steps,
    exitCode: exitCode === undefined ? undefined : Number(exitCode),
  }
}

/** Takes apart what follows a prompt: notes, the line that was typed, the output. */
function parseEcho(text: string): Omit<Step, 'prompt'> {
  let rest = text
  let event: DriverEvent | undefined
  let isEnd = false
  for (let note = notePattern.exec(rest); note; note = notePattern.exec(rest)) {
    rest = rest.slice(note[0].length)
    event ??= parseEvent(note[1] ?? '')
    isEnd ||= /^(stdin closed|process ended)/.test(note[1] ?? '')
  }
  if (isEnd) return { typed: undefined, event, output: splitLines(beforeNotes(rest)) }
  const end = rest.indexOf('\n')
  if (end < 0) return { typed: rest, event, output: [] }
  return { typed: rest.slice(0, end), event, output: splitLines(beforeNotes(rest.slice(end + 1))) }
}

/** What follows a note in an output is no output: the driver typed on although the shell had ended. */
function beforeNotes(output: string): string {
  const note = /(?:^|\n)### /.exec(output)
  return note ? output.slice(0, note.index) : output
}

function parseEvent(note: string): DriverEvent | undefined {
  const command = /^meanwhile: typed into demo stdin: (.+)$/.exec(note)?.[1]
  if (command !== undefined) return { kind: 'device', command }
  if (note.startsWith('meanwhile: closing the demo')) return { kind: 'device stopped' }
  return note.startsWith('SIGINT') ? { kind: 'interrupt' } : undefined
}
