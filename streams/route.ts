import { Observable, type Subscriber, type Subscription } from 'rxjs'
import type { Path } from '../objects/path.ts'
import type { Change } from '../objects/store.ts'

type Observer = Subscriber<readonly Change[]>

/** One place of the object tree that is observed, or lies above one that is. */
class PathNode {
  readonly #parent: PathNode | undefined
  readonly #id: number
  #children: Map<number, PathNode> | undefined
  #observers: readonly Observer[] = []

  constructor(parent?: PathNode, id = 0) {
    this.#parent = parent
    this.#id = id
  }

  /** Nodes below this one. */
  get size(): number {
    let size = 0
    this.#children?.forEach(child => {
      size += 1 + child.size
    })
    return size
  }

  child(id: number): PathNode | undefined {
    return this.#children?.get(id)
  }

  grow(id: number): PathNode {
    this.#children ??= new Map()
    let child = this.#children.get(id)
    if (child === undefined) {
      child = new PathNode(this, id)
      this.#children.set(id, child)
    }
    return child
  }

  add(observer: Observer): void {
    this.#observers = [...this.#observers, observer]
  }

  remove(observer: Observer): void {
    this.#observers = this.#observers.filter(other => other !== observer)
    this.#prune()
  }

  /** The observers at this node. */
  forEach(visit: (observer: Observer) => void): void {
    this.#observers.forEach(visit)
  }

  /** The observers at this node and below it. */
  forEachCovered(visit: (observer: Observer) => void): void {
    this.#observers.forEach(visit)
    this.#children?.forEach(child => {
      child.forEachCovered(visit)
    })
  }

  /** Leaves the trie once nothing is observed here or below, and takes along each node above that only led here. */
  #prune(): void {
    if (this.#observers.length > 0 || this.#children !== undefined || this.#parent === undefined) return
    this.#parent.#drop(this.#id)
  }

  #drop(id: number): void {
    this.#children?.delete(id)
    if (this.#children?.size !== 0) return
    this.#children = undefined
    this.#prune()
  }
}

/**
 * Hands each batch of changes to the observers of the paths it touches, so that a write costs what covers it and not
 * what is observed elsewhere. One router a client; it listens to `changes$` only while it has observers.
 */
export class PathRouter {
  readonly #changes$: Observable<readonly Change[]>
  readonly #root = new PathNode()
  #source: Subscription | undefined
  #observers = 0

  constructor(changes$: Observable<readonly Change[]>) {
    this.#changes$ = changes$
  }

  /** How many places of the object tree are watched or lead to a watched one; 0 when nothing below the root is. */
  get size(): number {
    return this.#root.size
  }

  /**
   * Once per batch, those of its changes that concern `path`: every identifier that both paths contain is equal. So
   * /3/0 sees a change of /3/0/9, and /3/0/7/1 sees one reported for /3/0/7 and the deletion of /3/0.
   */
  changesOf(path: Path): Observable<readonly Change[]> {
    return new Observable(observer => this.#watch([path], observer))
  }

  /** Once per batch, those of its changes that concern any of the paths, each once. */
  changesOfAny(paths: readonly Path[]): Observable<readonly Change[]> {
    return new Observable(observer => this.#watch(paths, observer))
  }

  #watch(paths: readonly Path[], observer: Observer): () => void {
    const nodes = paths.map(path => this.#grow(path))
    for (const node of nodes) node.add(observer)
    this.#observers++
    if (this.#source === undefined || this.#source.closed) this.#connect()
    return () => {
      for (const node of nodes) node.remove(observer)
      if (--this.#observers === 0) this.#source?.unsubscribe()
    }
  }

  #grow(path: Path): PathNode {
    let node = this.#root
    for (const id of path) node = node.grow(id)
    return node
  }

  #connect(): void {
    this.#source = this.#changes$.subscribe({
      next: changes => this.#deliver(changes),
      error: (error: unknown) => this.#end(observer => observer.error(error)),
      complete: () => this.#end(observer => observer.complete()),
    })
  }

  /** Sorts the whole batch before anyone hears of it: an observer may write, come or go while it is told. */
  #deliver(changes: readonly Change[]): void {
    const batches = new Map<Observer, Change[]>()
    for (const change of changes) {
      this.#forEachObserver(change.path, observer => {
        const batch = batches.get(observer)
        if (batch === undefined) batches.set(observer, [change])
        // An observer of several places may come by the same change twice.
        else if (batch.at(-1) !== change) batch.push(change)
      })
    }
    for (const [observer, batch] of batches) observer.next(batch)
  }

  #end(finish: (observer: Observer) => void): void {
    this.#source = undefined
    const observers: Observer[] = []
    this.#root.forEachCovered(observer => observers.push(observer))
    observers.forEach(finish)
  }

  #forEachObserver(path: Path, visit: (observer: Observer) => void): void {
    let node = this.#root
    for (const id of path) {
      node.forEach(visit)
      const child = node.child(id)
      if (child === undefined) return
      node = child
    }
    node.forEachCovered(visit)
  }
}
