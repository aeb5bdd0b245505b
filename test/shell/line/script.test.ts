import { describe, expect, test } from 'vitest'
import { maximumLineLength, maximumScriptLength, parseScript } from '../../../shell/line/script.ts'
import { readLines } from '../../../shell/terminal/read-lines.ts'

async function linesOf(...chunks: (Buffer | string)[]) {
  async function* source() {
    yield* chunks
  }
  const lines: { text: string; number: number }[] = []
  for await (const line of readLines(source())) lines.push(line)
  return lines
}

describe('a script', () => {
  test('comments and blank lines are left out, numbers stay', () => {
    expect(parseScript('# begin\r\nread /3\r\n\n  # more\n  \n update /1 # no comment')).toEqual([
      { text: 'read /3', number: 2 },
      { text: ' update /1 # no comment', number: 6 },
    ])
  })

  test('a line that is too long', () => {
    expect(() => parseScript(`read\n${'x'.repeat(maximumLineLength + 1)}`)).toThrow('line 2 is longer than 1048576')
  })

  test('a script that is too long', () => {
    expect(() => parseScript('\n'.repeat(maximumScriptLength + 1))).toThrow('the script is too long')
  })
})

describe('a pipe', () => {
  test('blank lines and comments are lines like any other', async () => {
    expect(await linesOf('read /3\n\n# x\r\n')).toEqual([
      { text: 'read /3', number: 1 },
      { text: '', number: 2 },
      { text: '# x', number: 3 },
    ])
  })

  test('chunks end anywhere', async () => {
    const bytes = Buffer.from('écrire\nlast')
    expect(await linesOf(...Array.from(bytes, byte => Buffer.of(byte)))).toEqual([
      { text: 'écrire', number: 1 },
      { text: 'last', number: 2 },
    ])
  })

  test('a line that is too long, before it ends', async () => {
    const chunk = 'x'.repeat(65_536)
    await expect(linesOf('read\n', ...Array.from({ length: 17 }, () => chunk))).rejects.toMatchObject({
      code: 'CONSOLE',
      message: 'line 2 is longer than 1048576 characters',
    })
  })
})
