import { expect, test } from 'vitest'
import { AttributeTree } from '../../../objects/attributes/tree.ts'
import { defineObject } from '../../../objects/definition.ts'
import { device } from '../../../objects/definitions/device.ts'
import { security } from '../../../objects/definitions/security.ts'
import { server } from '../../../objects/definitions/server.ts'
import { temperature } from '../../../objects/definitions/temperature.ts'
import { OperationError, ResponseCode } from '../../../objects/errors.ts'
import { ContentFormat } from '../../../objects/formats/format.ts'
import type { Operation, OperationContext, Outcome } from '../../../objects/operations/operation.ts'
import { perform } from '../../../objects/operations/perform.ts'
import { parsePath } from '../../../objects/path.ts'
import { ObjectStore } from '../../../objects/store.ts'

const everything = defineObject({
  id: 32000,
  name: 'Everything',
  multiple: true,
  resources: {
    readOnly: { id: 0, type: 'integer', operations: 'R' },
    writeOnly: { id: 1, type: 'integer', operations: 'W' },
    mandatory: { id: 2, type: 'integer', operations: 'RW', mandatory: true, range: [0, 100] },
    optional: { id: 3, type: 'string', operations: 'RW' },
    many: { id: 4, type: 'integer', operations: 'RW', multiple: true },
    run: { id: 5, type: 'none', operations: 'E' },
    unimplemented: { id: 6, type: 'none', operations: 'E' },
    absent: { id: 7, type: 'integer', operations: 'R' },
    bootstrapOnly: { id: 8, type: 'integer', operations: '' },
  },
})

function setUp() {
  const store = new ObjectStore()
  for (const definition of [security, server, device, temperature, everything]) store.define(definition)
  store.createInstance(0, 0, [{ path: [0, 0, 5], value: Uint8Array.of(1) }])
  store.createInstance(1, 0, [{ path: [1, 0, 0], value: 1 }])
  store.createInstance(32000, 0)
  const values = { 0: 10, 1: 11, 2: 12, 3: 'text', 8: 18 }
  for (const [id, value] of Object.entries(values)) store.set([32000, 0, Number(id)], value)
  store.set([32000, 0, 4], { 0: 40, 2: 42 })
  const executed: unknown[] = []
  store.handlers.add(32000, undefined, 5, { execute: (path, args) => void executed.push(path, [...args]) })
  const errors: unknown[] = []
  const context: OperationContext = {
    shortServerId: 1,
    attributes: new AttributeTree(),
    onError: error => errors.push(error),
  }
  const later = (operation: Operation) => perform(store, context, operation)
  const run = (operation: Operation) => now(later(operation))
  return { store, context, errors, executed, run, later }
}

/** An outcome that must have come at once. */
function now(outcome: Outcome | Promise<Outcome>): Outcome {
  if (outcome instanceof Promise) throw new Error('expected an outcome, not a promise')
  return outcome
}

const codes = new Map(
  Object.values(ResponseCode).map(code => [code, `${code >> 5}.${String(code & 31).padStart(2, '0')}`]),
)
const codeOf = (outcome: Outcome) => codes.get(outcome.responseCode)
const textOf = (outcome: Outcome) => Buffer.from(outcome.payload ?? []).toString()
const read = (path: string, accept?: number): Operation => ({
  kind: 'read',
  path: parsePath(path),
  ...(accept !== undefined && { accept }),
})
const write = (path: string, payload: string, contentFormat?: number, mode: 'replace' | 'update' = 'replace') =>
  ({
    kind: 'write',
    path: parsePath(path),
    mode,
    payload: Buffer.from(payload),
    ...(contentFormat !== undefined && { contentFormat }),
  }) as const
const writeJson = (path: string, pack: object[], mode: 'replace' | 'update' = 'replace') =>
  write(path, JSON.stringify(pack), ContentFormat.senmlJson, mode)
const execute = (path: string, args = ''): Operation => ({ kind: 'execute', path: parsePath(path), arguments: args })
const discover = (path: string): Operation => ({ kind: 'discover', path: parsePath(path) })
const writeAttributes = (path: string, ...attributes: string[]): Operation => ({
  kind: 'writeAttributes',
  path: parsePath(path),
  attributes,
})

