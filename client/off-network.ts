import type { SnapshotFrom } from 'xstate'
import type { client } from './actors.ts'

/** Whether a client has no business on the network. */
export function isOffNetwork(snapshot: SnapshotFrom<typeof client>): boolean {
  const isDown = snapshot.matches('stopped') || snapshot.matches('stopping') || snapshot.matches('suspended')
  return isDown || snapshot.context.offline
}
