import { answerQuestions } from '../questions.ts'

/** A session with a server that echoes. */
export interface Session {
  send(bytes: Buffer): void
  /** Is told of each datagram of the server. */
  receive(listener: () => void): void
  close(): unknown
}

export interface ClientRun {
  readonly port: number
  readonly count: number
  /** Whether the handshakes resume the first one. */
  readonly isResumed?: boolean
}

export interface ClientTime {
  readonly perSecond: number
  /** Of the client, each. */
  readonly cpuMicroseconds: number
}

const echoBytes = 64

/** A process under measurement that opens sessions one after the other, or sends in a closed loop. */
export function dtlsClientTarget(open: (port: number, isResumed: boolean) => Promise<Session>): void {
  answerQuestions({
    handshakes: ({ port, count, isResumed = false }: ClientRun) =>
      measured(count, async () => {
        const session = await open(port, isResumed)
        await session.close()
      }),
    async echoes({ port, count }: ClientRun): Promise<ClientTime> {
      const session = await open(port, false)
      const payload = Buffer.alloc(echoBytes)
      let answered = () => {}
      session.receive(() => answered())
      const time = await measured(count, () => {
        const answer = new Promise<void>(resolve => {
          answered = resolve
        })
        session.send(payload)
        return answer
      })
      await session.close()
      return time
    },
  })
}

async function measured(count: number, once: () => Promise<void>): Promise<ClientTime> {
  const before = process.cpuUsage()
  const startedMs = performance.now()
  for (let left = count; left > 0; left--) await once()
  const elapsedMs = performance.now() - startedMs
  const { user, system } = process.cpuUsage(before)
  return { perSecond: (count * 1_000) / elapsedMs, cpuMicroseconds: (user + system) / count }
}
