import { beforeEach, describe, expect, test } from 'vitest'
import type { ContentSink } from '../../../objects/content-sink.ts'
import { defineObject } from '../../../objects/definition.ts'
import { accessControl } from '../../../objects/definitions/access-control.ts'
import { server } from '../../../objects/definitions/server.ts'
import { OperationError } from '../../../objects/errors.ts'
import { ContentFormat } from '../../../objects/formats/format.ts'
import { formatOf } from '../../../objects/formats/formats.ts'
import { ObjectsApi } from '../../../objects/objects.ts'
import type { OperationOf, Outcome } from '../../../objects/operations/operation.ts'
import { streamedWrite } from '../../../objects/operations/streamed-write.ts'
import { parsePath } from '../../../objects/path.ts'
import type { PathValue } from '../../../objects/path-value.ts'
import { codeOf, create, discover, now, remove, setUp, textOf, write, writeComposite, writeJson } from './setting.ts'

const update = defineObject({
  id: 32010,
  name: 'Update',
  multiple: true,
  resources: {
    package: { id: 0, type: 'opaque', operations: 'W', mandatory: true },
    label: { id: 1, type: 'string', operations: 'RW' },
    parts: { id: 2, type: 'opaque', operations: 'RW', multiple: true },
    fixed: { id: 3, type: 'opaque', operations: 'R' },
  },
})

let setting: ReturnType<typeof setUp>
let objects: ObjectsApi
/** What the sinks heard, in order. */
let heard: string[]
/** What the sinks do when they are called, by the name of the call. */
let doing: Partial<Record<'receive' | 'write' | 'end' | 'abort', () => void | Promise<void>>>

beforeEach(() => {
  setting = setUp()
  objects = new ObjectsApi(setting.store)
  heard = []
  doing = {}
  objects.create(update, 0, { label: 'old' })
  for (const name of ['package', 'parts'] as const) objects.onReceive(update, name, receive)
})

function receive(path: readonly number[], totalBytes: number | undefined): ContentSink {
  const place = path.slice(2).join('/')
  heard.push(`${place} begins, ${totalBytes ?? 'unknown'}`)
  void doing.receive?.()
  return {
    write(bytes) {
      heard.push(`${place} ${Buffer.from(bytes).toString()}`)
      return doing.write?.()
    },
    end() {
      heard.push(`${place} ends`)
      return doing.end?.()
    },
    abort() {
      heard.push(`${place} aborted`)
      void doing.abort?.()
    },
  }
}

const refuse = () => {
  throw new OperationError('METHOD_NOT_ALLOWED', 'not now')
}

const encoded = (path: string, values: readonly PathValue[], contentFormat: number) =>
  formatOf(contentFormat)?.encode(parsePath(path), values, setting.store) ?? Buffer.alloc(0)

describe('a Write that comes whole', () => {
  test.each([
    ['Opaque', ContentFormat.opaque],
    ['TLV', ContentFormat.tlv],
    ['CBOR', ContentFormat.cbor],
    ['SenML CBOR', ContentFormat.senmlCbor],
    ['LwM2M CBOR', ContentFormat.lwm2mCbor],
  ])('as %s is given in one piece, and not kept', (_, contentFormat) => {
    const payload = encoded('/32010/0/0', [{ path: [32010, 0, 0], value: Buffer.from('abc') }], contentFormat)
    expect(codeOf(setting.run(write('/32010/0/0', payload, contentFormat)))).toBe('2.04')
    expect(heard).toEqual(['0 begins, 3', '0 abc', '0 ends'])
    expect(objects.get('/32010/0/0')).toBeUndefined()
  })

  test('of nothing begins and ends', () => {
    expect(codeOf(setting.run(write('/32010/0/0', '', ContentFormat.opaque)))).toBe('2.04')
    expect(heard).toEqual(['0 begins, 0', '0 ends'])
  })

  test('waits for the sink, whose error is the response', async () => {
    doing = {
      write: async () => {},
      end: async () => {
        throw new OperationError('REQUEST_ENTITY_TOO_LARGE', 'no room')
      },
    }
    const outcome = await setting.later(write('/32010/0/0', 'abc', ContentFormat.opaque))
    expect([codeOf(outcome), textOf(outcome)]).toEqual(['4.13', 'no room'])
  })

  test('an error that is none of LwM2M is 5.00, and told', () => {
    doing.write = () => {
      throw new Error('flash')
    }
    expect(codeOf(setting.run(write('/32010/0/0', 'abc', ContentFormat.opaque)))).toBe('5.00')
    expect(setting.errors).toEqual([new Error('flash')])
  })
})

