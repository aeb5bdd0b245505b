/** Something that can be typed. */
export interface Candidate {
  /** All of the word that it completes. */
  readonly text: string
  /** What is shown of it; as a rule its text. */
  readonly label?: string
  /** What it is, in a few words. */
  readonly meta?: string
}

/** What a word of a command line stands for. */
export interface ArgumentType<T> {
  /** For people: `int`, `List[Option]`. */
  readonly name: string
  /** Throws ConsoleError, its position counted in `text`, or another Error whose message is for people. */
  parse(text: string): T
  /** What the word may become; those that do not begin with what was typed so far are left out by the caller. */
  candidates?(typed: string): readonly Candidate[]
}
