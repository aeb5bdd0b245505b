/** Something that was asked of a console cannot be done; the message is for whoever typed it. `cause` leads to the first error. */
export class ConsoleError extends Error {
  override readonly name = 'ConsoleError'
  readonly code = 'CONSOLE'
  /** Where in the text that was typed, from 0; undefined: nowhere in particular. */
  readonly position: number | undefined

  constructor(message: string, options: ErrorOptions & { readonly position?: number } = {}) {
    super(message, options)
    this.position = options.position
  }
}