describe('one of several that are written', () => {
  const pack = [
    { n: '/32010/0/0', vd: 'YWJj' },
    { n: '/32010/0/1', vs: 'new' },
  ]

  test.each([
    ['a Write of the instance', () => writeJson('/32010/0', pack)],
    ['a Write-Composite', () => writeComposite(pack)],
  ])('%s: the rest is in the store before the bytes are given', (_, operation) => {
    const labels: unknown[] = []
    doing.write = () => void labels.push(objects.get('/32010/0/1'))
    expect(codeOf(setting.run(operation()))).toBe('2.04')
    expect(heard).toEqual(['0 begins, 3', '0 abc', '0 ends'])
    expect(labels).toEqual(['new'])
    expect(objects.get('/32010/0/0')).toBeUndefined()
  })

  test.each([
    ['a Write of the instance', () => writeJson('/32010/0', pack)],
    ['a Write-Composite', () => writeComposite(pack)],
  ])('%s: a refusal at the beginning undoes all of it', (_, operation) => {
    doing.receive = refuse
    expect(codeOf(setting.run(operation()))).toBe('4.05')
    expect(heard).toEqual(['0 begins, 3'])
    expect(objects.get('/32010/0/1')).toBe('old')
  })

  test('what fails later leaves the rest written', () => {
    doing.end = refuse
    expect(codeOf(setting.run(writeJson('/32010/0', pack)))).toBe('4.05')
    expect(objects.get('/32010/0/1')).toBe('new')
  })

  test('an invalid rest: nothing begins', () => {
    objects.onWrite(update, 'label', { validate: () => false })
    expect(codeOf(setting.run(writeJson('/32010/0', pack)))).toBe('4.00')
    expect(heard).toEqual([])
  })

  test('two of them: one after the other, and the second is aborted when the first fails', async () => {
    const both = [
      { n: '/32010/0/0', vd: 'YWJj' },
      { n: '/32010/0/2/5', vd: 'ZGVm' },
    ]
    expect(codeOf(setting.run(writeComposite(both)))).toBe('2.04')
    expect(heard.splice(0)).toEqual(['0 begins, 3', '2/5 begins, 3', '0 abc', '0 ends', '2/5 def', '2/5 ends'])
    for (const failing of [refuse, async () => refuse()]) {
      doing.write = failing
      expect(codeOf(await setting.later(writeComposite(both)))).toBe('4.05')
      expect(heard.splice(0)).toEqual(['0 begins, 3', '2/5 begins, 3', '0 abc', '2/5 aborted'])
    }
  })

  test('a second that refuses to begin: the first is aborted when all is undone', () => {
    const labels: unknown[] = []
    doing.receive = () => {
      if (heard.length === 2) refuse()
    }
    doing.abort = () => void labels.push(objects.get('/32010/0/1'))
    const all = [...pack, { n: '/32010/0/2/5', vd: 'ZGVm' }]
    expect(codeOf(setting.run(writeComposite(all)))).toBe('4.05')
    expect(heard).toEqual(['0 begins, 3', '2/5 begins, 3', '0 aborted'])
    expect(labels).toEqual(['old'])
  })

  test('sinks that fail as they are aborted: the response is that of the refusal, all are aborted, the application hears of it', () => {
    const fault = new Error('the file cannot be closed')
    doing.receive = () => {
      if (heard.length === 3) refuse()
    }
    doing.abort = () => {
      throw fault
    }
    const all = [...pack, { n: '/32010/0/2/5', vd: 'ZGVm' }, { n: '/32010/0/2/6', vd: 'Z2hp' }]
    expect(codeOf(setting.run(writeComposite(all)))).toBe('4.05')
    expect(heard.slice(3)).toEqual(['0 aborted', '2/5 aborted'])
    expect(setting.errors).toEqual([fault, fault])
  })

  test('a resource that is not writable is 4.05 as ever, and one without handler is stored', () => {
    objects.onReceive(update, 'fixed', receive)
    expect(codeOf(setting.run(writeJson('/32010/0', [{ n: '/32010/0/3', vd: 'YWJj' }])))).toBe('4.05')
    expect(codeOf(setting.run(write('/32010/0/3', 'abc', ContentFormat.opaque)))).toBe('4.05')
    expect(heard).toEqual([])
  })

  test('the same resource twice: 4.00', () => {
    const twice = [
      { n: '/32010/0/0', vd: 'YWJj' },
      { n: '/32010/0/0', vd: 'YWJj', t: 1 },
    ]
    expect(codeOf(setting.run(writeComposite(twice)))).toBe('4.00')
    expect(heard).toEqual([])
  })
})

