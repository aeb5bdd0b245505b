import type { SavedState } from '../../client/saved-state.ts'

/** A state that tells its number, with a secret of some length. */
export function numberedState(number: number, secretLength = 16): SavedState {
  return {
    fingerprint: 'factory',
    objects: {
      objectIds: [0, 1, 2, 21],
      entries: [
        { path: [0, 0, 0], value: 'coaps://server.example' },
        { path: [0, 0, 5], value: new Uint8Array(secretLength).fill(0x5e) },
        { path: [1, 0, 0], value: 1 },
      ],
    },
    servers: {
      1: {
        location: ['rd', String(number)],
        version: '1.1',
        registeredUntilMs: 1_700_000_000_000 + number,
        told: { lifetimeSeconds: 300, binding: 'U', links: 'ab', others: 'cd' },
        localPort: 40_000,
        session: 'AQID',
        attributes: { '/3/0': { pminSeconds: 5 } },
        observations: [{ token: '0a' }],
      },
    },
  }
}

/** The number of a {@link numberedState}. */
export function numberOf(state: SavedState): number {
  return Number(state.servers[1]?.location[1])
}
