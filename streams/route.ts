import { Observable, Subscriber, type Subscription, type Unsubscribable } from 'rxjs'
import type { Path } from '../objects/path.ts'
import type { Change } from '../objects/store.ts'

type Observer = Subscriber<readonly Change[]>

/** One place of the object tree that is observed, or lies above one that is. */
class PathNode {
  readonly #parent: PathNode | undefined
  readonly #id: number
  /** Most places lead to one other: a Map comes with the second. */
  #children: PathNode | Map<number, PathNode> | undefined
  #observers: Observer | readonly Observer[] | undefined

  constructor(parent?: PathNode, id = 0) {
    this.#parent = parent
    this.#id = id
  }

  /** Nodes below this one. */
  get size(): number {
    let size = 0
    this.#forEachChild(child => {
      size += 1 + child.size
    })
    return size
  }

  child(id: number): PathNode | undefined {
    const children = this.#children
    if (children instanceof Map) return children.get(id)
    return children !== undefined && children.#id === id ? children : undefined
  }

  grow(id: number): PathNode {
    const known = this.child(id)
    if (known !== undefined) return known
    const child = new PathNode(this, id)
    const children = this.#children
    if (children === undefined) this.#children = child
    else if (children instanceof Map) children.set(id, child)
    else {
      this.#children = new Map([
        [children.#id, children],
        [id, child],
      ])
    }
    return child
  }

  add(observer: Observer): void {
    const observers = this.#observers
    if (observers === undefined) this.#observers = observer
    else this.#observers = observers instanceof Subscriber ? [observers, observer] : [...observers, observer]
  }

  remove(observer: Observer): void {
    const observers = this.#observers
    if (observers === observer) this.#observers = undefined
    else if (observers !== undefined && !(observers instanceof Subscriber)) {
      const others = observers.filter(other => other !== observer)
      this.#observers = others.length === 0 ? undefined : others
    }
    this.#prune()
  }

  /** The observers at this node. */
  forEach(visit: (observer: Observer) => void): void {
    const observers = this.#observers
    if (observers instanceof Subscriber) visit(observers)
    else observers?.forEach(visit)
  }

  /** The observers at this node and below it. */
  forEachCovered(visit: (observer: Observer) => void): void {
    this.forEach(visit)
    this.#forEachChild(child => {
      child.forEachCovered(visit)
    })
  }

  #forEachChild(visit: (child: PathNode) => void): void {
    const children = this.#children
    if (children instanceof Map) children.forEach(visit)
    else if (children !== undefined) visit(children)
  }

  /** Leaves the trie once nothing is observed here or below, and takes along each node above that only led here. */
  #prune(): void {
    if (this.#observers !== undefined || this.#children !== undefined || this.#parent === undefined) return
    this.#parent.#drop(this)
  }

  #drop(child: PathNode): void {
    const children = this.#children
    if (children === child) this.#children = undefined
    else if (children instanceof Map) {
      // One that left already may have been followed by another.
      if (children.get(child.#id) === child) children.delete(child.#id)
      if (children.size === 0) this.#children = undefined
    }
    this.#prune()
  }
}

/** An observer at its places; a class of its own because closures would take more of the memory of an observation. */
class Watch implements Unsubscribable {
  readonly #onEnd: () => void
  readonly #places: PathNode | readonly PathNode[]
  readonly #observer: Observer

  constructor(onEnd: () => void, places: PathNode | readonly PathNode[], observer: Observer) {
    this.#onEnd = onEnd
    this.#places = places
    this.#observer = observer
    this.#forEachPlace(place => place.add(observer))
  }

  unsubscribe(): void {
    this.#forEachPlace(place => place.remove(this.#observer))
    this.#onEnd()
  }

  #forEachPlace(visit: (place: PathNode) => void): void {
    const places = this.#places
    if (places instanceof PathNode) visit(places)
    else places.forEach(visit)
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
    return new Observable(observer => this.#watch(this.#grow(path), observer))
  }

  /** Once per batch, those of its changes that concern any of the paths, each once. */
  changesOfAny(paths: readonly Path[]): Observable<readonly Change[]> {
    return new Observable(observer =>
      this.#watch(
        paths.map(path => this.#grow(path)),
        observer,
      ),
    )
  }

  readonly #left = (): void => {
    if (--this.#observers === 0) this.#source?.unsubscribe()
  }

  #watch(places: PathNode | readonly PathNode[], observer: Observer): Unsubscribable {
    const watch = new Watch(this.#left, places, observer)
    this.#observers++
    if (this.#source === undefined || this.#source.closed) this.#connect()
    return watch
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
