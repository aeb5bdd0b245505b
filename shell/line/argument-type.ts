/** Something that can be typed in place of a value. */
export interface Candidate {
  readonly text: string
  /** What it is, in a few words. */
  readonly meta?: string
}

/** What a word of a command line stands for. */
export interface ArgumentType<T> {
  /** For people: `int`, `List[Option]`. */
  readonly name: string
  /** Throws ConsoleError, or another Error whose message is for people. */
  parse(text: string): T
  /** What may follow what was typed so far. */
  candidates?(typed: string): readonly Candidate[]
}
