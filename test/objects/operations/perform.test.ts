import { expect, test } from 'vitest'
import { OperationError, ResponseCode } from '../../../objects/errors.ts'
import { ContentFormat } from '../../../objects/formats/format.ts'
import { codeOf, execute, read, setUp, textOf, write, writeJson } from './setting.ts'

test('a Read of an instance holds what is readable, and in SenML CBOR when nothing is asked for', () => {
  const { run } = setUp()
  const outcome = run(read('/32000/0'))
  expect(outcome.contentFormat).toBe(ContentFormat.senmlCbor)
  const asJson = JSON.parse(textOf(run(read('/32000/0', ContentFormat.senmlJson))))
  expect(asJson).toEqual([
    { bn: '/32000/0/', n: '0', v: 10 },
    { n: '2', v: 12 },
    { n: '3', vs: 'text' },
    { n: '4/0', v: 40 },
    { n: '4/2', v: 42 },
  ])
})

test('replace of an instance keeps what is mandatory or not writable and removes what is not named', () => {
  const { store, run } = setUp()
  expect(codeOf(run(writeJson('/32000/0', [{ n: '/32000/0/4/7', v: 47 }])))).toBe('2.04')
  expect(store.entries([32000, 0])).toEqual([
    { path: [32000, 0, 0], value: 10 },
    { path: [32000, 0, 2], value: 12 },
    { path: [32000, 0, 4, 7], value: 47 },
    { path: [32000, 0, 8], value: 18 },
  ])
})

test('update of an instance or a multiple resource keeps what is not named', () => {
  const { store, run } = setUp()
  run(writeJson('/32000/0', [{ n: '/32000/0/4/7', v: 47 }], 'update'))
  run(writeJson('/32000/0/4', [{ n: '/32000/0/4/0', v: 1 }], 'update'))
  expect(store.content([32000, 0, 4])).toEqual(
    new Map([
      [0, 1],
      [2, 42],
      [7, 47],
    ]),
  )
  expect(store.get([32000, 0, 3])).toBe('text')
  run(writeJson('/32000/0/4', [{ n: '/32000/0/4/9', v: 9 }], 'replace'))
  expect(store.content([32000, 0, 4])).toEqual(new Map([[9, 9]]))
})

test('a range binds what is written, not what a read handler measures', () => {
  const { store, run, errors } = setUp()
  store.handlers.add(32000, undefined, 2, { read: () => 101 })
  expect(textOf(run(read('/32000/0/2', ContentFormat.text)))).toBe('101')
  expect(codeOf(run(write('/32000/0/2', '101', ContentFormat.text)))).toBe('4.00')
  store.handlers.add(32000, undefined, 2, { read: () => 'hot' })
  expect([codeOf(run(read('/32000/0/2'))), errors.length]).toEqual(['5.00', 1])
})

test('a Write that fails in its last record changes nothing', () => {
  const { store, run } = setUp()
  store.onChanges(() => expect.unreachable())
  const before = store.entries([])
  for (const mode of ['replace', 'update'] as const) {
    const records = [
      { n: '/32000/0/3', vs: 'new' },
      { n: '/32000/0/2', v: 101 },
    ]
    expect(codeOf(run(writeJson('/32000/0', records, mode)))).toBe('4.00')
    expect(store.entries([])).toEqual(before)
  }
})

test('a Write of the same value is a change', () => {
  const { store, run } = setUp()
  const changes: unknown[] = []
  store.onChanges(batch => changes.push(...batch))
  run(write('/32000/0/2', '12', ContentFormat.text))
  expect(changes).toEqual([{ path: [32000, 0, 2], kind: 'value' }])
})

