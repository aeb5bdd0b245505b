import { beforeEach, describe, expect, test } from 'vitest'
import { type Observed, ReportingAttributes, samplePeriodSeconds } from '../../client/reporting-attributes.ts'
import { type Attributes, applyPatch, inForce, parseAttributes } from '../../objects/attributes/attributes.ts'
import { AttributeTree } from '../../objects/attributes/tree.ts'
import { server12 } from '../../objects/definitions/server.ts'
import { parsePath } from '../../objects/path.ts'
import { ObjectStore } from '../../objects/store.ts'
import { changes$ } from '../../streams/changes.ts'
import { PathRouter } from '../../streams/route.ts'

const attributesOf = (text: string): Attributes => (text === '' ? {} : applyPatch({}, parseAttributes(text.split(' '))))

let store: ObjectStore
let tree: AttributeTree
let attributes: ReportingAttributes

beforeEach(() => {
  store = new ObjectStore()
  store.define(server12)
  store.createInstance(1, 0)
  tree = new AttributeTree()
  attributes = new ReportingAttributes(tree, serverInstance(0))
})

const serverInstance = (id: number) => ({ store, router: new PathRouter(changes$(store)), path: [1, id] })

/** An observation of one path, or of a composite of several, with attributes of its own or without. */
function observed(paths: string, own?: string): Observed {
  const texts = paths.split(' ')
  const ownAttributes = own === undefined ? undefined : attributesOf(own)
  return { paths: texts.map(parsePath), ownAttributes, isComposite: texts.length > 1 }
}

const attach = (path: string, text: string) => tree.set(parsePath(path), attributesOf(text))

describe('LwM2M Core 1.2.2 §7.3.2, epmin and epmax: how often a value is sampled', () => {
  test.each([
    ['', undefined],
    ['pmin=1 pmax=2 gt=3 lt=1 st=0 con=1 hqmax=4', undefined],
    ['epmin=5', 5],
    ['epmax=7', 7],
    ['epmin=5 epmax=7', 7],
    ['epmin=0', 1],
    ['epmax=0', 1],
    ['epmin=0 epmax=7', 7],
    ['epmin=7 epmax=7', 7],
    ['epmin=7 epmax=5', 7],
    ['epmin=7 epmax=0', 7],
    ['epmax=4294967295', 4_294_967_295],
    ['epmax=7 pmin=60 pmax=1 con=0 hqmax=0', 7],
  ])('%s: every %s s', (text, period) => {
    expect(samplePeriodSeconds(inForce(attributesOf(text)))).toBe(period)
  })

  test.each([
    ['/3303/0/5700', '/3303/0/5700', true],
    ['/3303', '/3303/0/5700', true],
    ['/3303/0/5700', '/3303/0', true],
    ['/3303/0', '/3303/1', false],
    ['/3303/0', '/3/0/9 /3303', true],
    ['/3303/0', '/3/0/9 /3304', false],
  ])('attached to %s they concern an observation of %s: %s', (place, paths, concern) => {
    attach(place, 'epmax=5')
    expect(attributes.haveEvaluationPeriods(observed(paths))).toBe(concern)
  })
})

