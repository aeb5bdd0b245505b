import { PassThrough, Writable } from 'node:stream'
import type { KeySource, LineReaderOptions, LineSink } from '../../../shell/terminal/line-reader.ts'
import { TerminalReader } from '../../../shell/terminal/terminal-reader.ts'
import { SimulatedClock } from '../../../transport/simulated-clock.ts'
import { Screen } from '../../helpers/screen.ts'

export class Keys extends PassThrough implements KeySource {
  readonly isTTY = true
  isRaw = false

  setRawMode(isRaw: boolean): void {
    this.isRaw = isRaw
  }
}

export class Window extends Writable implements LineSink {
  readonly isTTY = true
  readonly screen: Screen

  constructor(columns: number) {
    super({ decodeStrings: false })
    this.screen = new Screen(columns)
  }

  get columns(): number {
    return this.screen.columns
  }

  override _write(chunk: string, _encoding: string, callback: () => void): void {
    this.screen.write(chunk)
    callback()
  }
}

/** A reader on a terminal of so many columns. */
export function fakeTerminal(columns = 80, options: Partial<LineReaderOptions> = {}) {
  const keys = new Keys()
  const window = new Window(columns)
  const clock = new SimulatedClock()
  const reader = new TerminalReader({ input: keys, output: window, colors: false, clock, ...options })

  /** Types keys; resolves when they have had their effect. */
  async function type(text: string): Promise<void> {
    keys.write(text)
    for (let turn = 0; turn < 5; turn++) await new Promise<void>(resolve => void setImmediate(resolve))
  }

  return { reader, keys, window, screen: window.screen, clock, type }
}
