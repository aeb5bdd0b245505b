import type { SnapshotFrom } from 'xstate'
import type { AccountContext } from '../machines/account-context.ts'
import { accountId } from '../machines/client-context.ts'
import type { client } from './actors.ts'
import type { ReportingStatus } from './reporting-status.ts'
import type { ServerConnection } from './server-connection.ts'

/** A server of a client, as it is at the moment. */
export interface ServerStatus extends ReportingStatus {
  readonly shortServerId: number
  readonly uri: string
  /** The state of its statechart, such as `connecting`, `registering`, `registered`, `asleep`, `retrying`; `idle`: it does not run. */
  readonly state: string
  /** The segments of the path where it keeps the registration; empty while there is none. */
  readonly location: readonly string[]
  /** When its lifetime ends, milliseconds since 1970; undefined = never, or there is none. */
  readonly registeredUntilMs: number | undefined
}

/** What is known of a server. */
export function serverStatus(
  { account: { shortServerId, uri }, reporting }: ServerConnection,
  snapshot: SnapshotFrom<typeof client>,
): ServerStatus {
  const child = snapshot.children[accountId(shortServerId)]?.getSnapshot() as AccountSnapshot | undefined
  const { location = [], registeredUntilMs } = child?.context ?? {}
  const state = child === undefined ? 'idle' : stateName(child.value)
  return { shortServerId, uri, state, location, registeredUntilMs, ...reporting.status }
}

interface AccountSnapshot {
  readonly value: StateValue
  readonly context: AccountContext
}

type StateValue = string | { readonly [name: string]: StateValue | undefined }

/** The state that says most: within `online` how far it is. */
function stateName(value: StateValue): string {
  if (typeof value === 'string') return value
  const [name = '', below = ''] = Object.entries(value)[0] ?? []
  return name === 'online' ? stateName(below) : name
}