/** What is attached where, /1/x/26, what is observed, with which attributes of its own, and what follows. */
const confirmations: readonly (readonly [
  title: string,
  attached: readonly (readonly [path: string, attributes: string])[],
  mode: number | undefined,
  observed: Observed,
  confirmable: boolean | undefined,
])[] = [
  ['nobody says', [], undefined, observed('/3/0/9'), undefined],
  ['/1/x/26 says confirmable', [], 1, observed('/3/0/9'), true],
  ['/1/x/26 says non-confirmable', [], 0, observed('/3/0/9'), false],
  ['con=1 counts before /1/x/26', [['/3/0/9', 'con=1']], 0, observed('/3/0/9'), true],
  ['con=0 counts before /1/x/26', [['/3/0/9', 'con=0']], 1, observed('/3/0/9'), false],
  ['con is inherited', [['/3', 'con=1']], undefined, observed('/3/0/9'), true],
  [
    'the nearest con counts',
    [
      ['/3', 'con=1'],
      ['/3/0/9', 'con=0'],
    ],
    undefined,
    observed('/3/0/9'),
    false,
  ],
  ['con=1 on a resource of what is observed', [['/3/0/9', 'con=1']], 0, observed('/3/0'), true],
  ['con=0 on a resource says nothing of the others', [['/3/0/9', 'con=0']], 1, observed('/3/0'), true],
  ['con elsewhere', [['/3/0/10', 'con=1']], undefined, observed('/3/0/9'), undefined],
  [
    'con=1 on one part of a composite',
    [
      ['/3/0/9', 'con=1'],
      ['/3/0/10', 'con=0'],
    ],
    0,
    observed('/3/0/9 /3/0/10'),
    true,
  ],
  ['con=0 on one part of a composite, and the default', [['/3/0/9', 'con=0']], 1, observed('/3/0/9 /3/0/10'), true],
  ['con=0 on each part of a composite', [['/3', 'con=0']], 1, observed('/3/0/9 /3/0/10'), false],
  ['con=1 given with the Observe', [['/3/0/9', 'con=0']], 0, observed('/3/0/9', 'con=1'), true],
  ['con=0 given with the Observe', [['/3/0/9', 'con=1']], 1, observed('/3/0/9', 'con=0'), false],
  [
    'others given with the Observe: what is attached does not count',
    [['/3/0/9', 'con=1']],
    undefined,
    observed('/3/0/9', 'pmin=1'),
    undefined,
  ],
  ['con=0 given with the Observe-Composite', [['/3/0/9', 'con=1']], 1, observed('/3/0/9 /3/0/10', 'con=0'), false],
  ['con=1 given with the Observe-Composite', [['/3', 'con=0']], 0, observed('/3/0/9 /3/0/10', 'con=1'), true],
  ['others given with the Observe-Composite', [['/3/0/9', 'con=1']], 0, observed('/3/0/9 /3/0/10', 'pmax=1'), false],
]

describe('LwM2M Core 1.2.2 §7.3.2, con, and §E.2, resource 26', () => {
  test.each(confirmations)('%s', (_title, attached, mode, what, confirmable) => {
    for (const [path, text] of attached) attach(path, text)
    if (mode !== undefined) store.set([1, 0, 26], mode)
    expect(attributes.confirmable(what)).toBe(confirmable)
  })
})

describe('LwM2M Core 1.2.2 §7.3.2, hqmax', () => {
  test('without one everything is kept', () => {
    attach('/3', 'pmin=1')
    expect(attributes.maximumHistory(observed('/3/0'))).toBeUndefined()
  })

  test('where one is used, only what has one above 0 is kept', () => {
    attach('/3/0/9', 'hqmax=4')
    attach('/3/0/10', 'hqmax=0')
    const instance = observed('/3/0')
    expect(attributes.maximumHistory(instance)).toBe(4)
    expect([9, 10, 11].map(id => attributes.isKept([3, 0, id], instance))).toEqual([true, false, false])
    expect(attributes.maximumHistory(observed('/3/0/10'))).toBe(0)
    expect(attributes.maximumHistory(observed('/3/0/11'))).toBeUndefined()
    expect(attributes.maximumHistory(observed('/3/0/9 /3/0/11'))).toBe(4)
  })

  test('is inherited, and the nearest counts', () => {
    attach('/3', 'hqmax=4')
    attach('/3/0/10', 'hqmax=0')
    expect([9, 10].map(id => attributes.isKept([3, 0, id], observed('/3')))).toEqual([true, false])
  })

  test('given with the Observe it takes the place of what is attached', () => {
    attach('/3/0/9', 'hqmax=0')
    expect(attributes.maximumHistory(observed('/3/0/9', 'hqmax=3'))).toBe(3)
    expect(attributes.isKept([3, 0, 9], observed('/3/0/9', 'hqmax=3'))).toBe(true)
    expect(attributes.maximumHistory(observed('/3/0/9', 'pmin=3'))).toBeUndefined()
  })

  test('stays in force under an Observe-Composite with attributes, which cannot have one (§6.4.4)', () => {
    attach('/3/0/9', 'hqmax=3')
    const composite = observed('/3/0/9 /3/0/10', 'pmin=3')
    expect(attributes.maximumHistory(composite)).toBe(3)
    expect([9, 10].map(id => attributes.isKept([3, 0, id], composite))).toEqual([true, false])
  })
})

