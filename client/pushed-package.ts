import type { ObjectsApi } from '../objects/objects.ts'
import { PackageError } from './package-error.ts'
import { type PackagePushListener, receivePackage } from './package-push.ts'
import type { PackageQueue } from './package-queue.ts'
import type { PackageStore } from './package-store.ts'

export interface PushedPackageOptions {
  readonly objects: ObjectsApi
  /** Of the resource that servers write packages to. */
  readonly path: string
  readonly queue: PackageQueue
  readonly maximumBytes: number
  readonly listener: PackagePushListener
}

/** Packages that servers write, which can be refused in the middle. */
export class PushedPackage {
  readonly #options: PushedPackageOptions
  /** Whether the transfer of the moment has told its end. */
  #over = true
  #stop: () => void

  constructor(options: PushedPackageOptions) {
    this.#options = options
    this.#stop = this.#listen()
  }

  /** Refuses what is still to come of a package. */
  refuse(): void {
    if (this.#over) return
    this.#stop()
    this.#stop = this.#listen()
  }

  /** Takes no more packages. */
  end(): void {
    this.#stop()
  }

  #listen(): () => void {
    const { objects, path, queue, maximumBytes, listener } = this.#options
    let isOpen = true
    /** The listener knows of them: it has made them. */
    const refusals = new WeakSet<object>()
    this.#over = true
    const store: PackageStore = {
      load: () => queue.load(),
      note: note => queue.note(note),
      append: async bytes => {
        if (!isOpen) throw new PackageError('CANCELLED', 'the package is not wanted any more')
        await queue.append(bytes)
      },
      clear: () => queue.clear(),
      read: () => queue.read(),
    }
    const stop = receivePackage(
      objects,
      path,
      store,
      {
        begun: totalBytes => {
          listener.begun(totalBytes)
          queue.totalBytes = totalBytes
          this.#over = false
        },
        received: async bytes => {
          this.#over = true
          try {
            await listener.received(bytes)
          } catch (error) {
            if (error instanceof PackageError) refusals.add(error)
            throw error
          }
        },
        emptied: () => listener.emptied(),
        failed: error => {
          if (!isOpen || refusals.has(error)) return
          this.#over = true
          listener.failed(error)
        },
      },
      { maximumBytes },
    )
    return () => {
      isOpen = false
      stop()
    }
  }
}
