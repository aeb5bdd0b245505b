import { expect, test } from 'vitest'
import { AttributeTree } from '../../../objects/attributes/tree.ts'
import { defineObject } from '../../../objects/definition.ts'
import type { OperationContext } from '../../../objects/operations/operation.ts'
import { perform } from '../../../objects/operations/perform.ts'
import { codeOf, discover, now, setUp, textOf, writeAttributes } from './setting.ts'

test('Discover shows all that is assigned to the target, of the rest only its own, to the asking server', () => {
  const { run, store, context } = setUp()
  for (const operation of [
    writeAttributes('/32000', 'pmin=10'),
    writeAttributes('/32000/0', 'pmax=60'),
    writeAttributes('/32000/0/4', 'gt=50', 'lt=-42.2'),
    writeAttributes('/32000/0/4/2', 'pmin=5'),
  ]) {
    expect(codeOf(run(operation))).toBe('2.04')
  }
  const resources =
    '</32000/0/0>,</32000/0/1>,</32000/0/2>,</32000/0/3>,</32000/0/4>;dim=2;gt=50;lt=-42.2,</32000/0/5>,</32000/0/8>'
  expect(textOf(run(discover('/32000')))).toBe(`</32000>;pmin=10,</32000/0>;pmax=60,${resources}`)
  expect(textOf(run(discover('/32000/0')))).toBe(`</32000/0>;pmin=10;pmax=60,${resources}`)
  expect(textOf(run(discover('/32000/0/4')))).toBe(
    '</32000/0/4>;dim=2;pmin=10;pmax=60;gt=50;lt=-42.2,</32000/0/4/0>,</32000/0/4/2>;pmin=5',
  )
  const other: OperationContext = { ...context, attributes: new AttributeTree() }
  expect(textOf(now(perform(store, other, discover('/32000/0/4'))))).toBe(
    '</32000/0/4>;dim=2,</32000/0/4/0>,</32000/0/4/2>',
  )
})

const meter = defineObject({
  id: 7,
  name: 'Meter',
  multiple: true,
  resources: {
    one: { id: 0, type: 'integer', operations: 'R' },
    many: { id: 3, type: 'integer', operations: 'R', multiple: true },
  },
})

const resources = '</7/1/0>,</7/1/3>;dim=2'
const all = `${resources},</7/1/3/0>,</7/1/3/4>`

test.each([
  ['/7', 0, '</7>'],
  ['/7', 1, '</7>,</7/1>'],
  ['/7', 2, `</7>,</7/1>,${resources}`],
  ['/7', 3, `</7>,</7/1>,${all}`],
  ['/7', undefined, `</7>,</7/1>,${resources}`],
  ['/7/1', 0, '</7/1>'],
  ['/7/1', 1, `</7/1>,${resources}`],
  ['/7/1', 2, `</7/1>,${all}`],
  ['/7/1', 3, `</7/1>,${all}`],
  ['/7/1', undefined, `</7/1>,${resources}`],
  ['/7/1/3', 0, '</7/1/3>;dim=2'],
  ['/7/1/3', 1, '</7/1/3>;dim=2,</7/1/3/0>,</7/1/3/4>'],
  ['/7/1/3', 3, '</7/1/3>;dim=2,</7/1/3/0>,</7/1/3/4>'],
  ['/7/1/3', undefined, '</7/1/3>;dim=2,</7/1/3/0>,</7/1/3/4>'],
  ['/7/1/0', undefined, '</7/1/0>'],
])('Discover %s to the depth %s', (path, depth, links) => {
  const { store, run } = setUp()
  store.define(meter)
  store.createInstance(7, 1, [{ path: [7, 1, 0], value: 1 }])
  store.set([7, 1, 3], { 0: 1, 4: 4 })
  expect(textOf(run(discover(path, depth)))).toBe(links)
})

test('Write-Attributes writes all attributes or none', () => {
  const { run, context } = setUp()
  run(writeAttributes('/32000/0/0', 'pmin=1', 'gt=10'))
  expect(codeOf(run(writeAttributes('/32000/0/0', 'pmin=2', 'gt=20', 'lt=20')))).toBe('4.00')
  expect(codeOf(run(writeAttributes('/32000/0/0', 'pmin=2', 'foo=1')))).toBe('4.00')
  expect(context.attributes.own([32000, 0, 0])).toEqual({ pminSeconds: 1, gt: 10 })
})

test('change conditions that contradict each other by merge are kept, shown, and not in force while they do', () => {
  const { run, context } = setUp()
  const path = [32000, 0, 0]
  run(writeAttributes('/32000/0/0', 'pmin=1', 'gt=10'))
  expect(codeOf(run(writeAttributes('/32000/0/0', 'lt=20')))).toBe('2.04')
  expect(context.attributes.effective(path)).toEqual({ pminSeconds: 1 })
  expect(textOf(run(discover('/32000/0/0')))).toBe('</32000/0/0>;pmin=1;gt=10;lt=20')
  run(writeAttributes('/32000/0/0', 'lt=9'))
  expect(context.attributes.effective(path)).toEqual({ pminSeconds: 1, gt: 10, lt: 9 })
  run(writeAttributes('/32000/0/0', 'st=0.5'))
  expect(context.attributes.effective(path)).toEqual({ pminSeconds: 1 })
})

test('change conditions that contradict what is inherited are accepted and not in force', () => {
  const { run, context } = setUp()
  run(writeAttributes('/32000/0/4', 'gt=10', 'epmin=5'))
  expect(codeOf(run(writeAttributes('/32000/0/4/0', 'lt=10', 'epmax=5')))).toBe('2.04')
  expect(context.attributes.effective([32000, 0, 4, 0])).toEqual({ epminSeconds: 5 })
  expect(context.attributes.effective([32000, 0, 4, 2])).toEqual({ gt: 10, epminSeconds: 5 })
})
