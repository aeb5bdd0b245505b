import { answerQuestions } from '../questions.ts'

/** What carries the messages of a measurement. */
export type Transport = 'udp' | 'tcp' | 'tls'

export interface TargetStart {
  readonly transport: Transport
  /** Of the load generator. */
  readonly loadPort: number
}

/**
 * A process under measurement. `start` returns the port it serves, or nothing when it has come to the load generator: over UDP as
 * a registered LwM2M client, over streams by its connection.
 */
export function target(start: (start: TargetStart) => Promise<number | undefined>): void {
  answerQuestions({
    start,
    /** CPU time used so far, user and system, in µs. */
    cpuTime(): number {
      const { user, system } = process.cpuUsage()
      return user + system
    },
  })
}
