import type { device } from '../../objects/definitions/device.ts'
import { ValueError } from '../../objects/errors.ts'
import type { LivingInstance } from './living-instance.ts'
import { indexed } from './replace-values.ts'

/** No error: the only resource instance, with the id 0, says so while there is none. */
const noError = { 0: 0 }
/** Those above 15 mean what the device wants them to. */
const highestErrorCode = 32

/** The errors that a device has at the moment (Error Code, LwM2M Core 1.2.2 §E.4, 11): each code once, so 32 at most. */
export class DeviceErrors {
  readonly #instance: LivingInstance<typeof device>['instance']

  constructor(instance: LivingInstance<typeof device>['instance']) {
    this.#instance = instance
  }

  /** In the order of their resource instances. */
  get codes(): number[] {
    return Object.values(this.#stored).filter(code => code !== 0)
  }

  /** Throws ValueError for a code that is not 1–32, or that the version of the object does not have. */
  add(code: number): void {
    checkErrorCode(code)
    const { codes } = this
    if (codes.includes(code)) return
    const errors = codes.length === 0 ? {} : this.#stored
    this.#instance.set({ errorCode: { ...errors, [lowestFree(errors)]: code } })
  }

  /** Does nothing for an error that the device does not have. */
  remove(code: number): void {
    if (!this.codes.includes(code)) return
    const left = Object.entries(this.#stored).filter(([, one]) => one !== code)
    this.#instance.set({ errorCode: left.length === 0 ? noError : Object.fromEntries(left) })
  }

  /** Puts others in the place of all: those that there are now. Throws like {@link add}, and changes nothing then. */
  reset(codes: Iterable<number>): void {
    const errors = [...new Set(codes)]
    errors.forEach(checkErrorCode)
    this.#instance.set({ errorCode: errors.length === 0 ? noError : indexed(errors) })
  }

  get #stored(): Readonly<Record<number, number>> {
    return (this.#instance.get('errorCode') ?? {}) as Readonly<Record<number, number>>
  }
}

function checkErrorCode(code: number): void {
  if (Number.isInteger(code) && code >= 1 && code <= highestErrorCode) return
  throw new ValueError(`an error code is 1 to ${highestErrorCode}`)
}

function lowestFree(errors: Readonly<Record<number, number>>): number {
  let id = 0
  while (Object.hasOwn(errors, id)) id++
  return id
}
