import { expect, test } from 'vitest'
import { ContentFormat } from '../../../objects/formats/format.ts'
import { formatOf } from '../../../objects/formats/formats.ts'
import { encodePaths } from '../../../objects/formats/path-list.ts'
import type { Operation, Outcome } from '../../../objects/operations/operation.ts'
import { codeOf, readComposite, setUp, textOf, writeComposite } from './setting.ts'

function namesOf(outcome: Outcome): string[] {
  let base = ''
  return JSON.parse(textOf(outcome)).map(({ bn = base, n = '' }: { bn?: string; n?: string }) => {
    base = bn
    return base + n
  })
}

test('Read-Composite answers in tree order, each thing once', () => {
  const { run } = setUp()
  const paths = ['/32000/0/4/2', '/32000/0/3', '/1/0/0', '/32000/0/4', '/1', '/32000/0/3']
  expect(namesOf(run(readComposite(paths)))).toEqual(['/1/0/0', '/32000/0/3', '/32000/0/4/0', '/32000/0/4/2'])
})

test('the root is all that is readable, without the objects of bootstrap', () => {
  const { run } = setUp()
  expect(namesOf(run(readComposite(['/'])))).toEqual([
    '/1/0/0',
    '/32000/0/0',
    '/32000/0/2',
    '/32000/0/3',
    '/32000/0/4/0',
    '/32000/0/4/2',
  ])
})

test('what is missing or not readable is left out of a Read-Composite', () => {
  const { run } = setUp()
  const paths = [
    '/9999',
    '/32000/7',
    '/32000/0/99',
    '/32000/0/4/1',
    '/32000/0/1',
    '/32000/0/5',
    '/32000/0/8',
    '/32000/0/0',
  ]
  expect(namesOf(run(readComposite(paths)))).toEqual(['/32000/0/0'])
})

test('a slow handler delays the answer, one that has nothing to say is left out, one that fails fails the whole', async () => {
  const { store, later } = setUp()
  store.handlers.add(32000, 0, 3, { read: () => Promise.resolve(undefined) })
  store.handlers.add(32000, 0, 7, { read: async () => 70 })
  const both = readComposite(['/32000/0/3', '/32000/0/7'])
  expect(namesOf(await later(both))).toEqual(['/32000/0/7'])
  expect(codeOf(await later(readComposite(['/32000/0/3'])))).toBe('4.04')
  store.handlers.add(32000, 0, 7, { read: () => Promise.reject(new Error('broken')) })
  expect(codeOf(await later(both))).toBe('5.00')
})

test('Write-Composite updates anywhere and keeps what is not named', () => {
  const { store, run } = setUp()
  const pack = [
    { n: '/1/0/1', v: 60 },
    { n: '/32000/0/4/9', v: 49 },
    { n: '/32000/0/4/0', v: null },
  ]
  expect(codeOf(run(writeComposite(pack)))).toBe('2.04')
  expect(store.get([1, 0, 1])).toBe(60)
  expect(store.content([32000, 0, 4])).toEqual(
    new Map([
      [2, 42],
      [9, 49],
    ]),
  )
})

test('one transaction: a Write-Composite is told at once, or not at all', () => {
  const { store, run } = setUp()
  const told: number[] = []
  store.onChanges(changes => told.push(changes.length))
  const good = [
    { n: '/1/0/1', v: 60 },
    { n: '/32000/0/2', v: 5 },
  ]
  const before = store.entries([])
  for (const bad of [
    { n: '/32000/0/0', v: 1 },
    { n: '/9999/0/0', v: 1 },
    { n: '/32000/0/3', vs: 7 },
  ]) {
    expect(codeOf(run(writeComposite([...good, bad])))).toMatch(/^4/)
  }
  store.handlers.add(32000, 0, 2, { validate: () => false })
  expect(codeOf(run(writeComposite(good)))).toBe('4.00')
  expect([store.entries([]), told]).toEqual([before, []])
  const other = setUp()
  other.store.onChanges(changes => told.push(changes.length))
  other.run(writeComposite(good))
  expect(told).toEqual([2])
})

test.each<[string, object[]]>([
  [
    'the same resource twice',
    [
      { n: '/32000/0/2', v: 1, t: 1 },
      { n: '/32000/0/2', v: 2, t: 2 },
    ],
  ],
  [
    'the same resource instance twice',
    [
      { n: '/32000/0/4/0', v: 1, t: 1 },
      { n: '/32000/0/4/0', v: 2, t: 2 },
    ],
  ],
  [
    'a whole resource removed and part of it written',
    [
      { n: '/32000/0/4', v: null },
      { n: '/32000/0/4/7', v: 2 },
    ],
  ],
])('Write-Composite of %s is 4.00', (_name, pack) => {
  const operation: Operation = writeComposite(pack)
  expect(codeOf(setUp().run(operation))).toBe('4.00')
})

test('SenML ETCH in, LwM2M CBOR out', () => {
  const { store, run } = setUp()
  const pack = [
    { n: '/32000/0/3', v: null },
    { n: '/32000/0/2', v: 7 },
  ]
  expect(codeOf(run(writeComposite(pack, ContentFormat.senmlEtchJson)))).toBe('2.04')
  const payload = encodePaths(ContentFormat.senmlEtchCbor, [
    [32000, 0, 3],
    [32000, 0, 2],
  ])
  const accept = ContentFormat.lwm2mCbor
  const outcome = run({ kind: 'readComposite', path: [], accept, contentFormat: ContentFormat.senmlEtchCbor, payload })
  expect(formatOf(accept)?.decode([], outcome.payload ?? payload, store)).toEqual([{ path: [32000, 0, 2], value: 7 }])
})
