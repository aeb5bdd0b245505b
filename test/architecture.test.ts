import { describe, expect, test } from 'vitest'
import { type Import, readSourceTree, type SourceFile, sourceFile } from './helpers/source-tree.ts'

interface Room {
  /** Other folders it may import. */
  readonly folders: readonly string[]
  /** Other folders of which it may import types. */
  readonly types?: readonly string[]
  readonly packages: readonly string[]
  /** Whether it may use the modules of Node, or which of its files may. */
  readonly node: boolean | readonly string[]
}

const engine = ['objects', 'transport', 'streams', 'machines', 'client', 'server']

/** What may import what; the table of docs/architecture.md. */
const rooms: Readonly<Record<string, Room>> = {
  objects: { folders: [], packages: ['cbor-x', 'saxes'], node: false },
  transport: { folders: ['objects'], packages: ['coap-packet', '@peculiar/x509', 'reflect-metadata'], node: true },
  streams: { folders: ['objects'], types: ['transport'], packages: ['rxjs'], node: false },
  machines: { folders: [], types: ['objects'], packages: ['xstate'], node: false },
  client: {
    folders: ['objects', 'transport', 'streams', 'machines'],
    packages: ['xstate', 'rxjs', '@statelyai/inspect', 'ws'],
    node: [
      'client/inspector.ts',
      'client/persistence.ts',
      'client/file-package-store.ts',
      'client/file-package-stores.ts',
      'client/file-system.ts',
      'client/fingerprint.ts',
      'client/replace-file.ts',
    ],
  },
  server: { folders: ['objects', 'transport'], packages: ['rxjs'], node: true },
  shell: {
    folders: ['objects', 'transport', 'machines', 'client', 'server'],
    packages: ['commander', 'picocolors'],
    node: true,
  },
  /** As an application sees the engine: by its package name. */
  examples: { folders: [], packages: ['lwm2m-engine', 'rxjs', 'xstate', 'picocolors', 'vitest'], node: true },
  bench: {
    folders: [...engine, ''],
    packages: ['rxjs', 'xstate', 'coap', 'cbor-x', 'coap-packet', 'node-dtls-client'],
    node: true,
  },
  /** The public names. */
  '': { folders: engine, packages: [], node: false },
}

/** Packages with traps or optional ones (see docs/decisions.md), and the one file that knows them. */
const onlyFile: Readonly<Record<string, string>> = {
  'coap-packet': 'transport/coap/codec.ts',
  'cbor-x': 'objects/formats/cbor-reader.ts',
  saxes: 'objects/ddf.ts',
  '@peculiar/x509': 'transport/dtls/test-certificates.ts',
  'reflect-metadata': 'transport/dtls/test-certificates.ts',
  '@statelyai/inspect': 'client/inspector.ts',
  ws: 'client/inspector.ts',
}

/** Where time and randomness come from, and what each may use. */
const sources: Readonly<Record<string, readonly string[]>> = {
  'transport/clock.ts': ['setTimeout', 'clearTimeout', 'performance.now', 'performance.timeOrigin'],
  'transport/simulated-clock.ts': ['setImmediate'],
  'transport/random.ts': ['randomFillSync'],
}

/** A use of global time or randomness; not a property, not the declaration of a method of a clock. */
const globalUse = new RegExp(
  [
    String.raw`(?<![.\w#])(?:globalThis\.|global\.)?(?:set|clear)(?:Timeout|Interval|Immediate)\b(?!\s*:)(?!\(\w+\??:)`,
    String.raw`\bDate\.now\b`,
    String.raw`\bnew Date\(\s*\)`,
    String.raw`\bMath\.random\b`,
    String.raw`\bperformance\.(?:now|timeOrigin)\b`,
    String.raw`\bprocess\.hrtime\b`,
    String.raw`\brandom(?:Bytes|Int|UUID|Fill|FillSync)\b`,
    String.raw`\bgetRandomValues\b`,
  ].join('|'),
  'g',
)

/** Rooms outside the engine, where a test measures or an application lives. */
const freeOfTime = new Set(['bench', 'test'])

function packageOf(specifier: string): string {
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] as string)
}

function roomOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : ''
}

/** Why a file must not import a package; undefined when it may. */
function packageFault(file: SourceFile, room: Room, { specifier }: Import): string | undefined {
  if (specifier.startsWith('node:')) return nodeFault(file, room)
  const name = packageOf(specifier)
  if (!room.packages.includes(name)) return `${file.room || 'index.ts'} has no use for the package ${name}`
  const only = onlyFile[name]
  return only === undefined || only === file.path || file.room === 'bench'
    ? undefined
    : `only ${only} may import ${name}`
}

function nodeFault({ path, room: name }: SourceFile, { node }: Room): string | undefined {
  if (typeof node === 'boolean') return node ? undefined : `${name} is pure: it knows nothing of Node`
  return node.includes(path) ? undefined : `of ${name}, only ${node.join(', ')} may use Node`
}