test.each<[string, Operation, string]>([
  ['Read an object', read('/32000'), '2.05'],
  ['Read an object without instances', read('/3303'), '2.05'],
  ['Read an instance', read('/32000/0'), '2.05'],
  ['Read a resource', read('/32000/0/0'), '2.05'],
  ['Read a resource instance', read('/32000/0/4/2'), '2.05'],
  ['Read the root', read('/'), '4.05'],
  ['Read Security', read('/0'), '4.01'],
  ['Read a Security instance', read('/0/0/5'), '4.01'],
  ['Read OSCORE', read('/21/0'), '4.01'],
  ['Read an unknown object', read('/9999'), '4.04'],
  ['Read an unknown instance', read('/32000/1'), '4.04'],
  ['Read an unknown resource', read('/32000/0/99'), '4.04'],
  ['Read an unknown resource instance', read('/32000/0/4/1'), '4.04'],
  ['Read below a single resource', read('/32000/0/0/0'), '4.04'],
  ['Read a resource without value', read('/32000/0/7'), '4.04'],
  ['Read a write-only resource', read('/32000/0/1'), '4.05'],
  ['Read an executable resource', read('/32000/0/5'), '4.05'],
  ['Read a bootstrap-only resource', read('/32000/0/8'), '4.05'],
  ['Read with an unknown Accept', read('/32000/0/0', 65000), '4.06'],
  ['Read an instance as text', read('/32000/0', ContentFormat.text), '4.06'],
  ['Observe a resource', { kind: 'observe', path: [32000, 0, 0] }, '2.05'],
  ['Observe an unknown instance', { kind: 'observe', path: [32000, 1] }, '4.04'],
  ['Observe a write-only resource', { kind: 'observe', path: [32000, 0, 1] }, '4.05'],
  ['Cancel an observation', { kind: 'cancelObservation', path: [32000, 0, 0] }, '2.05'],

  ['Write a resource', write('/32000/0/2', '5', ContentFormat.text), '2.04'],
  ['Write an absent optional resource', write('/1/0/2', '5', ContentFormat.text), '2.04'],
  ['Write a write-only resource', write('/32000/0/1', '5', ContentFormat.text), '2.04'],
  ['Write a resource instance', write('/32000/0/4/2', '5', ContentFormat.text), '2.04'],
  ['Write an unknown resource instance', write('/32000/0/4/1', '5', ContentFormat.text), '4.04'],
  ['Write the root', write('/', '5', ContentFormat.text), '4.05'],
  ['Write an object', write('/32000', '5', ContentFormat.text), '4.05'],
  ['Write Security', write('/0/0/0', 'coap://x', ContentFormat.text), '4.01'],
  ['Write an unknown instance', writeJson('/32000/1', [{ n: '/32000/1/2', v: 1 }]), '4.04'],
  ['Write an unknown resource', write('/32000/0/99', '5', ContentFormat.text), '4.04'],
  ['Write a read-only resource', write('/32000/0/0', '5', ContentFormat.text), '4.05'],
  ['Write an executable resource', write('/32000/0/5', '5', ContentFormat.text), '4.05'],
  ['Write a bootstrap-only resource', write('/32000/0/8', '5', ContentFormat.text), '4.05'],
  ['Write in an unknown Content-Format', write('/32000/0/2', '5', 65000), '4.15'],
  ['Write without Content-Format', write('/32000/0/2', '5'), '4.15'],
  ['Write a malformed payload', write('/32000/0/2', '[{', ContentFormat.senmlJson), '4.00'],
  ['Write a wrong type', write('/32000/0/2', 'five', ContentFormat.text), '4.00'],
  ['Write out of range', write('/32000/0/2', '101', ContentFormat.text), '4.00'],
  ['Write an instance with an unknown resource', writeJson('/32000/0', [{ n: '/32000/0/99', v: 1 }]), '4.04'],
  ['Write an instance with a read-only resource', writeJson('/32000/0', [{ n: '/32000/0/0', v: 1 }]), '4.05'],
  ['Write outside of the target', writeJson('/32000/0', [{ n: '/1/0/1', v: 1 }]), '4.00'],
  ['Write null', writeJson('/32000/0', [{ n: '/32000/0/3', v: null }]), '4.00'],

  ['Execute', execute('/32000/0/5'), '2.04'],
  ['Execute with arguments', execute('/32000/0/5', "0='a,1',2"), '2.04'],
  ['Execute with malformed arguments', execute('/32000/0/5', 'now'), '4.00'],
  ['Execute what no handler performs', execute('/32000/0/6'), '4.04'],
  ['Execute a readable resource', execute('/32000/0/0'), '4.05'],
  ['Execute an instance', execute('/32000/0'), '4.05'],
  ['Execute an unknown resource', execute('/32000/0/99'), '4.04'],
  ['Execute in Security', execute('/0/0/0'), '4.01'],

  ['Discover an object', discover('/32000'), '2.05'],
  ['Discover a resource', discover('/32000/0/0'), '2.05'],
  ['Discover the root', discover('/'), '4.05'],
  ['Discover a resource instance', discover('/32000/0/4/0'), '4.05'],
  ['Discover Security', discover('/0'), '4.01'],
  ['Discover an unknown object', discover('/9999'), '4.04'],
  ['Discover an absent resource', discover('/32000/0/7'), '4.04'],

  ['Write-Attributes of an object', writeAttributes('/32000', 'pmin=1'), '2.04'],
  ['Write-Attributes of an instance', writeAttributes('/32000/0', 'pmin=1', 'pmax'), '2.04'],
  ['Write-Attributes of a resource', writeAttributes('/32000/0/0', 'gt=10', 'lt=1', 'st=2'), '2.04'],
  ['Write-Attributes of a resource instance', writeAttributes('/32000/0/4/0', 'st=2'), '2.04'],
  ['Write-Attributes with pmax below pmin', writeAttributes('/32000', 'pmin=10', 'pmax=1'), '2.04'],
  ['Write-Attributes of the root', writeAttributes('/', 'pmin=1'), '4.05'],
  ['Write-Attributes of Security', writeAttributes('/0', 'pmin=1'), '4.01'],
  ['Write-Attributes of an unknown instance', writeAttributes('/32000/1', 'pmin=1'), '4.04'],
  ['Write-Attributes of an absent resource', writeAttributes('/32000/0/7', 'pmin=1'), '4.04'],
  ['Write-Attributes of an executable resource', writeAttributes('/32000/0/5', 'pmin=1'), '4.05'],
  ['Write-Attributes without attributes', writeAttributes('/32000'), '4.00'],
  ['Write-Attributes with an unknown attribute', writeAttributes('/32000', 'pmin=1', 'foo=1'), '4.00'],
  ['gt of an instance', writeAttributes('/32000/0', 'gt=1'), '4.00'],
  ['gt of a string', writeAttributes('/32000/0/3', 'gt=1'), '4.00'],
  ['lt + 2 × st not below gt', writeAttributes('/32000/0/0', 'gt=10', 'lt=5', 'st=2.5'), '4.00'],
])('%s', (_name, operation, code) => {
  expect(codeOf(setUp().run(operation))).toBe(code)
})

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

