import { firstValueFrom, type ObservableInput, Subject } from 'rxjs'
import { expect, expectTypeOf, test } from 'vitest'
import type { Lwm2mClient } from '../../client/client.ts'
import type { SendOptions } from '../../client/send.ts'
import { type Sender, sendTo } from '../../streams/send.ts'
import { marbles } from '../helpers/marbles.ts'

const paths = ['/3303/0/5700']
const results = { s: { sent: true }, f: { sent: false, error: 'error' } } as const

/** Takes one of `sendings` for each Send. */
function sending(...sendings: ObservableInput<unknown>[]): Sender<unknown> {
  return { send: () => sendings.shift() ?? Promise.reject(new Error('a Send too many')) }
}

test('a Send for each emission but those that come while one is under way; a failed one does not end it', () => {
  marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
    const source = hot('  --x-x-x--x-|')
    const first = cold('    ---(d|)')
    const second = cold('       --#')
    const third = cold('           -(d|)')
    const sent = source.pipe(sendTo(sending(first, second, third), paths))
    expectObservable(sent).toBe('-----s--f-s|', results)
    expectSubscriptions(source.subscriptions).toBe('^----------!')
    expectSubscriptions(first.subscriptions).toBe(' --^--!')
    expectSubscriptions(second.subscriptions).toBe('------^-!')
    expectSubscriptions(third.subscriptions).toBe(' ---------^!')
  })
})

test('the end of the source waits for the Send under way', () => {
  marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
    const source = hot('-x|')
    const only = cold('  ---(d|)')
    expectObservable(source.pipe(sendTo(sending(only), paths))).toBe('----(s|)', results)
    expectSubscriptions(source.subscriptions).toBe('^-!')
  })
})

test('unsubscribing ends it', () => {
  marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
    const source = hot('-x-----x')
    const only = cold('  -----(d|)')
    expectObservable(source.pipe(sendTo(sending(only), paths)), '^--!').toBe('----')
    expectSubscriptions(source.subscriptions).toBe('^--!')
    expectSubscriptions(only.subscriptions).toBe('-^-!')
  })
})

test('an error of the source is one of the pipeline', () => {
  marbles(({ hot, expectObservable }) => {
    expectObservable(hot('--#').pipe(sendTo(sending(), paths))).toBe('--#')
  })
})

test('what is passed on is told by promises, also by a `send` that throws', async () => {
  const asked: unknown[] = []
  const failure = new Error('no')
  const sender = {
    send: (...args: unknown[]) => {
      asked.push(args)
      if (asked.length === 2) throw failure
      return Promise.resolve()
    },
  }
  const ticks = new Subject<void>()
  const next = () => {
    const result = firstValueFrom(ticks.pipe(sendTo(sender, paths, { server: 1 })))
    ticks.next()
    return result
  }
  expect([await next(), await next(), await next()]).toEqual([
    { sent: true },
    { sent: false, error: failure },
    { sent: true },
  ])
  const once = [paths, { server: 1 }]
  expect(asked).toEqual([once, once, once])
})

test('a client is a sender', () => {
  expectTypeOf<Lwm2mClient>().toExtend<Sender<SendOptions>>()
})