/** Why a file must not import another one; undefined when it may. */
function fileFault(file: SourceFile, room: Room, target: string, typeOnly: boolean): string | undefined {
  const targetRoom = roomOf(target)
  if (target.endsWith('index.ts') && file.room !== '' && file.room !== 'bench') {
    return 'an index.ts is for users of the package, nobody inside imports it'
  }
  if (targetRoom === file.room) return undefined
  if (file.room === 'transport' && !file.path.startsWith('transport/lwm2m/')) {
    return 'transport knows objects in transport/lwm2m only'
  }
  if (file.room === 'streams' && targetRoom === 'transport' && target !== 'transport/clock.ts') {
    return 'of transport, streams knows the Clock type only'
  }
  if (room.folders.includes(targetRoom)) return undefined
  if (room.types?.includes(targetRoom) !== true)
    return `${file.room || 'index.ts'} may not import ${targetRoom || 'the root'}`
  return typeOnly ? undefined : `${file.room} may import types of ${targetRoom} only`
}

function importFaults(files: readonly SourceFile[]): string[] {
  const faults: string[] = []
  for (const file of files) {
    if (file.room === 'test') continue
    const room = rooms[file.room]
    if (room === undefined) {
      faults.push(`${file.path}: the folder ${file.room} has no line in the table`)
      continue
    }
    for (const one of file.imports) {
      const { specifier, target, typeOnly } = one
      const fault = target === undefined ? packageFault(file, room, one) : fileFault(file, room, target, typeOnly)
      if (fault !== undefined) faults.push(`${file.path} imports ${specifier}: ${fault}`)
    }
  }
  return faults
}

function timeFaults(files: readonly SourceFile[]): string[] {
  const faults: string[] = []
  for (const { path, room, code } of files) {
    if (freeOfTime.has(room)) continue
    for (const [use] of code.matchAll(globalUse)) {
      if (sources[path]?.includes(use) === true) continue
      faults.push(`${path} uses ${use}: time comes from a Clock, randomness from a Random`)
    }
  }
  return faults
}

/** Each import cycle once, as `a → b → a`. */
function cycles(files: readonly SourceFile[]): string[] {
  const targets = new Map(
    files.map(({ path, imports }) => [path, imports.flatMap(({ target }) => (target === undefined ? [] : [target]))]),
  )
  const done = new Set<string>()
  const found: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path)
    if (start !== -1) found.push([...trail.slice(start), path].join(' → '))
    if (start !== -1 || done.has(path)) return
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path])
    done.add(path)
  }
  for (const path of targets.keys()) visit(path, [])
  return found
}

const files = readSourceTree()

describe('the files of the project', () => {
  test('are all seen', () => {
    const seen = new Set(files.map(({ room }) => room))
    expect([...Object.keys(rooms), 'test'].filter(room => !seen.has(room))).toEqual([])
    expect(files.length).toBeGreaterThan(100)
    expect(files.reduce((sum, { imports }) => sum + imports.length, 0)).toBeGreaterThan(500)
  })

  test('import what the table allows', () => expect(importFaults(files)).toEqual([]))

  test('do not import each other in cycles', () => expect(cycles(files)).toEqual([]))

  test('have time and randomness from a Clock and a Random', () => expect(timeFaults(files)).toEqual([]))

  test('hold every imported file', () => {
    const known = new Set(files.map(({ path }) => path))
    const missing = files.flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => target?.endsWith('.ts') === true && !known.has(target))
        .map(({ specifier }) => `${path}: ${specifier}`),
    )
    expect(missing).toEqual([])
  })
})

