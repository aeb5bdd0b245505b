import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { temperature } from '../../objects/definitions/temperature.ts'
import { runDdf } from '../../shell/ddf.ts'

const directory = mkdtempSync(join(tmpdir(), 'lwm2m-ddf-'))
afterAll(() => rmSync(directory, { recursive: true }))

const fixture = (name: string) => fileURLToPath(new URL(`../objects/ddf/${name}.xml`, import.meta.url))

function file(name: string, content: string): string {
  const path = join(directory, name)
  writeFileSync(path, content)
  return path
}

async function run(path: string, json?: true) {
  const printed: string[] = []
  const failed: string[] = []
  const exitCode = await runDdf(
    { file: path, ...(json ? { json } : {}) },
    { print: line => void printed.push(line), printError: line => void failed.push(line) },
  )
  return { exitCode, printed: printed.join('\n'), failed }
}

test('lwm2m ddf prints a TypeScript module', async () => {
  const { exitCode, printed, failed } = await run(fixture('two-objects'))
  expect([exitCode, failed]).toEqual([0, []])
  expect(printed).toMatch(
    /^import \{ defineObject \} from 'lwm2m-engine\/objects'\n\nexport const everyType = defineObject\(\{\n/,
  )
  expect(printed).toMatch(/\n\}\)\n\nexport const nothing = defineObject\(\{\n {2}id: 32770,\n/)
})

test('two objects of one name, and one called as the function, have names of their own', async () => {
  const objectOf = (id: number, name: string) => `<Object><Name>${name}</Name><ObjectID>${id}</ObjectID></Object>`
  const xml = `<LWM2M>${objectOf(1, 'A')}${objectOf(2, 'A')}${objectOf(3, 'Define Object')}</LWM2M>`
  const { printed } = await run(file('names.xml', xml))
  expect(printed.match(/(?<=export const )\w+/g)).toEqual(['a', 'a_2', 'defineObject_3'])
})

test('lwm2m ddf --json prints the definitions', async () => {
  const { exitCode, printed } = await run(fixture('temperature'), true)
  expect([exitCode, JSON.parse(printed)]).toEqual([0, [temperature]])
})

test('what cannot be read gives one line and exit code 1', async () => {
  const missing = join(directory, 'missing.xml')
  expect(await run(missing)).toEqual({
    exitCode: 1,
    printed: '',
    failed: [`error: ${missing}: no such file or directory`],
  })
  expect(await run(directory)).toEqual({ exitCode: 1, printed: '', failed: [`error: ${directory}: is a directory`] })
  const text = file('text.xml', 'not XML')
  expect(await run(text)).toEqual({
    exitCode: 1,
    printed: '',
    failed: [expect.stringMatching(/^error: .*text\.xml: line 1: /)],
  })
})

test('a file of 50 MB is refused', async () => {
  const large = file('large.xml', '')
  truncateSync(large, 50_000_000)
  expect(await run(large)).toEqual({
    exitCode: 1,
    printed: '',
    failed: [`error: ${large}: the document is longer than 4 MB`],
  })
})
