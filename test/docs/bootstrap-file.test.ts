import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { bootstrapOf, parseBootstrapConfig } from '../../server/bootstrap-config.ts'

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')
const page = read('docs/bootstrap-file.md')
const blocks = [...page.matchAll(/^```json\n(.*?)^```$/gms)].map(([, block = '']) => block)

describe('docs/bootstrap-file.md', () => {
  test('has an example', () => expect(blocks).toHaveLength(1))

  test.each(blocks)('the example is a bootstrap file', block => {
    const config = parseBootstrapConfig(block)
    expect([...config.clients.keys()]).toEqual(['urn:dev:os:1', '*'])
    expect(bootstrapOf(config, 'urn:dev:os:1')?.servers).toHaveLength(2)
  })

  test('tells every member that the reader knows, and no other', () => {
    const told = (heading: string) => {
      const [, section = ''] = new RegExp(`^## ${heading}\n(.*?)(?=^## )`, 'ms').exec(page) ?? []
      const [, table = ''] = /^\| member .*?\n((?:\|.*\n)+)/m.exec(section) ?? []
      return table.split('\n').flatMap(row => (row.split('|')[1] ?? '').match(/\w+/g) ?? [])
    }
    const known = (document: object) => {
      try {
        parseBootstrapConfig(JSON.stringify({ clients: { '*': document } }))
      } catch (error) {
        return ((error as Error).message.split('known are ')[1] ?? '').split(', ')
      }
      return []
    }
    expect(told('A client')).toEqual(expect.arrayContaining(known({ x: 1 })))
    expect(told('A client')).toHaveLength(known({ x: 1 }).length)
    expect(told('A server')).toEqual(expect.arrayContaining(known({ servers: [{ x: 1 }] })))
    expect(told('A server')).toHaveLength(known({ servers: [{ x: 1 }] }).length)
  })
})