test('Discover shows attributes of the asking server where the clause wants them', () => {
  const { run, store, context } = setUp()
  for (const operation of [
    writeAttributes('/32000', 'pmin=10'),
    writeAttributes('/32000/0', 'pmax=60'),
    writeAttributes('/32000/0/4', 'gt=50', 'lt=-42.2'),
    writeAttributes('/32000/0/4/2', 'pmin=5'),
  ]) {
    expect(codeOf(run(operation))).toBe('2.04')
  }
  expect(textOf(run(discover('/32000')))).toBe(
    '</32000>;pmin=10,</32000/0>,</32000/0/0>,</32000/0/1>,</32000/0/2>,</32000/0/3>,</32000/0/4>,</32000/0/5>,</32000/0/8>',
  )
  expect(textOf(run(discover('/32000/0')))).toBe(
    '</32000/0>;pmax=60,</32000/0/0>,</32000/0/1>,</32000/0/2>,</32000/0/3>,</32000/0/4>;dim=2;gt=50;lt=-42.2,</32000/0/5>,</32000/0/8>',
  )
  expect(textOf(run(discover('/32000/0/4')))).toBe(
    '</32000/0/4>;dim=2;pmin=10;pmax=60;gt=50;lt=-42.2,</32000/0/4/0>,</32000/0/4/2>;pmin=5',
  )
  expect(textOf(run(discover('/3303')))).toBe('</3303>;ver=1.1')
  const other: OperationContext = { ...context, attributes: new AttributeTree() }
  expect(textOf(now(perform(store, other, discover('/32000/0/4'))))).toBe(
    '</32000/0/4>;dim=2,</32000/0/4/0>,</32000/0/4/2>',
  )
})

test('Write-Attributes writes all attributes or none', () => {
  const { run, context } = setUp()
  run(writeAttributes('/32000/0/0', 'pmin=1', 'gt=10'))
  expect(codeOf(run(writeAttributes('/32000/0/0', 'pmin=2', 'lt=20')))).toBe('4.00')
  expect(context.attributes.own([32000, 0, 0])).toEqual({ pminSeconds: 1, gt: 10 })
})

test('thresholds must agree with those a resource instance inherits', () => {
  const { run } = setUp()
  run(writeAttributes('/32000/0/4', 'gt=10'))
  expect(codeOf(run(writeAttributes('/32000/0/4/0', 'lt=10')))).toBe('4.00')
  expect(codeOf(run(writeAttributes('/32000/0/4/0', 'lt=9')))).toBe('2.04')
})
