import { effect, type System } from '../machines/effects.ts'
import { type SoftwareName, softwareResult } from '../machines/software-context.ts'
import type { InstallInput, SoftwareOutcome, UninstallInput } from '../machines/software-effects.ts'
import { softwareManagementMachine } from '../machines/software-management.machine.ts'
import type { PackageError, PackageErrorCode } from './package-error.ts'
import { asPackageError } from './package-failure.ts'

/** What the statechart of one instance works with; never part of its context. */
export interface SoftwarePorts {
  /** A push is over for the statechart: what is still to come of it is refused. */
  endPush(): void
  pull(signal: AbortSignal): Promise<unknown>
  verify(signal: AbortSignal): Promise<SoftwareName>
  install(input: InstallInput, signal: AbortSignal): Promise<unknown>
  uninstall(input: UninstallInput, signal: AbortSignal): Promise<unknown>
  activate(signal: AbortSignal): Promise<unknown>
  deactivate(signal: AbortSignal): Promise<unknown>
  /** Told of each failure before the statechart is. */
  fail(error: PackageError): void
}

/** Each instance has an actor system of its own, by which the effects, made once a process, find its ports. */
const portsOfSystem = new WeakMap<System, SoftwarePorts>()

export function attachSoftwarePorts(system: System, ports: SoftwarePorts): void {
  portsOfSystem.set(system, ports)
}

function portsOf(system: System): SoftwarePorts {
  const ports = portsOfSystem.get(system)
  if (ports === undefined) throw new Error('the actor system has no software')
  return ports
}

/** Update Result for each cause of a package that does not come (/9/x/9); there is none for a protocol alone. */
const results: Readonly<Record<PackageErrorCode, number>> = {
  NOT_ENOUGH_STORAGE: softwareResult.notEnoughStorage,
  OUT_OF_MEMORY: softwareResult.outOfMemory,
  CONNECTION_LOST: softwareResult.connectionLost,
  INTEGRITY_FAILED: softwareResult.integrityFailed,
  UNSUPPORTED_PACKAGE: softwareResult.unsupportedPackage,
  INVALID_URI: softwareResult.invalidUri,
  UNSUPPORTED_PROTOCOL: softwareResult.invalidUri,
  UPDATE_FAILED: softwareResult.deviceError,
  CANCELLED: softwareResult.initial,
  DEFERRED: softwareResult.deviceError,
}

export function softwareResultOf({ code }: PackageError): number {
  return results[code]
}

/** Runs until its state is left; what comes after that is nobody's. */
function task<TInput, TValue>(
  run: (ports: SoftwarePorts, input: TInput, signal: AbortSignal) => Promise<TValue>,
  finished: (value: TValue) => SoftwareOutcome,
  failed: (result: number) => SoftwareOutcome,
  /** Of what was thrown without one. */
  code: PackageErrorCode,
) {
  return effect<TInput, SoftwareOutcome>((input, report, system) => {
    const ports = portsOf(system)
    const ending = new AbortController()
    const { signal } = ending
    const settle = (outcome: () => SoftwareOutcome) => {
      if (!signal.aborted) report(outcome())
    }
    // What the application throws at once is a rejection, too.
    void Promise.resolve()
      .then(() => run(ports, input, signal))
      .then(
        value => settle(() => finished(value)),
        (thrown: unknown) =>
          settle(() => {
            const error = asPackageError(thrown, code)
            ports.fail(error)
            return failed(softwareResultOf(error))
          }),
      )
    return () => ending.abort()
  })
}

/** The chart of Software Management with its effects: provided once a process. */
export const software = softwareManagementMachine.provide({
  actors: {
    push: effect((_input, _report, system) => () => portsOf(system).endPush()),
    pull: task(
      (ports, _input, signal) => ports.pull(signal),
      () => ({ type: 'pull.finished' }),
      result => ({ type: 'pull.failed', result }),
      'CONNECTION_LOST',
    ),
    verify: task(
      (ports, _input, signal) => ports.verify(signal),
      name => ({ type: 'verify.passed', ...name }),
      result => ({ type: 'verify.failed', result }),
      'INTEGRITY_FAILED',
    ),
    install: task(
      (ports, input, signal) => ports.install(input, signal),
      () => ({ type: 'install.finished' }),
      () => ({ type: 'install.failed' }),
      'UPDATE_FAILED',
    ),
    uninstall: task(
      (ports, input, signal) => ports.uninstall(input, signal),
      () => ({ type: 'uninstall.finished' }),
      () => ({ type: 'uninstall.failed' }),
      'UPDATE_FAILED',
    ),
    activate: task(
      (ports, _input, signal) => ports.activate(signal),
      () => ({ type: 'activate.finished' }),
      () => ({ type: 'activate.failed' }),
      'UPDATE_FAILED',
    ),
    deactivate: task(
      (ports, _input, signal) => ports.deactivate(signal),
      () => ({ type: 'deactivate.finished' }),
      () => ({ type: 'deactivate.failed' }),
      'UPDATE_FAILED',
    ),
  },
})
