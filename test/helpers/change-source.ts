import type { Change } from '../../objects/store.ts'
import type { ChangeSource } from '../../streams/changes.ts'

/** A store reduced to its announcements. */
export class FakeChangeSource implements ChangeSource {
  readonly #listeners = new Set<(changes: readonly Change[]) => void>()

  get listeners(): number {
    return this.#listeners.size
  }

  onChanges(listener: (changes: readonly Change[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** One transaction that wrote the values at `paths`. */
  write(...paths: readonly (readonly number[])[]): void {
    this.announce(paths.map(path => ({ path, kind: 'value' })))
  }

  announce(changes: readonly Change[]): void {
    for (const listener of this.#listeners) listener(changes)
  }
}
