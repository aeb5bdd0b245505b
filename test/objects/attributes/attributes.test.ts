import { expect, test } from 'vitest'
import { linkAttributes, parseAttributes } from '../../../objects/attributes/attributes.ts'
import { AttributeTree } from '../../../objects/attributes/tree.ts'
import { formatPath } from '../../../objects/path.ts'

test('attributes are read from queries; one without a value unsets', () => {
  expect(parseAttributes(['pmin=10', 'pmax', 'gt=-0.5', 'lt=-10', 'st=0'])).toEqual({
    pminSeconds: 10,
    pmaxSeconds: null,
    gt: -0.5,
    lt: -10,
    st: 0,
  })
})

test.each([
  [[]],
  [['']],
  [['pmin=']],
  [['pmin=-1']],
  [['pmin=1.5']],
  [['pmin=4294967296']],
  [['pmin=99999999999']],
  [['pmin=1', 'pmin=2']],
  [['pmin', 'pmin']],
  [['PMIN=1']],
  [['gt=1e3']],
  [['gt=.5']],
  [['gt=5.']],
  [['gt=NaN']],
  [['gt=Infinity']],
  [['st=-1']],
  [['lt=+1']],
  [['pmin =1']],
  [['ver=1.0']],
  [['__proto__=1']],
])('%j is BAD_REQUEST', texts => {
  expect(() => parseAttributes(texts)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
})

test('attributes of a link are in the order pmin, pmax, gt, lt, st', () => {
  const text = JSON.stringify(linkAttributes({ st: 1, lt: 2, gt: 3, pmaxSeconds: 4, pminSeconds: 5 }))
  expect(text).toBe('{"pmin":5,"pmax":4,"gt":3,"lt":2,"st":1}')
})

test('attributes are inherited from object, instance and resource; the nearest prevails', () => {
  const tree = new AttributeTree()
  tree.set([3], { pminSeconds: 1, pmaxSeconds: 100 })
  tree.set([3, 0], { pmaxSeconds: 50 })
  tree.set([3, 0, 7], { gt: 5 })
  tree.set([3, 0, 7, 1], { pminSeconds: 2 })
  expect(tree.effective([3, 0, 7, 1])).toEqual({ pminSeconds: 2, pmaxSeconds: 50, gt: 5 })
  expect(tree.effective([3, 0, 7])).toEqual({ pminSeconds: 1, pmaxSeconds: 50, gt: 5 })
  expect(tree.effective([3, 1])).toEqual({ pminSeconds: 1, pmaxSeconds: 100 })
  expect(tree.effective([30, 0])).toEqual({})
  expect(tree.own([3, 0])).toEqual({ pmaxSeconds: 50 })
  tree.set([3, 0], { pmaxSeconds: null })
  expect(tree.effective([3, 0, 7, 1])).toEqual({ pminSeconds: 2, pmaxSeconds: 100, gt: 5 })
})

test('listeners hear of changes only', () => {
  const tree = new AttributeTree()
  const heard: string[] = []
  const end = tree.onChange(path => heard.push(formatPath(path)))
  tree.set([3, 0], { pminSeconds: 1 })
  tree.set([3, 0], { pminSeconds: 1 })
  tree.set([3, 0], { pmaxSeconds: null })
  tree.remove([4])
  tree.remove([3])
  end()
  tree.set([3, 0], { pminSeconds: 2 })
  expect(heard).toEqual(['/3/0', '/3'])
})

test('a deleted instance takes what is attached below with it, and nothing else', () => {
  const tree = new AttributeTree()
  for (const path of [[3], [3, 0], [3, 0, 7], [3, 0, 7, 1], [3, 1], [30, 0]]) tree.set(path, { pminSeconds: 1 })
  tree.remove([3, 0])
  expect(Object.keys(tree.save())).toEqual(['/3', '/3/1', '/30/0'])
})

test('save and restore survive JSON; a bad file changes nothing', () => {
  const tree = new AttributeTree()
  tree.set([3303, 0, 5700], { pminSeconds: 1, gt: 2.5 })
  const restored = new AttributeTree()
  restored.restore(JSON.parse(JSON.stringify(tree.save())))
  expect(restored.own([3303, 0, 5700])).toEqual({ pminSeconds: 1, gt: 2.5 })
  expect(() => restored.restore({ '/x': {} })).toThrow(expect.objectContaining({ code: 'INVALID_PATH' }))
  expect(() => restored.restore({ '/3': { pminSeconds: -1 } })).toThrow(TypeError)
  expect(restored.save()).toEqual(tree.save())
})
