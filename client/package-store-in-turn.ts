import type { PackageStore } from './package-store.ts'

const turns = new WeakMap<PackageStore, PackageStore>()

/**
 * The same store, whose calls wait for one another: who keeps a package and who notes what is known of it need not know of each
 * other. What could not be added or cleared makes each `append` fail with the same error until a `clear` succeeds: nothing is put
 * where a part is missing, or behind what should be gone. The same for each that asks.
 */
export function inTurn(store: PackageStore): PackageStore {
  let turn = turns.get(store)
  if (turn === undefined) {
    turn = queued(store)
    turns.set(store, turn)
    turns.set(turn, turn)
  }
  return turn
}

function queued(store: PackageStore): PackageStore {
  let last: Promise<unknown> = Promise.resolve()
  const next = (call: () => Promise<void>) => {
    const done = last.then(call)
    last = done.catch(() => undefined)
    return done
  }
  let fault: { readonly error: unknown } | undefined
  const marked = async (change: () => Promise<void>) => {
    try {
      await change()
      fault = undefined
    } catch (error) {
      fault = { error }
      throw error
    }
  }
  return {
    load: () => store.load(),
    note: note => next(() => store.note(note)),
    append: bytes =>
      next(() => {
        if (fault !== undefined) throw fault.error
        return marked(() => store.append(bytes))
      }),
    clear: () => next(() => marked(() => store.clear())),
    async *read() {
      await last
      yield* store.read()
    },
  }
}
