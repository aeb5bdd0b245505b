export interface Question {
  readonly name: string
  readonly argument: unknown
}

export type Answer = { readonly result: unknown } | { readonly error: string }

type Answers = Record<string, (argument: never) => unknown>

/** The other side of a `Worker`: a process that answers questions by name, one at a time. */
export function answerQuestions(answers: Answers): void {
  const reply = (answer: Answer) => process.send?.(answer)
  process.on('message', ({ name, argument }: Question) => {
    Promise.resolve(argument as never)
      .then(answers[name])
      .then(
        result => reply({ result }),
        (error: unknown) => reply({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      )
  })
}
