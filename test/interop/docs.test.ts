import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseBootstrapConfig } from '../../server/bootstrap-config.ts'
import { Lwm2mBootstrapServer } from '../../server/bootstrap-server.ts'
import { Lwm2mServer } from '../../server/server.ts'

/** Not the synchronous one: the server that a block talks to runs in this process. */
const run = promisify(execFile)

const documents = ['README.md', 'CHANGELOG.md', ...readdirSync('docs').map(name => join('docs', name))]
const folder = join('.cache', 'docs')

/** The TypeScript blocks of the documents, each a program of its own. */
const programs = documents
  .filter(name => name.endsWith('.md'))
  .flatMap(name => {
    const blocks = readFileSync(name, 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)
    return [...blocks].map(([, code = ''], index) => ({
      title: `${name}, block ${index + 1}`,
      name: `${name.replace(/\W/g, '-')}-${index + 1}`,
      code,
    }))
  })

describe('the code blocks of the documents', () => {
  let server: Lwm2mServer
  let bootstrapServer: Lwm2mBootstrapServer

  beforeAll(async () => {
    execFileSync('npm', ['run', '--silent', 'build'])
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    for (const { name, code } of programs) writeFileSync(join(folder, `${name}.ts`), code)
    // As the page on security has its reader do.
    execFileSync(process.execPath, ['dist/shell/main.js', 'certs', join(folder, 'certs'), '--endpoint', 'urn:dev:os:1'])
    const project = {
      extends: '../../tsconfig.json',
      compilerOptions: { rootDir: '.', outDir: 'programs', noEmit: false },
      include: ['*.ts'],
      exclude: [],
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project))
    // The servers that the blocks talk to, on the ports they name.
    server = await Lwm2mServer.listen({ host: '127.0.0.1' })
    const [, accounts = ''] = /^echo '(.*)' > accounts\.json$/m.exec(readFileSync('README.md', 'utf8')) ?? []
    const config = parseBootstrapConfig(accounts)
    bootstrapServer = await Lwm2mBootstrapServer.listen({ host: '127.0.0.1', port: 5783, config })
  })
  afterAll(async () => {
    await server?.close()
    await bootstrapServer?.close()
  })

  test('compile', () => {
    const { stdout } = spawnSync('npx', ['--no-install', 'tsc', '-p', folder], { encoding: 'utf8' })
    expect(stdout).toBe('')
  })

  test.each(programs)('$title runs', async ({ name }) => {
    // Where what they write stays out of the way.
    const options = { cwd: folder, timeout: 20_000 }
    await expect(run(process.execPath, [resolve(folder, 'programs', `${name}.js`)], options)).resolves.toBeDefined()
  })

  test('there are some', () => {
    expect(programs.length).toBeGreaterThanOrEqual(2)
  })
})
