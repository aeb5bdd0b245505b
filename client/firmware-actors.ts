import { effect, type System } from '../machines/effects.ts'
import { type FirmwareResult, firmwareResult } from '../machines/firmware-context.ts'
import type { InstallOutcome, KeepOutcome, PullOutcome, VerifyOutcome } from '../machines/firmware-effects.ts'
import { firmwareUpdateMachine } from '../machines/firmware-update.machine.ts'
import type { Clock } from '../transport/clock.ts'
import type { PackageError, PackageErrorCode } from './package-error.ts'
import { asPackageError } from './package-failure.ts'

/** What the statechart of one firmware update works with; never part of its context. */
export interface FirmwarePorts {
  readonly clock: Clock
  /** A push is over for the statechart: what is still to come of it is refused. */
  endPush(): void
  pull(signal: AbortSignal): Promise<unknown>
  verify(signal: AbortSignal): Promise<unknown>
  /** Resolves when the state of the moment is noted. */
  keep(): Promise<unknown>
  install(signal: AbortSignal): Promise<unknown>
  /** When an update must not be put off any more; undefined: never. */
  deferralEndsMs(deferredAtMs: number): number | undefined
  /** Whether an update may be put off, or put off further. */
  mayDefer(): boolean
  discard(): void
  /** Told of each failure before the statechart is. */
  fail(error: PackageError): void
}

/** Each update has an actor system of its own, by which the effects, made once a process, find its ports. */
const portsOfSystem = new WeakMap<System, FirmwarePorts>()

export function attachFirmwarePorts(system: System, ports: FirmwarePorts): void {
  portsOfSystem.set(system, ports)
}

function portsOf(system: System): FirmwarePorts {
  const ports = portsOfSystem.get(system)
  if (ports === undefined) throw new Error('the actor system has no firmware update')
  return ports
}

/** Update Result for each cause of a failure. */
const results: Readonly<Record<PackageErrorCode, FirmwareResult>> = {
  NOT_ENOUGH_STORAGE: firmwareResult.notEnoughStorage,
  OUT_OF_MEMORY: firmwareResult.outOfMemory,
  CONNECTION_LOST: firmwareResult.connectionLost,
  INTEGRITY_FAILED: firmwareResult.integrityFailed,
  UNSUPPORTED_PACKAGE: firmwareResult.unsupportedPackage,
  INVALID_URI: firmwareResult.invalidUri,
  UPDATE_FAILED: firmwareResult.updateFailed,
  UNSUPPORTED_PROTOCOL: firmwareResult.unsupportedProtocol,
  CANCELLED: firmwareResult.cancelled,
  DEFERRED: firmwareResult.deferred,
}

export function firmwareResultOf({ code }: PackageError): FirmwareResult {
  return results[code]
}

/** Runs until its state is left; what comes after that is nobody's. */
function task<TOutcome extends { readonly type: string }>(
  run: (ports: FirmwarePorts, signal: AbortSignal) => Promise<unknown>,
  finished: TOutcome,
  failed: (error: unknown, ports: FirmwarePorts) => TOutcome,
) {
  return effect<Readonly<Record<string, never>>, TOutcome>((_, report, system) => {
    const ports = portsOf(system)
    const ending = new AbortController()
    const { signal } = ending
    const end = (outcome: () => TOutcome) => {
      if (!signal.aborted) report(outcome())
    }
    // What the application throws at once is a rejection, too.
    void Promise.resolve()
      .then(() => run(ports, signal))
      .then(
        () => end(() => finished),
        (error: unknown) => end(() => failed(error, ports)),
      )
    return () => ending.abort()
  })
}

/** Tells of a failure and returns its result. */
function failure(ports: FirmwarePorts, error: unknown, code: PackageErrorCode): FirmwareResult {
  const known = asPackageError(error, code)
  // Only an update can be put off, and only as long as the server allows.
  const told = known.code === 'DEFERRED' ? asPackageError(known.cause, code) : known
  ports.fail(told)
  return firmwareResultOf(told)
}

/** The chart of a firmware update with its effects: provided once a process. */
export const firmware = firmwareUpdateMachine.provide({
  actors: {
    push: effect((_input, _report, system) => () => portsOf(system).endPush()),
    pull: task<PullOutcome>(
      (ports, signal) => ports.pull(signal),
      { type: 'pull.finished' },
      (error, ports) => ({ type: 'pull.failed', result: failure(ports, error, 'CONNECTION_LOST') }),
    ),
    verify: task<VerifyOutcome>(
      (ports, signal) => ports.verify(signal),
      { type: 'verify.passed' },
      (error, ports) => ({ type: 'verify.failed', result: failure(ports, error, 'INTEGRITY_FAILED') }),
    ),
    keep: task<KeepOutcome>(
      ports => ports.keep(),
      { type: 'keep.done' },
      (error, ports) => {
        failure(ports, error, 'NOT_ENOUGH_STORAGE')
        return { type: 'keep.failed' }
      },
    ),
    install: task<InstallOutcome>(
      (ports, signal) => ports.install(signal),
      { type: 'install.finished' },
      (error, ports) => {
        const { code } = asPackageError(error, 'UPDATE_FAILED')
        if (code === 'DEFERRED' && ports.mayDefer()) return { type: 'install.deferred', atMs: ports.clock.now() }
        return { type: 'install.failed', result: failure(ports, error, 'UPDATE_FAILED') }
      },
    ),
    deferral: effect(({ deferredAtMs }, report, system) => {
      const ports = portsOf(system)
      const { clock } = ports
      const endsMs = ports.deferralEndsMs(deferredAtMs)
      if (endsMs === undefined) return () => {}
      const timer = clock.setTimeout(() => report({ type: 'deferral.over' }), Math.max(0, endsMs - clock.now()))
      return () => clock.clearTimeout(timer)
    }),
  },
  actions: { discard: ({ system }) => portsOf(system).discard() },
})
