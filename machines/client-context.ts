import type { AccountCommand, AccountInput, AccountReport, Disabled } from './account-context.ts'
import type { BootstrapInput } from './bootstrap-context.ts'
import type { BootstrapResult } from './effects.ts'

/** What a client works with from `start` on. */
export interface ClientInput {
  /** Of accounts with the same Short Server ID, which there should not be, the last counts. */
  readonly accounts: readonly AccountInput[]
  /** How to bootstrap; absent: there is no Bootstrap-Server Account. */
  readonly bootstrap?: BootstrapInput
  /** Bootstrap whatever accounts there are, where that is possible. */
  readonly bootstrapFirst?: boolean
  /** Start again by itself this many seconds, 1 at least, after a fatal event; absent: never. */
  readonly restartAfterSeconds?: number
}

/** The memory of a client: JSON data without secrets. */
export interface ClientContext {
  /** Each with another Short Server ID, in the order in which they register. Those that do not run wait for their turn. */
  readonly accounts: readonly AccountInput[]
  readonly bootstrap: BootstrapInput | undefined
  readonly restartAfterSeconds: number | undefined
  /** The application keeps the client off the network, also beyond `stop` and `start`. */
  readonly offline: boolean
  /** A bootstrap was asked for and has not ended yet. */
  readonly bootstrapDue: boolean
  /** Bootstraps since the start or the last registration. */
  readonly bootstrapsInVain: number
  /** The account with a priority whose registration the next one waits for. */
  readonly pending: number | undefined
  /** The Short Server IDs of the accounts that run. */
  readonly running: readonly number[]
  /** Those of them that have given up. */
  readonly exhausted: readonly number[]
  /** A start that came while the client was stopping. */
  readonly next: ClientInput | undefined
}

/** What a client is told. Without `shortServerId` every account is meant. */
export type ClientCommand =
  | ({ readonly type: 'start' } & ClientInput)
  | { readonly type: 'stop' }
  | { readonly type: 'suspend' }
  | { readonly type: 'resume' }
  | { readonly type: 'offline.enter' }
  | { readonly type: 'offline.exit' }
  | { readonly type: 'reconnect'; readonly shortServerId?: number }
  | { readonly type: 'bootstrap.requested' }
  | { readonly type: 'update.requested'; readonly shortServerId?: number }
  | { readonly type: 'instances.changed' }
  | { readonly type: 'lifetime.changed'; readonly shortServerId: number; readonly lifetimeSeconds: number }
  | { readonly type: 'binding.changed'; readonly shortServerId: number; readonly binding: string }
  | { readonly type: 'transmission.waiting'; readonly shortServerId: number }
  | ({ readonly type: 'disable'; readonly shortServerId: number } & Disabled)
  | { readonly type: 'enable'; readonly shortServerId: number }
  /** Accounts came or went while the client runs. */
  | { readonly type: 'accounts.changed'; readonly accounts: readonly AccountInput[] }

/** A command for one account, or for all that run. */
export interface Telling {
  readonly command: AccountCommand
  readonly shortServerId?: number | undefined
}

export const initialClientContext: ClientContext = {
  accounts: [],
  bootstrap: undefined,
  restartAfterSeconds: undefined,
  offline: false,
  bootstrapDue: false,
  bootstrapsInVain: 0,
  pending: undefined,
  running: [],
  exhausted: [],
  next: undefined,
}

/** The id of the actor of an account below the client's actor. */
export function accountId(shortServerId: number): `account-${number}` {
  return `account-${shortServerId}`
}

/** First all without a priority, then by ascending priority (LwM2M Core 1.2.2 §6.2.1.2). */
export function inOrder(accounts: readonly AccountInput[]): AccountInput[] {
  const byId = new Map(accounts.map(account => [account.shortServerId, account]))
  return [...byId.values()].sort((a, b) => (a.priority ?? -1) - (b.priority ?? -1))
}

export function isWaiting({ accounts, running }: ClientContext, id: number): boolean {
  return !running.includes(id) && accounts.some(({ shortServerId }) => shortServerId === id)
}

/** Whose turn it is: all without a priority, and the first with one unless another is pending. */
export function nextInTurn({ accounts, running, pending }: ClientContext): AccountInput[] {
  const waiting = accounts.filter(({ shortServerId }) => !running.includes(shortServerId))
  const free = waiting.filter(({ priority }) => priority === undefined)
  const first = pending === undefined ? waiting.find(({ priority }) => priority !== undefined) : undefined
  return first === undefined ? free : [...free, first]
}

/** Whether what an account reports lets the next in the order of priority begin. */
export function endsTurn({ accounts, pending }: ClientContext, { type, shortServerId }: AccountReport): boolean {
  if (pending !== shortServerId) return false
  const account = accounts.find(one => one.shortServerId === shortServerId)
  return type === 'account.registered' || account?.failureBlock !== true
}

/** Whether an account that has given up lets the client bootstrap. */
export function mayBootstrapFor({ accounts, bootstrap }: ClientContext, shortServerId: number): boolean {
  const account = accounts.find(one => one.shortServerId === shortServerId)
  return bootstrap !== undefined && account?.bootstrapOnFailure !== false
}

/** The accounts with something changed in one of them. */
export function withChange(
  accounts: readonly AccountInput[],
  shortServerId: number,
  change: (account: AccountInput) => AccountInput,
): AccountInput[] {
  return accounts.map(account => (account.shortServerId === shortServerId ? change(account) : account))
}

/** The new accounts; one that was disabled before its turn came stays so. */
export function replaceAccounts(before: readonly AccountInput[], accounts: readonly AccountInput[]): AccountInput[] {
  const disabled = new Map(before.map(account => [account.shortServerId, account.disabled]))
  return inOrder(accounts).map(account => ({ disabled: disabled.get(account.shortServerId), ...account }))
}

export function enabled(account: AccountInput): AccountInput {
  const { saved } = account
  return { ...account, disabled: undefined, ...(saved && { saved: { ...saved, disabled: undefined } }) }
}

/** The bootstrap with these accounts; undefined when there are none. */
export function bootstrapWith(
  { bootstrap }: Pick<ClientContext, 'bootstrap'>,
  { bootstrapAccounts: [first, ...rest], expiry }: Omit<BootstrapResult, 'accounts'>,
): BootstrapInput | undefined {
  if (first === undefined) return undefined
  const { retry, pack } = bootstrap ?? {}
  return {
    accounts: [first, ...rest],
    ...(retry && { retry }),
    ...(pack === undefined ? {} : { pack }),
    ...(expiry && { expiry }),
  }
}

/** The bootstrap without the account whose time is over. */
export function withoutExpired({ bootstrap }: Pick<ClientContext, 'bootstrap'>): BootstrapInput | undefined {
  const bootstrapAccounts = (bootstrap?.accounts ?? []).filter(
    ({ securityInstanceId }) => securityInstanceId !== bootstrap?.expiry?.securityInstanceId,
  )
  return bootstrapWith({ bootstrap }, { bootstrapAccounts })
}