test('validate judges the whole Write, written hears of it, a throw of either undoes it', () => {
  const { store, run, errors } = setUp()
  const heard: unknown[] = []
  let problem: Error | undefined
  store.handlers.add(32000, undefined, 2, {
    validate: (_path, value) => value !== 13 && store.get([32000, 0, 3]) !== 'bad',
    written: (path, value) => {
      heard.push([path, value])
      if (problem !== undefined) throw problem
    },
  })
  expect(codeOf(run(write('/32000/0/2', '13', ContentFormat.text)))).toBe('4.00')
  const pair = [
    { n: '/32000/0/2', v: 14 },
    { n: '/32000/0/3', vs: 'bad' },
  ]
  expect(codeOf(run(writeJson('/32000/0', pair, 'update')))).toBe('4.00')
  expect(heard).toEqual([])
  problem = new OperationError('SERVICE_UNAVAILABLE', 'busy')
  expect(codeOf(run(write('/32000/0/2', '15', ContentFormat.text)))).toBe('5.03')
  problem = new Error('secret detail')
  const outcome = run(write('/32000/0/2', '16', ContentFormat.text))
  expect([codeOf(outcome), textOf(outcome), errors]).toEqual(['5.00', '', [problem]])
  expect(store.get([32000, 0, 2])).toBe(12)
  problem = undefined
  expect(codeOf(run(write('/32000/0/2', '17', ContentFormat.text)))).toBe('2.04')
  expect(heard.at(-1)).toEqual([[32000, 0, 2], 17])
})

test('a read handler supplies the content, at once or later', async () => {
  const { store, run, later } = setUp()
  store.handlers.add(32000, undefined, 7, { read: () => 70 })
  const remove = store.handlers.add(32000, 0, 4, { read: async () => ({ 1: 41 }) })
  expect(textOf(run(read('/32000/0/7', ContentFormat.text)))).toBe('70')
  expect(textOf(await later(read('/32000/0/4/1', ContentFormat.text)))).toBe('41')
  expect(codeOf(await later(read('/32000/0/4/0')))).toBe('4.04')
  const instance = JSON.parse(textOf(await later(read('/32000', ContentFormat.senmlJson))))
  expect(instance.map(({ n }: { n: string }) => n)).toEqual(['0/0', '0/2', '0/3', '0/4/1', '0/7'])
  remove()
  expect(textOf(run(read('/32000/0/4/0', ContentFormat.text)))).toBe('40')
})

test('what a handler does wrong is 5.00 without a word of it, unless it throws an OperationError', async () => {
  const { store, run, later, errors } = setUp()
  store.handlers.add(32000, undefined, 7, { read: () => 'not a number' })
  expect(codeOf(run(read('/32000/0/7')))).toBe('5.00')
  store.handlers.add(32000, undefined, 7, { read: () => Promise.reject(new Error('hidden')) })
  expect(await later(read('/32000/0'))).toEqual({ responseCode: ResponseCode.internalServerError })
  expect(errors).toHaveLength(2)
  store.handlers.add(32000, undefined, 5, {
    execute: () => Promise.reject(new OperationError('METHOD_NOT_ALLOWED', 'not in this state')),
  })
  const outcome = await later(execute('/32000/0/5'))
  expect([codeOf(outcome), textOf(outcome)]).toEqual(['4.05', 'not in this state'])
})

test('Execute hands path and arguments to the handler', () => {
  const { run, executed } = setUp()
  run(execute('/32000/0/5', "3='a,b=c',4,0='1,2'"))
  const args = [
    [3, 'a,b=c'],
    [4, undefined],
    [0, '1,2'],
  ]
  expect(executed).toEqual([[32000, 0, 5], args])
})

test.each(["0='", '0,', ',0', '0=1', "0=''x", "0='a b'", "0='a\"'", "0='\\'", '0,0', 'a', '10', "0='é'", '0 ,1'])(
  'Execute refuses the arguments %s',
  args => {
    const { run, executed } = setUp()
    expect(codeOf(run(execute('/32000/0/5', args)))).toBe('4.00')
    expect(executed).toEqual([])
  },
)

test('whatever is thrown ends in an outcome', () => {
  const { store, run, errors } = setUp()
  for (const thrown of [undefined, null, 'text', new Error('x')]) {
    const end = store.onChanges(() => {
      throw thrown
    })
    expect(run(write('/32000/0/2', '1', ContentFormat.text))).toEqual({ responseCode: 0xa0 })
    end()
  }
  expect(errors).toEqual([undefined, null, 'text', new Error('x')])
})