describe('an instance that a server creates', () => {
  test('does not miss a mandatory resource that is received; what is written of it is given', () => {
    expect(codeOf(setting.run(create('/32010')))).toBe('2.01')
    expect(heard).toEqual([])
    const values = [{ path: [32010, 7, 0], value: Buffer.from('abc') }]
    const payload = encoded('/32010', values, ContentFormat.tlv)
    expect(codeOf(setting.run(create('/32010', payload, ContentFormat.tlv)))).toBe('2.01')
    expect(heard).toEqual(['0 begins, 3', '0 abc', '0 ends'])
    expect(objects.get('/32010/7/0')).toBeUndefined()
  })

  test('is not there when the handler refuses', () => {
    doing.receive = refuse
    const payload = encoded('/32010', [{ path: [32010, 7, 0], value: Buffer.from('abc') }], ContentFormat.tlv)
    expect(codeOf(setting.run(create('/32010', payload, ContentFormat.tlv)))).toBe('4.05')
    expect(objects.has('/32010/7')).toBe(false)
  })
})

test('what is received is discovered', () => {
  expect(textOf(setting.run(discover('/32010/0')))).toContain('</32010/0/0>')
})

test('a handler is for opaque resources', () => {
  expect(() => objects.onReceive(update, 'label', receive)).toThrow(OperationError)
  expect(() => objects.onReceive('/32010/0/1', receive)).toThrow(OperationError)
})

