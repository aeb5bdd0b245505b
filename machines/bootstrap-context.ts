import type { Cause } from './events.ts'
import { countFailure, type RetryOptions } from './retry.ts'

/** A Bootstrap-Server Account as the machines need it. JSON data. */
export interface BootstrapAccountInput {
  /** Its Security Object instance, which tells it from others. */
  readonly securityInstanceId: number
  /** How long the server may begin on its own before the client asks it to, in seconds (/0/x/11). */
  readonly holdOffSeconds: number
}

/** A Bootstrap-Server Account is to be purged some time after it was used (/0/x/12). */
export interface Expiry {
  readonly securityInstanceId: number
  readonly atMs: number
}

export interface BootstrapInput {
  /** At least one; tried in this order. */
  readonly accounts: readonly [BootstrapAccountInput, ...BootstrapAccountInput[]]
  /** Waits between rounds, in each of which every account is tried once. */
  readonly retry?: RetryOptions
  /** Whether to ask for a Bootstrap-Pack first (LwM2M Core 1.2.2 §6.1.7.7). */
  readonly pack?: boolean
  /** Bootstraps in a row that brought no registration: another one waits as long as after so many failures. Default 0. */
  readonly inVain?: number
  readonly expiry?: Expiry
}

/** What a bootstrap is told by the client: the network has changed, what waits or is under way begins anew. */
export type BootstrapCommand = { readonly type: 'reconnect' }

/** What a bootstrap comes to. */
export type BootstrapOutput = { readonly type: 'finished' } | { readonly type: 'failed'; readonly cause: Cause }

/** Ten rounds take about half an hour. */
export const defaultBootstrapRetry: RetryOptions = {
  initialDelaySeconds: 2,
  maximumDelaySeconds: 600,
  spread: 0.5,
  attempts: 10,
}

/** The memory of a bootstrap: JSON data without secrets. */
export interface BootstrapContext {
  /** The accounts in the order in which they are tried in this round; the first is being tried. */
  readonly accounts: readonly [BootstrapAccountInput, ...BootstrapAccountInput[]]
  /** How many of them have failed in this round. */
  readonly failedInRound: number
  readonly retry: RetryOptions
  readonly pack: boolean
  readonly inVain: number
  /** Rounds without success. */
  readonly failedAttempts: number
  readonly cause: Cause | undefined
  readonly retryAtMs: number | undefined
  /** A Bootstrap-Finish was accepted. */
  readonly succeeded: boolean
}

export function initialBootstrapContext({ accounts, retry, pack, inVain }: BootstrapInput): BootstrapContext {
  return {
    accounts,
    failedInRound: 0,
    retry: retry ?? defaultBootstrapRetry,
    pack: pack ?? false,
    inVain: inVain ?? 0,
    failedAttempts: 0,
    cause: undefined,
    retryAtMs: undefined,
    succeeded: false,
  }
}

/** The account that failed goes to the end, so that the next one has its turn whatever happened before. */
export function recordBootstrapFailure(context: BootstrapContext, cause: Cause): Partial<BootstrapContext> {
  const [failed, ...others] = context.accounts
  const [next, ...rest] = others
  const failedInRound = context.failedInRound + 1
  const roundIsOver = failedInRound >= context.accounts.length
  return {
    cause,
    accounts: next === undefined ? [failed] : [next, ...rest, failed],
    failedInRound: roundIsOver ? 0 : failedInRound,
    failedAttempts: roundIsOver ? countFailure(context.failedAttempts) : context.failedAttempts,
  }
}
