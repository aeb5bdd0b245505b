import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Replayed } from './comparison.ts'
import { Device, type DeviceFacts, type DeviceServer, deviceFacts } from './device.ts'
import { Ports } from './ports.ts'
import { ShellProcess } from './shell-process.ts'
import { type Step, splitAtPrompts, splitLines, type Transcript } from './transcript.ts'

const waiting = /waiting for a client on port (\d+)/

/** Nobody types faster: what a device does about a message, such as an Update, is there before the next line. */
const pauseMs = 200

/** Longer than a device waits before it sends a message again (RFC 7252 §4.8). */
const longestSilenceMs = 4_000

const longestScriptMs = 120_000

/**
 * Replays the transcripts of one session: those of several shells that one device talked to. `command` starts a shell, start
 * options follow it.
 */
export async function replaySession(
  transcripts: readonly Transcript[],
  command: readonly string[],
): Promise<Replayed[]> {
  const site = new Site(await Ports.of(transcripts), deviceFacts(transcripts))
  const shells = await Promise.all(transcripts.map(transcript => ReplayedShell.start(transcript, command, site)))
  try {
    return await Promise.all(shells.map(shell => shell.replay()))
  } finally {
    for (const shell of shells) shell.close()
    await site.device?.stop()
  }
}

/** What the shells of a session have in common. */
class Site {
  readonly ports: Ports
  readonly facts: DeviceFacts | undefined
  device: Device | undefined

  constructor(ports: Ports, facts: DeviceFacts | undefined) {
    this.ports = ports
    this.facts = facts
  }

  /** Lets the device do what the recorded one did when a shell waited for it: come, or send an Update. */
  visit(server: DeviceServer, received: string): void {
    const bootstraps = received.startsWith('<- Request Bootstrap ')
    if (!bootstraps && !received.startsWith('<- Register ')) this.device?.update()
    // A device that bootstraps finds the servers that it registers with by itself.
    else if (this.facts && this.facts.bootstraps === bootstraps) this.device ??= new Device(this.facts, server)
  }
}

class ReplayedShell {
  readonly #transcript: Transcript
  readonly #site: Site
  readonly #shell: ShellProcess
  /** Has the port that the recorded shell found taken. */
  readonly #squatter: Socket | undefined
  /** Of the device, when the last line was typed. */
  #requestsBefore = 0

  static async start(transcript: Transcript, command: readonly string[], site: Site): Promise<ReplayedShell> {
    const options = site.ports.toType(transcript.options.join(' ')).split(' ').filter(Boolean)
    const squatter = await occupy(transcript, site.ports)
    const shell = new ShellProcess([...command, ...options])
    // Several shells of a session have to be there before the device comes.
    await shell.prints(/\$ $|waiting for a client/)
    return new ReplayedShell(transcript, site, shell, squatter)
  }

  private constructor(transcript: Transcript, site: Site, shell: ShellProcess, squatter: Socket | undefined) {
    this.#transcript = transcript
    this.#site = site
    this.#shell = shell
    this.#squatter = squatter
  }

  async replay(): Promise<Replayed> {
    const { isScript, opening, options, steps: recorded } = this.#transcript
    await this.#visitIfWaiting(options.join(' '), opening)
    if (isScript) return await this.#replayScript()
    const steps: { prompt: string; output: string[] }[] = []
    let isAsked = await this.#shell.prompts()
    let { text, prompt } = this.#takeAnswer()
    const printed = splitLines(text)
    for (const step of recorded) {
      if (!isAsked) break
      this.#site.ports.learnFrom(step.prompt, prompt)
      const shown = this.#site.ports.asRecorded(prompt)
      await this.#take(step)
      isAsked = await this.#shell.prompts()
      ;({ text, prompt } = this.#takeAnswer())
      steps.push({ prompt: shown, output: splitLines(text) })
    }
    this.#shell.end()
    return { opening: printed, steps, exitCode: await this.#shell.exitCode() }
  }

  close(): void {
    this.#squatter?.close()
  }

  /** Types all lines at once, as from a file. */
  async #replayScript(): Promise<Replayed> {
    const { steps } = this.#transcript
    this.#shell.type(steps.map(({ typed }) => `${this.#site.ports.toType(typed ?? '')}\n`).join(''))
    this.#shell.end()
    const exitCode = await this.#shell.exitCode(longestScriptMs)
    const { opening: printed, answers } = splitAtPrompts(this.#shell.take())
    for (const [at, { prompt }] of answers.entries()) this.#site.ports.learnFrom(steps[at]?.prompt ?? '', prompt)
    const lines = (text: string) => splitLines(this.#site.ports.asRecorded(text))
    return {
      opening: lines(printed),
      steps: answers.map(({ prompt, text }) => ({
        prompt: this.#site.ports.asRecorded(prompt),
        output: lines(text),
      })),
      exitCode,
    }
  }

  /** What was printed up to the prompt, if there is one. */
  #takeAnswer(): { text: string; prompt: string } {
    const output = this.#shell.take()
    const prompt = splitAtPrompts(output).answers.at(-1)?.prompt ?? ''
    return { text: this.#site.ports.asRecorded(output.slice(0, output.length - prompt.length)), prompt }
  }

  /** Does what the driver did for a step. */
  async #take({ typed, event, output }: Step): Promise<void> {
    const { device, ports } = this.#site
    if (event?.kind === 'device') device?.command(event.command)
    // A device that leaves was told to, also where the driver did not note it.
    const leaves = typed === '' && output.some(line => line.startsWith('<- De-register '))
    if (leaves || event?.kind === 'device stopped') void device?.stop()
    if (device) await this.#pause(device, typed === '' && output.some(line => line.startsWith('<- ')))
    this.#requestsBefore = device?.requests ?? 0
    if (typed === undefined) return this.#shell.end()
    this.#shell.type(`${ports.toType(typed)}\n`)
    if (event?.kind !== 'interrupt') await this.#visitIfWaiting(typed, output)
    else if (await this.#shell.prints(waiting)) this.#shell.interrupt()
  }

  /** `awaits`: what an empty line is to show has to be there before. */
  async #pause(device: Device, awaits: boolean): Promise<void> {
    if (awaits) await device.hasSent(this.#requestsBefore, longestSilenceMs)
    await delay(pauseMs)
  }

  /** Lets the device come where the recorded shell waited for it. `line` says how it was secured. */
  async #visitIfWaiting(line: string, output: readonly string[]): Promise<void> {
    const port = output.map(text => waiting.exec(text)?.[1]).find(Boolean)
    const received = output.find(text => text.startsWith('<- '))
    if (port === undefined || received === undefined || !(await this.#shell.prints(waiting))) return
    const identity = /(?:--psk-identity |-i |psk_identity=)(\S+)/.exec(line)?.[1]
    const key = /(?:--psk-key |-k |psk_key=)(\S+)/.exec(line)?.[1]
    const psk = identity === undefined || key === undefined ? undefined : { identity, key }
    this.#site.visit({ port: this.#site.ports.used(Number(port)), psk }, received)
  }
}

/** Takes the port that the recorded shell could not have. */
async function occupy({ opening }: Transcript, ports: Ports): Promise<Socket | undefined> {
  const port = opening.map(line => /^could not listen on port (\d+)/.exec(line)?.[1]).find(Boolean)
  if (port === undefined) return undefined
  const socket = createSocket('udp4').bind(ports.used(Number(port)))
  await once(socket, 'listening')
  return socket
}