describe('LwM2M Core 1.2.2 §6.4.1, §6.4.4, §E.2: periods and conditions', () => {
  test.each([
    ['/3', '', { pminSeconds: 2, pmaxSeconds: 3 }],
    ['/3', 'pmin=5', { pminSeconds: 5, pmaxSeconds: 3 }],
    ['/3', 'pmax=5', { pminSeconds: 2, pmaxSeconds: 5 }],
    ['/3/0', 'pmin=0 pmax=0', { pminSeconds: 0, pmaxSeconds: 0 }],
    ['/3/0/9', 'pmin=5 pmax=6', { pminSeconds: 5, pmaxSeconds: 6 }],
  ])('attached to %s: %s, with /1/x/2 = 2 and /1/x/3 = 3', (place, text, periods) => {
    store.set([1, 0, 2], 2)
    store.set([1, 0, 3], 3)
    if (text !== '') attach(place, text)
    expect(attributes.periods([3, 0, 9], observed('/3/0/9'))).toEqual(periods)
  })

  test('what is attached below or beside is not for the observed path', () => {
    attach('/3/0/9', 'pmin=5')
    attach('/3/1', 'pmax=5')
    expect(attributes.periods([3, 0], observed('/3/0'))).toEqual({})
  })

  test('a default that is no period counts as none', () => {
    store.set([1, 0, 2], -5)
    store.set([1, 0, 3], 2n ** 60n)
    expect(attributes.periods([3, 0], observed('/3/0'))).toEqual({})
  })

  test('given with the Observe they take the place of all that is attached; the defaults hold still', () => {
    store.set([1, 0, 2], 2)
    attach('/3/0/9', 'pmin=5 pmax=6 gt=7')
    const own = observed('/3/0/9', 'pmax=9 st=1')
    expect(attributes.periods([3, 0, 9], own)).toEqual({ pminSeconds: 2, pmaxSeconds: 9 })
    expect(attributes.at([3, 0, 9], own)).toEqual({ pmaxSeconds: 9, st: 1 })
  })

  test('given with the Observe-Composite they leave the conditions that are attached', () => {
    attach('/3/0/9', 'pmin=5 pmax=6 epmin=1 epmax=2 con=1 gt=7 lt=1 st=2')
    const own = observed('/3/0/9 /3/0/10', 'pmax=9')
    expect(attributes.at([3, 0, 9], own)).toEqual({ pmaxSeconds: 9, gt: 7, lt: 1, st: 2 })
    expect(attributes.haveConditions(own)).toBe(true)
    expect(attributes.haveEvaluationPeriods(own)).toBe(false)
  })

  test('conditions are found at, above and below what is observed, and nowhere else', () => {
    attach('/3/0/9', 'gt=7')
    const found = ['/3', '/3/0', '/3/0/9', '/3/0/9/1', '/3/0/10', '/4'].map(path =>
      attributes.haveConditions(observed(path)),
    )
    expect(found).toEqual([true, true, true, true, false, false])
    expect(attributes.haveConditions(observed('/3/0/9', 'pmin=1'))).toBe(false)
    expect(attributes.haveConditions(observed('/3/0/10', 'gt=1'))).toBe(true)
  })

  test('the attributes of another server do not count', () => {
    const other = new ReportingAttributes(new AttributeTree(), serverInstance(1))
    attach('/3/0/9', 'pmin=5 con=1 gt=7')
    store.set([1, 0, 26], 1)
    expect(other.periods([3, 0, 9], observed('/3/0/9'))).toEqual({})
    expect(other.confirmable(observed('/3/0/9'))).toBeUndefined()
    expect(other.haveConditions(observed('/3/0/9'))).toBe(false)
  })
})
