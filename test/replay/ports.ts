import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { Transcript } from './transcript.ts'

/** Where a line that is typed, or a start option, names a port. */
const typedPort = /(?<=-l |^listen |port=|^connect (?:host=)?\S+ |^connect (?:host=)?\S+ \d+ |:)\d{4,5}\b/g

/** Where the shell shows one. */
const shownPort = /(?<=port:? |:)\d+\b/g

/** The ports of recorded sessions and those that are used in their place. */
export class Ports {
  readonly #used = new Map<string, string>()
  readonly #recorded = new Map<string, string>()

  /** Finds a free port for each that is typed: the same where it is free, otherwise one with as many digits. */
  static async of(transcripts: readonly Transcript[]): Promise<Ports> {
    const ports = new Ports()
    const typed = transcripts.flatMap(({ options, steps }) => [
      options.join(' '),
      ...steps.map(step => step.typed ?? ''),
    ])
    const ofDevices = new Set(transcripts.flatMap(({ steps }) => steps.map(({ prompt }) => devicePort(prompt))))
    for (const [port] of typed.flatMap(line => [...line.matchAll(typedPort)])) {
      if (ports.#used.has(port) || ofDevices.has(port)) continue
      let candidate = Number(port)
      while (ports.#recorded.has(String(candidate)) || !(await isFree(candidate))) candidate++
      ports.learn(port, String(candidate))
    }
    return ports
  }

  /** The port that is used in place of a recorded one. */
  used(port: number): number {
    return Number(this.#used.get(String(port)) ?? port)
  }

  /** Takes a prompt for what it says of the port of the device. */
  learnFrom(recordedPrompt: string, prompt: string): void {
    const [recorded, used] = [devicePort(recordedPrompt), devicePort(prompt)]
    if (recorded !== undefined && used !== undefined) this.learn(recorded, used)
  }

  learn(recorded: string, used: string): void {
    this.#used.set(recorded, used)
    this.#recorded.set(used, recorded)
  }

  /** A recorded line as it has to be typed now. */
  toType(line: string): string {
    return line.replace(typedPort, port => this.#used.get(port) ?? port)
  }

  /** What the shell printed as it would have been recorded. */
  asRecorded(output: string): string {
    return output.replace(shownPort, port => this.#recorded.get(port) ?? port)
  }
}

function devicePort(prompt: string): string | undefined {
  return /client: \S+:(\d+) /.exec(prompt)?.[1]
}

async function isFree(port: number): Promise<boolean> {
  const socket = createSocket('udp4')
  try {
    await once(socket.bind(port), 'listening')
    return true
  } catch {
    return false
  } finally {
    socket.close()
  }
}
