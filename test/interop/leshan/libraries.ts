import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const cache = new URL('../../../.cache/leshan/', import.meta.url).pathname

/**
 * The folder with the libraries of a `pom.xml`, fetched once for each content of it through Maven, which checks their checksums.
 * @throws when Maven cannot fetch them; the message is Maven's.
 */
export async function fetchLibraries(pom: string): Promise<string> {
  const version = createHash('sha256')
    .update(await readFile(pom))
    .digest('hex')
    .slice(0, 12)
  const folder = join(cache, version)
  if (existsSync(folder)) return folder
  await mkdir(cache, { recursive: true })
  const download = await mkdtemp(join(cache, 'download-'))
  try {
    await run(
      'mvn',
      [
        '--quiet',
        '--batch-mode',
        '--strict-checksums',
        '--file',
        pom,
        'dependency:copy-dependencies',
        '-DincludeScope=runtime',
        `-DoutputDirectory=${download}`,
      ],
      { timeout: 200_000 },
    )
    await rename(download, folder)
  } catch (error) {
    // Another server that starts at the same time may have been first.
    if (!existsSync(folder)) throw error
  } finally {
    await rm(download, { recursive: true, force: true })
  }
  return folder
}
