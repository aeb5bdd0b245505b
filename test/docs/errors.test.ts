import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { OperationError } from '../../objects/errors.ts'

const folders = ['objects', 'transport', 'machines', 'client', 'server']
const sources = folders.flatMap(folder =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => readFileSync(join(folder, name), 'utf8')),
)
const page = readFileSync('docs/errors.md', 'utf8')

/** The codes of one table of the page, by its heading. */
function documented(heading: string): string[] {
  const section = page.split(/^## /m).find(text => text.startsWith(`${heading}\n`)) ?? ''
  return [...section.matchAll(/^\| ([A-Z_]+) \|/gm)].map(([, code = '']) => code)
}

/** The codes of a union type, as it stands in its file. */
function declared(name: string): string[] {
  const source = sources.find(text => text.includes(`export type ${name} =`)) ?? ''
  const [, union = ''] = new RegExp(`export type ${name} =\\n(.*?)\\n\\n`, 's').exec(source) ?? []
  return [...union.matchAll(/^ {2}\| '([A-Z_]+)'/gm)].map(([, code = '']) => code)
}

test.each(['TransportError', 'RequestError', 'SendError', 'DownloadError', 'PackageError', 'PersistenceError'])(
  'every code of %s is on the page, and no other',
  name => {
    expect(declared(`${name}Code`).length).toBeGreaterThan(2)
    expect(documented(name)).toEqual(declared(`${name}Code`))
  },
)

test('every code of OperationError is there with its response', () => {
  const rows = [...page.matchAll(/^\| ([A-Z_]+) \| (\d)\.(\d\d) \|/gm)]
  for (const [, code, digit, detail] of rows) {
    const { responseCode } = new OperationError(code as OperationError['code'], '')
    expect(`${responseCode >> 5}.${responseCode & 31}`).toBe(`${digit}.${Number(detail)}`)
  }
  expect(rows.map(([, code]) => code)).toEqual(documented('OperationError'))
})

test('every class with a code of its own that is public is there', () => {
  const own = sources.flatMap(text => [
    ...text.matchAll(/^export class (\w+) extends Error \{\n(?: {2}.*\n)*? {2}readonly code = '(\w+)'/gm),
  ])
  /** Never seen outside of the engine. */
  const inner = ['DER', 'DTLS', 'MESSAGE_TOO_LARGE', 'SIGNAL_OPTION', 'WRONG_SHAPE']
  const missing = own.filter(([, name, code]) => !inner.includes(code ?? '') && !page.includes(`| ${name} | ${code} |`))
  expect(missing.map(([, name]) => name)).toEqual([])
  expect(own.length).toBeGreaterThan(10)
})

test('every code of a cause that has no class is there', () => {
  const codes = sources.flatMap(text =>
    [...text.matchAll(/cause: \{ code: '(\w+)'|: Cause = \{ code: '(\w+)'|(?:return|\?\?) \{ code: '(\w+)'/g)].map(
      ([, inline, constant, returned]) => inline ?? constant ?? returned ?? '',
    ),
  )
  expect(codes.length).toBeGreaterThan(4)
  for (const code of codes) expect(page).toContain(`| ${code} |`)
})
