import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { leshanInstall, leshanPrograms } from './leshan/leshan.ts'
import { describePeer } from './peer-suite.ts'

/** What is done with a block: its language and what stands behind that. */
interface Block {
  readonly title: string
  readonly language: string
  readonly info: string
  readonly text: string
}

const blocks: Block[] = []
let title = ''
for (const [, heading, language, info = '', text = ''] of readFileSync('docs/tutorial.md', 'utf8').matchAll(
  /^## (.*)$|^```(\w+)(.*)\n([^]*?)^```$/gm,
)) {
  if (heading !== undefined) title = heading
  else if (language !== undefined) blocks.push({ title, language, info: info.trim(), text })
}
const steps = [...new Set(blocks.map(block => block.title))]

const base = mkdtempSync(join(tmpdir(), 'tutorial-'))
let folder = base

describePeer('the tutorial, followed to the letter', [...leshanPrograms, 'curl'], `${leshanInstall} curl`, () => {
  let background: { readonly kind: string; readonly child: ChildProcess }[] = []

  beforeAll(() => symlinkSync(resolve('.'), join(base, 'lwm2m-engine')))
  afterAll(async () => {
    await end()
    rmSync(base, { recursive: true })
  })

  /** As Ctrl-C in each terminal does, or in those of one kind. */
  async function end(kind?: string): Promise<void> {
    const ended = background.filter(one => kind === undefined || one.kind === kind)
    background = background.filter(one => !ended.includes(one))
    for (const { child } of ended) await interrupt(child)
  }

  async function interrupt(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.pid === undefined) return
    const closed = once(child, 'close')
    process.kill(-child.pid, 'SIGINT')
    await closed
  }

  function start(text: string): { readonly child: ChildProcess; readonly output: () => string } {
    const child = spawn('bash', ['-ec', text], { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (part: string) => {
        output += part
      })
    return { child, output: () => output }
  }

  /** Resolves when the output has what is expected, and, of what is not left to run on, when it has ended. */
  async function run({ info, text }: Block): Promise<void> {
    const expected = new RegExp(/expect=(\S+)/.exec(info)?.[1] ?? '')
    const isBackground = info.startsWith('background')
    const kind = text.startsWith('node ') ? 'device' : 'server'
    // There is one device, and a server takes the place of the one before, with all who were there.
    if (isBackground) await end(kind === 'device' ? kind : undefined)
    const { child, output } = start(text)
    if (isBackground || info.startsWith('seconds')) {
      const ended = once(child, 'close').then(([code]) => Promise.reject(new Error(`ended with ${code}: ${output()}`)))
      await Promise.race([ended, expect.poll(output, { timeout: 60_000 }).toMatch(expected)])
      ended.catch(() => undefined)
      if (isBackground) background.push({ kind, child })
      else await interrupt(child)
      return
    }
    const [code] = await once(child, 'close')
    expect(`${output()}\n[exit ${code}]`).toMatch(/\[exit 0\]$/)
    expect(output()).toMatch(expected)
  }

  it.each(steps)('%s', async step => {
    for (const block of blocks.filter(one => one.title === step)) {
      if (block.language === 'js') writeFileSync(join(folder, block.info), block.text)
      else if (block.info === 'install') link('vitest')
      else if (block.info !== 'clone') await run(block)
      if (block.text.startsWith('mkdir my-sensor')) folder = join(base, 'my-sensor')
    }
  })

  /** In place of what npm would fetch. */
  function link(name: string): void {
    mkdirSync(join(folder, 'node_modules'), { recursive: true })
    symlinkSync(resolve('node_modules', name), join(folder, 'node_modules', name))
    symlinkSync(join('..', name, `${name}.mjs`), join(folder, 'node_modules', '.bin', name))
  }
})
