import { BehaviorSubject, type Observable } from 'rxjs'
import { timer as definition } from '../../objects/definitions/timer.ts'
import { OperationError } from '../../objects/errors.ts'
import type { Timer as ClockTimer } from '../../transport/clock.ts'
import type { Lwm2mClient } from '../client.ts'
import { resetByZero } from './counters.ts'
import { checkRested, isDuration } from './durations.ts'
import { type Behaviour, type BehaviourOptions, LivingInstance } from './living-instance.ts'
import { Stopwatch } from './stopwatch.ts'

type Definition = typeof definition

export interface Timer extends Behaviour<Definition> {
  /** The output (5543) now and each change of it. Completes with the behaviour, off. */
  readonly output$: Observable<boolean>
  /** As an Execute of Trigger (5523). Throws OperationError METHOD_NOT_ALLOWED. */
  trigger(): void
}

/** The patterns of Timer Mode (5526). */
const Mode = { disabled: 0, oneShot: 1, interval: 2, delayOnPickUp: 3, delayOnDropOut: 4 } as const

/**
 * Timer (3340): an input, On/Off (5850), and an output, Digital State (5543), with Delay Duration (5521) between them. The
 * input going on, or a Trigger while it is on, begins a cycle, by the mode (5526):
 *
 * * 1 one-shot, 2 interval: the output is on for the delay; the input going off ends it early.
 * * 3 delay on pick-up: the output goes on after the delay, and off with the input.
 * * 4 delay on drop-out: the output goes on at once, and off a delay after the input.
 * * 0 disabled: the output follows the input.
 *
 * A Trigger is 4.05 in mode 0, while the input is off and while a cycle is under way; so is a Trigger, and a Write that
 * turns the input on, within Minimum Off-time (5525) of the output going off. Remaining Time (5538) is that of the delay,
 * Cumulative Time (5544) that of the output, Counter (5534) counts how often it went on; a Write of 0 resets these two.
 */
export function timer(client: Lwm2mClient, options: BehaviourOptions<Definition> = {}): Timer {
  return new Cycles(
    new LivingInstance(client, definition, options, {
      delayDuration: 5,
      minimumOffTime: 0,
      onOff: true,
      counter: 0,
      digitalState: false,
      timerMode: Mode.oneShot,
    }),
  )
}

class Cycles implements Timer {
  readonly instance: LivingInstance<Definition>['instance']
  readonly output$: Observable<boolean>
  readonly #living: LivingInstance<Definition>
  readonly #output = new BehaviorSubject(false)
  readonly #onTime: Stopwatch
  /** What has been acted upon. */
  #input: boolean
  #mode: number
  /** Of the delay under way. */
  #delay: { readonly timer: ClockTimer; readonly endMs: number } | undefined
  #endedMs = Number.NEGATIVE_INFINITY

  constructor(living: LivingInstance<Definition>) {
    this.#living = living
    this.instance = living.instance
    this.output$ = this.#output.asObservable()
    this.#onTime = new Stopwatch(living.clock)
    this.#input = this.instance.get('onOff') ?? true
    this.#mode = this.#storedMode()
    this.instance.set({ digitalState: false })
    if (this.#mode === Mode.disabled) this.#put(this.#input)
    living.onRead('remainingTime', () => this.#remainingMs / 1000)
    living.onRead('cumulativeTime', () => this.#onTime.seconds)
    living.onWrite('delayDuration', isDuration)
    living.onWrite('minimumOffTime', isDuration)
    living.onWrite('counter', (_path, value) => value === 0)
    living.onWrite('onOff', (_path, on) => {
      if (on === true && !this.#input) this.#checkRested()
      return true
    })
    living.onExecute('trigger', () => this.trigger())
    living.follow(['onOff', 'timerMode'], () => this.#followSettings())
    resetByZero(living, 'cumulativeTime', () => this.#onTime.reset())
    living.add(() => {
      this.#stop()
      this.#output.complete()
    })
  }

  trigger(): void {
    if (this.#living.isOver || this.#mode === Mode.disabled) throw refused('it is disabled')
    if (!this.#input) throw refused('its input is off')
    if (this.#delay !== undefined || this.#output.value) throw refused('a cycle is under way')
    this.#checkRested()
    this.#begin()
  }

  unsubscribe(): void {
    this.#living.unsubscribe()
  }

  get #remainingMs(): number {
    return this.#delay === undefined ? 0 : Math.max(0, this.#delay.endMs - this.#living.clock.now())
  }

  #storedMode(): number {
    return Number(this.instance.get('timerMode') ?? Mode.oneShot)
  }

  #checkRested(): void {
    if (this.#mode === Mode.disabled) return
    checkRested(this.#living.clock.now() - this.#endedMs, this.instance.get('minimumOffTime'))
  }

  #followSettings(): void {
    const mode = this.#storedMode()
    if (!this.#living.isThere || mode !== this.#mode) this.#stop()
    const input = this.instance.get('onOff') ?? true
    const changes = input !== this.#input
    this.#input = input
    this.#mode = mode
    if (!this.#living.isThere) return
    if (mode === Mode.disabled) this.#put(input)
    else if (changes) this.#followInput()
  }

  #followInput(): void {
    if (this.#input) this.#begin()
    else if (this.#mode === Mode.delayOnDropOut && this.#output.value) this.#after(() => this.#put(false))
    else this.#stop()
  }

  #begin(): void {
    this.#cancelDelay()
    if (this.#mode === Mode.delayOnPickUp) return this.#after(() => this.#put(true))
    if (this.#mode !== Mode.delayOnDropOut) this.#after(() => this.#put(false))
    this.#put(true)
  }

  #stop(): void {
    this.#cancelDelay()
    this.#put(false)
  }

  #after(act: () => void): void {
    const { clock } = this.#living
    const delayMs = (this.instance.get('delayDuration') ?? 0) * 1000
    const end = () => {
      this.#delay = undefined
      act()
    }
    this.#delay = { timer: clock.setTimeout(end, delayMs), endMs: clock.now() + delayMs }
  }

  #cancelDelay(): void {
    this.#living.clock.clearTimeout(this.#delay?.timer)
    this.#delay = undefined
  }

  #put(on: boolean): void {
    if (on === this.#output.value) return
    if (on) this.#onTime.start()
    else {
      this.#onTime.stop()
      this.#endedMs = this.#living.clock.now()
    }
    if (this.#living.isThere) {
      const count = Number(this.instance.get('counter') ?? 0)
      this.instance.set({ digitalState: on, counter: on ? count + 1 : count })
    }
    this.#output.next(on)
  }
}

function refused(why: string): OperationError {
  return new OperationError('METHOD_NOT_ALLOWED', `the timer cannot be triggered: ${why}`)
}
