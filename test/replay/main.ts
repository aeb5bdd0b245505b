import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Comparison, compareSessions } from './comparison.ts'
import { parseExplanations } from './explanations.ts'
import { report } from './report.ts'
import { replaySession } from './session.ts'
import { parseTranscript, type Transcript } from './transcript.ts'

const usage = `Replays recorded sessions with the reference through our shell and compares what is printed.

  npm run replay -- [--verbose] [--only NAME] [--no-build] DIR

DIR has a file a shell, NAME.txt, or NAME.ROLE.txt where several shells took part in a session. Lines that differ on purpose
are in docs/replay.md. The exit code is 1 when another one differs, or more than one in twenty.`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    verbose: { type: 'boolean', default: false },
    only: { type: 'string' },
    'no-build': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

/** The transcripts of a folder, those of a session together. */
function readSessions(folder: string): Transcript[][] {
  const sessions = new Map<string, Transcript[]>()
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith('.txt') || !name.includes(values.only ?? '')) continue
    const [session = name] = name.split('.')
    const transcript = parseTranscript(name, readFileSync(join(folder, name), 'utf8'))
    sessions.set(session, [...(sessions.get(session) ?? []), transcript])
  }
  return [...sessions.values()]
}

async function main(folder: string): Promise<boolean> {
  const sessions = readSessions(folder)
  if (sessions.length === 0) throw new Error(`there are no transcripts in ${folder}`)
  if (!values['no-build']) execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' })
  const command = [process.execPath, 'dist/shell/main.js', 'shell']
  const comparisons: Comparison[] = []
  for (const transcripts of sessions) {
    const replayed = await replaySession(transcripts, command)
    for (const [at, transcript] of transcripts.entries()) {
      const ours = replayed[at]
      if (ours) comparisons.push(compareSessions(transcript, ours))
    }
  }
  const { text, isGood } = report(comparisons, parseExplanations(readFileSync('docs/replay.md', 'utf8')), values)
  console.log(text)
  return isGood
}

const [folder, ...others] = positionals
if (values.help || folder === undefined || others.length > 0) {
  console.log(usage)
  process.exit(values.help ? 0 : 2)
}
process.exit((await main(folder)) ? 0 : 1)