describe('a Write that is taken as it arrives', () => {
  const begin = (
    path: string,
    start: Uint8Array | string,
    contentFormat: number = ContentFormat.opaque,
    size1?: number,
  ) => streamedWrite(setting.store, setting.context, write(path, start, contentFormat) as OperationOf<'write'>, size1)
  const opened = (...args: Parameters<typeof begin>) => {
    const streamed = begin(...args)
    if (streamed === undefined) throw new Error('not taken as it arrives')
    return streamed
  }
  const code = (outcome: Outcome | undefined | Promise<Outcome | undefined>) => {
    if (outcome instanceof Promise) throw new Error('expected an outcome, not a promise')
    return outcome && codeOf(outcome)
  }

  test('whoever takes the value when its first bytes are judged has them, not who did before', () => {
    objects.create(update, 1)
    const endFirst = objects.onReceive('/32010/1/0', () => expect.fail('it takes nothing any more'))
    const [one, other] = [opened('/32010/1/0', 'abc'), opened('/32010/1/0', 'abc')]
    endFirst()
    expect(code(one.end(Buffer.from('abc')))).toBe('2.04')
    expect(heard).toEqual(['0 begins, unknown', '0 abc', '0 ends'])
    const end = objects.onReceive('/32010/1/0', refuse)
    expect(code(other.end(Buffer.from('abc')))).toBe('4.05')
    end()
  })

  test('where nothing takes it any more it is 4.05', () => {
    setting = setUp()
    objects = new ObjectsApi(setting.store)
    objects.create(update, 0)
    const end = objects.onReceive('/32010/0/0', receive)
    const streamed = opened('/32010/0/0', 'abc')
    end()
    expect(code(streamed.end(Buffer.from('abc')))).toBe('4.05')
    expect(heard).toEqual([])
  })

  test('Opaque: all bytes; the size is what the server says', () => {
    const streamed = opened('/32010/0/0', 'abc', ContentFormat.opaque, 6)
    expect(heard).toEqual([])
    expect(code(streamed.write(Buffer.from('abc')))).toBeUndefined()
    expect(code(streamed.write(Buffer.from('de')))).toBeUndefined()
    expect(code(streamed.end(Buffer.from('f')))).toBe('2.04')
    expect(heard).toEqual(['0 begins, 6', '0 abc', '0 de', '0 f', '0 ends'])
  })

  test.each([
    ['TLV', ContentFormat.tlv, 'c80006'],
    ['TLV of the legacy number', ContentFormat.legacyTlv, 'd0000006'],
    ['CBOR', ContentFormat.cbor, '5806'],
  ])('%s: the value behind its head, which tells the size', (_, contentFormat, head) => {
    const start = Buffer.concat([Buffer.from(head, 'hex'), Buffer.from('abc')])
    const streamed = opened('/32010/0/0', start, contentFormat, 99)
    expect(code(streamed.write(start))).toBeUndefined()
    expect(code(streamed.write(Buffer.from('def')))).toBeUndefined()
    expect(code(streamed.end(Buffer.alloc(0)))).toBe('2.04')
    expect(heard).toEqual(['0 begins, 6', '0 abc', '0 def', '0 ends'])
  })

  test.each([
    ['less than its head says', 'de'],
    ['more than its head says', 'defg'],
  ])('%s: 4.00, and the sink is told', (_, rest) => {
    const start = Buffer.concat([Buffer.from('c80006', 'hex'), Buffer.from('abc')])
    const streamed = opened('/32010/0/0', start, ContentFormat.tlv)
    void streamed.write(start)
    expect(code(streamed.end(Buffer.from(rest)))).toBe('4.00')
    expect(heard).toEqual(['0 begins, 6', '0 abc', '0 aborted'])
    streamed.abort()
    expect(heard).toHaveLength(3)
  })

  test('a resource instance that is there; one that is not is 4.04', () => {
    objects.set('/32010/0/2/5', Buffer.alloc(0))
    expect(code(opened('/32010/0/2/5', 'a').end(Buffer.from('a')))).toBe('2.04')
    expect(heard.splice(0)).toEqual(['2/5 begins, unknown', '2/5 a', '2/5 ends'])
    expect(code(opened('/32010/0/2/6', 'a').write(Buffer.from('a')))).toBe('4.04')
    expect(heard).toEqual([])
  })

  test('is anything else put together', () => {
    expect(begin('/32010/0', 'abc', ContentFormat.tlv)).toBeUndefined()
    expect(begin('/32010/0/0', '[]', ContentFormat.senmlJson)).toBeUndefined()
    expect(begin('/32010/0/1', 'abc', ContentFormat.opaque)).toBeUndefined()
    expect(begin('/32010/0/2', '800200', ContentFormat.tlv)).toBeUndefined()
    expect(begin('/32010/0/0/0', 'abc', ContentFormat.opaque)).toBeUndefined()
    expect(begin('/32011/0/0', 'abc', ContentFormat.opaque)).toBeUndefined()
  })

  test('a handler that refuses, a sink that fails: that is the response, and nothing is aborted', async () => {
    doing.receive = refuse
    expect(code(opened('/32010/0/0', 'abc').write(Buffer.from('abc')))).toBe('4.05')
    doing = { write: refuse }
    expect(code(opened('/32010/0/0', 'abc').write(Buffer.from('abc')))).toBe('4.05')
    doing = { write: async () => refuse() }
    const streamed = opened('/32010/0/0', 'abc')
    expect(codeOf((await streamed.write(Buffer.from('abc'))) as Outcome)).toBe('4.05')
    streamed.abort()
    expect(heard.filter(line => line.endsWith('aborted'))).toEqual([])
  })

  test('an instance that goes meanwhile: 4.04, and the sink is told', () => {
    const first = opened('/32010/0/0', 'abc')
    void first.write(Buffer.from('abc'))
    now(setting.later(remove('/32010/0')))
    expect(code(first.write(Buffer.from('def')))).toBe('4.04')
    expect(heard.splice(0)).toEqual(['0 begins, unknown', '0 abc', '0 aborted'])
  })

  test('a right that is taken away meanwhile: 4.01, and the sink is told', () => {
    const streamed = opened('/32010/0/0', 'abc')
    void streamed.write(Buffer.from('abc'))
    objects.create(server, 1, { shortServerId: 2 })
    objects.create(accessControl, 0, { objectId: 32010, objectInstanceId: 0, acl: { 1: 1 }, accessControlOwner: 2 })
    expect(code(streamed.write(Buffer.from('def')))).toBe('4.01')
    expect(code(opened('/32010/0/0', 'abc').write(Buffer.from('abc')))).toBe('4.01')
    expect(heard).toEqual(['0 begins, unknown', '0 abc', '0 aborted'])
  })

  test('aborted: the sink is told once, and nothing else reaches it', () => {
    const streamed = opened('/32010/0/0', 'abc')
    void streamed.write(Buffer.from('abc'))
    streamed.abort()
    streamed.abort()
    expect(code(streamed.write(Buffer.from('def')))).toBe('4.08')
    expect(heard).toEqual(['0 begins, unknown', '0 abc', '0 aborted'])
  })

  test('a sink that throws when it is aborted: told to the application', () => {
    doing.abort = () => {
      throw new Error('flash')
    }
    const streamed = opened('/32010/0/0', 'abc')
    void streamed.write(Buffer.from('abc'))
    streamed.abort()
    expect(setting.errors).toEqual([new Error('flash')])
  })
})
