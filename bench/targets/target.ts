import { answerQuestions } from '../questions.ts'

/**
 * A process under measurement. `start` is told the port of the load generator, and returns the port it serves, or nothing when it
 * has registered with the load generator as an LwM2M client.
 */
export function target(start: (loadPort: number) => Promise<number | undefined>): void {
  answerQuestions({
    start,
    /** CPU time used so far, user and system, in µs. */
    cpuTime(): number {
      const { user, system } = process.cpuUsage()
      return user + system
    },
  })
}