describe('a planted fault is found', () => {
  const imports: [path: string, source: string, fault: string | undefined][] = [
    ['objects/a.ts', "import { Subject } from 'rxjs'", 'objects has no use for the package rxjs'],
    ['objects/a.ts', "import { readFile } from 'node:fs/promises'", 'objects is pure: it knows nothing of Node'],
    ['objects/a.ts', "import type { Clock } from '../transport/clock.ts'", 'objects may not import transport'],
    ['objects/a.ts', "import { Encoder } from 'cbor-x'", 'only objects/formats/cbor-reader.ts may import cbor-x'],
    ['objects/formats/cbor-reader.ts', "import { Encoder } from 'cbor-x'", undefined],
    [
      'transport/coap/a.ts',
      "import { parse } from 'coap-packet'",
      'only transport/coap/codec.ts may import coap-packet',
    ],
    [
      'transport/coap/a.ts',
      "import { parsePath } from '../../objects/path.ts'",
      'transport knows objects in transport/lwm2m only',
    ],
    ['transport/lwm2m/a.ts', "import { parsePath } from '../../objects/path.ts'", undefined],
    [
      'transport/dtls/a.ts',
      "const x = await import('@peculiar/x509')",
      'only transport/dtls/test-certificates.ts may import @peculiar/x509',
    ],
    ['streams/a.ts', "import type { Clock } from '../transport/clock.ts'", undefined],
    [
      'streams/a.ts',
      "import { systemClock } from '../transport/clock.ts'",
      'streams may import types of transport only',
    ],
    [
      'streams/a.ts',
      "import { systemClock, type Clock } from '../transport/clock.ts'",
      'streams may import types of transport only',
    ],
    [
      'streams/a.ts',
      "import type { Random } from '../transport/random.ts'",
      'of transport, streams knows the Clock type only',
    ],
    ['machines/a.ts', "import { type Path, type A } from '../objects/path.ts'", undefined],
    [
      'machines/a.ts',
      "import {\n  type Path,\n  parsePath,\n} from '../objects/path.ts'",
      'machines may import types of objects only',
    ],
    ['machines/a.ts', "export * from '../client/client.ts'", 'machines may not import client'],
    ['server/a.ts', "import { Lwm2mClient } from '../client/client.ts'", 'server may not import client'],
    ['client/a.ts', "import { Subject } from 'rxjs/operators'", undefined],
    ['client/a.ts', "await import('ws')", 'only client/inspector.ts may import ws'],
    ['client/a.ts', "import { open } from 'node:fs/promises'", 'of client, only client/inspector.ts, .* may use Node'],
    ['client/persistence.ts', "import { resolve } from 'node:path'", undefined],
    ['client/a.ts', "import '../shell/main.ts'", 'client may not import shell'],
    [
      'client/a.ts',
      "import { Store } from '../objects/index.ts'",
      'an index.ts is for users of the package, nobody inside imports it',
    ],
    [
      'client/a.ts',
      "import { Client } from './index.ts'",
      'an index.ts is for users of the package, nobody inside imports it',
    ],
    ['examples/a.ts', "import { Client } from '../client/client.ts'", 'examples may not import client'],
    ['examples/a.ts', "import { Client } from 'lwm2m-engine/server'", undefined],
    ['index.ts', "export * from './client/index.ts'", undefined],
    ['index.ts', "export * from './shell/main.ts'", 'index.ts may not import shell'],
    ['test/a.test.ts', "import { Client } from '../client/index.ts'", undefined],
    [
      'client/a.ts',
      "// import { x } from '../shell/main.ts'\nconst a = \"import { x } from '../shell/main.ts'\"",
      undefined,
    ],
  ]
  for (const [path, source, fault] of imports) {
    test(`${path}: ${source.replaceAll('\n', ' ')}`, () => {
      const faults = importFaults([sourceFile(path, source)])
      expect(faults).toHaveLength(fault === undefined ? 0 : 1)
      if (fault !== undefined) expect(faults[0]).toMatch(new RegExp(`^${path} imports .*: ${fault}$`))
    })
  }

  test('a folder that the table does not know', () => {
    expect(importFaults([sourceFile('helpers/a.ts', '')])).toEqual([
      'helpers/a.ts: the folder helpers has no line in the table',
    ])
  })

  const uses: [source: string, use: string | undefined][] = [
    ['setTimeout(done, 5)', 'setTimeout'],
    ['globalThis.setTimeout(done, 5)', 'globalThis.setTimeout'],
    ['const wait = setInterval', 'setInterval'],
    ['return new Promise(resolve => setImmediate(resolve))', 'setImmediate'],
    ['const nowMs = Date.now()', 'Date.now'],
    ['const now = new Date()', 'new Date()'],
    ['const dice = Math.random() * 6', 'Math.random'],
    ['const startMs = performance.now()', 'performance.now'],
    ["import { randomBytes } from 'node:crypto'", 'randomBytes'],
    // oxlint-disable-next-line no-template-curly-in-string -- the code of a template that is looked at
    ['const text = `at ${Date.now()}`', 'Date.now'],
    ['clock.setTimeout(done, 5)', undefined],
    ['this.#clock.clearTimeout(timer)', undefined],
    ['const clock = { setTimeout: later, clearTimeout: never }', undefined],
    ['  setTimeout(callback: () => void, delayMs: number): Timer', undefined],
    ['const time = new Date(clock.now())', undefined],
    ['// Date.now() is wrong here\n/* Math.random() too */ const text = "setTimeout(a, 1)"', undefined],
    ["const quote = text.replace(/'/g, '') + clock.now()", undefined],
  ]
  for (const [source, use] of uses) {
    test(source.replaceAll('\n', ' '), () => {
      const why = 'time comes from a Clock, randomness from a Random'
      expect(timeFaults([sourceFile('client/a.ts', source)])).toEqual(
        use === undefined ? [] : [`client/a.ts uses ${use}: ${why}`],
      )
    })
  }

  test('a cycle, of types too', () => {
    const cycle = [
      sourceFile('client/a.ts', "import { b } from './b.ts'"),
      sourceFile('client/b.ts', "import type { C } from './deep/c.ts'"),
      sourceFile('client/deep/c.ts', "export * from '../a.ts'\nimport { b } from '../b.ts'"),
      sourceFile('client/d.ts', "import { a } from './a.ts'"),
    ]
    expect(cycles(cycle)).toEqual([
      'client/a.ts → client/b.ts → client/deep/c.ts → client/a.ts',
      'client/b.ts → client/deep/c.ts → client/b.ts',
    ])
  })
})
