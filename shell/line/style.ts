/** How a shell takes its lines. */
export interface Style {
  /**
   * Whether commands may be abbreviated in every way of `matchCommand`, which is told before they run; otherwise by their
   * begin, in silence.
   */
  readonly announcesMatches: boolean
  /** Whether `name=value` is a named argument; otherwise it is a word like any other. */
  readonly namesArguments: boolean
  /** What follows the message of an error. */
  readonly errorSuffix: string
  /** A first word that may be left away, such as the name of the program. */
  readonly programName?: string
}

/** As testers of servers know it. */
export const testingStyle: Style = {
  announcesMatches: true,
  namesArguments: true,
  errorSuffix: ' (try "get_error" for details)',
}

/** As the shells of devices have it. */
export const deviceStyle: Style = { announcesMatches: false, namesArguments: false, errorSuffix: '' }
