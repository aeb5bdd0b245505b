import { type Observable, Subject } from 'rxjs'
import { expect, onTestFinished } from 'vitest'
import { formatPath } from '../../objects/path.ts'
import type { Value } from '../../objects/value.ts'
import { RequestError } from '../../server/errors.ts'
import { endpoint, registeredSite, type SiteOptions } from './site.ts'

export type BehaviourSite = Awaited<ReturnType<typeof behaviourSite>>

/** What a server that is given a path sees of it, and does with it, at a client whose objects live. Leaves no timer behind. */
export async function behaviourSite(options: SiteOptions = {}) {
  const site = await registeredSite(options)
  const { clock, server } = site
  onTestFinished(async () => {
    await site.close()
    expect(clock.pendingTimers).toBe(0)
    expect(site.errors).toEqual([])
  })

  /** With which code the client refuses a request: `4.05`; or `done`. */
  const refusal = async (request: Promise<unknown>) => {
    try {
      await clock.until(request)
      return 'done'
    } catch (error) {
      if (!(error instanceof RequestError) || error.responseCode === undefined) throw error
      return `${error.responseCode >> 5}.${String(error.responseCode & 31).padStart(2, '0')}`
    }
  }
  const startMs = clock.now()
  return {
    ...site,
    refusal,
    seconds: (seconds: number) => clock.advance(seconds * 1000),
    /** The value at a path, or the values below it by the rest of theirs: `{ 5700: 21.5 }`. */
    read: async (path: string): Promise<unknown> => {
      const { values } = await clock.until(server.read(endpoint, path))
      if (values.length === 1 && formatPath(values[0]?.path ?? []) === path) return values[0]?.value
      return Object.fromEntries(
        values.map(({ path: place, value }) => [formatPath(place).slice(path.length + 1), value]),
      )
    },
    write: (path: string, value: Value) => refusal(server.write(endpoint, path, value)),
    /** A Write (update) of an instance, by resource ids. */
    update: (path: string, resources: Readonly<Record<number, Value>>) => {
      const [objectId, instanceId] = path.slice(1).split('/').map(Number) as [number, number]
      const values = Object.entries(resources).map(([id, value]) => ({
        path: [objectId, instanceId, Number(id)],
        value,
      }))
      return refusal(server.write(endpoint, path, values, { mode: 'update' }))
    },
    execute: (path: string) => refusal(server.execute(endpoint, path)),
    delete: (path: string) => refusal(server.delete(endpoint, path)),
    /** What the server is told of a path, each with the seconds since the site began: `3 5700=22`. */
    observe: async (path: string) => {
      const told: string[] = []
      const subscription = server.observe(endpoint, path).subscribe(({ values }) => {
        const texts = values.map(({ path: place, value }) => `${place.slice(2).join('/')}=${JSON.stringify(value)}`)
        told.push(`${Math.floor((clock.now() - startMs) / 1000)} ${texts.join(' ')}`)
      })
      onTestFinished(() => subscription.unsubscribe())
      await clock.advance(500)
      told.length = 0
      return told
    },
    /** What was refused of a source. */
    failures: () => site.clientEvents.flatMap(event => (event.type === 'SINK_FAILURE' ? [event] : [])),
  }
}

/** What a stream has said so far. */
export function listen<T>(stream$: Observable<T>): (T | 'completed')[] {
  const heard: (T | 'completed')[] = []
  stream$.subscribe({ next: value => heard.push(value), complete: () => heard.push('completed') })
  return heard
}

/** A source whose values a test emits. */
export const source = <T>() => new Subject<T>()
