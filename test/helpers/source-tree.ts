import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Import {
  /** What stands between the quotes. */
  readonly specifier: string
  /** The file it names, from the root of the project; undefined for a package. */
  readonly target: string | undefined
  /** Gone after compilation. */
  readonly typeOnly: boolean
}

export interface SourceFile {
  /** From the root of the project: `transport/coap/peer.ts`. */
  readonly path: string
  /** The top-level folder; the empty text for a file of the root. */
  readonly room: string
  readonly imports: readonly Import[]
  /** The code without comments and the content of texts. */
  readonly code: string
}

const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const otherFolders = new Set(['node_modules', 'dist', 'docs', 'coverage'])

/** Every TypeScript file of the project below its top-level folders, and its `index.ts`. */
export function readSourceTree(): SourceFile[] {
  const folders = readdirSync(projectRoot, { withFileTypes: true })
    .filter(entry => entry.isDirectory() && !entry.name.startsWith('.') && !otherFolders.has(entry.name))
    .map(({ name }) => name)
  const paths = folders.flatMap(folder =>
    readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
      .filter(path => path.endsWith('.ts') && !path.includes('node_modules'))
      .map(path => posix.join(folder, ...path.split('\\'))),
  )
  return ['index.ts', ...paths].map(path => sourceFile(path, readFileSync(join(projectRoot, path), 'utf8')))
}

export function sourceFile(path: string, source: string): SourceFile {
  const withoutComments = source.replace(token, text => (isComment(text) ? ' ' : text))
  const code = source.replace(token, text => (isComment(text) ? ' ' : placeholders(text)))
  return {
    path,
    room: path.includes('/') ? path.slice(0, path.indexOf('/')) : '',
    imports: importsOf(path, withoutComments),
    code,
  }
}

/** Comments, texts and regular expressions: what looks like code but is none. */
const token = new RegExp(
  [
    String.raw`/\*[\s\S]*?\*/`,
    String.raw`//[^\n]*`,
    String.raw`'(?:\\.|[^'\\\n])*'`,
    String.raw`"(?:\\.|[^"\\\n])*"`,
    '`(?:\\\\.|[^`\\\\])*`',
    String.raw`(?<=[=(,:[!&|?{};]\s*)/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+/`,
  ].join('|'),
  'g',
)

function isComment(text: string): boolean {
  return text.startsWith('//') || text.startsWith('/*')
}

/** The code inside a template; of any other text nothing. */
function placeholders(text: string): string {
  if (!text.startsWith('`')) return "''"
  return [...text.matchAll(/\$\{([^}]*)\}/g)].map(([, code]) => ` ${code} `).join(';')
}

const clause = String.raw`(?:\*(?:\s+as\s+\w+)?|\w+|(?:\w+\s*,\s*)?\{[^}]*\})`
const statement = new RegExp(
  String.raw`^[ \t]*(?:import|export)\s+(type\s+)?(?:(${clause})\s+from\s+)?['"]([^'"]+)['"]`,
  'gm',
)
const dynamic = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g

function importsOf(path: string, source: string): Import[] {
  const found: Import[] = []
  const add = (specifier: string, typeOnly: boolean) => {
    const target = specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined
    found.push({ specifier, target, typeOnly })
  }
  for (const [, type, names = '', specifier = ''] of source.matchAll(statement)) {
    add(specifier, type !== undefined || onlyTypes(names))
  }
  for (const [, specifier = ''] of source.matchAll(dynamic)) add(specifier, false)
  return found
}

/** `{ type A, type B }` */
function onlyTypes(names: string): boolean {
  if (!names.startsWith('{')) return false
  const list = names
    .slice(1, -1)
    .split(',')
    .map(name => name.trim())
  return list.filter(name => name !== '').every(name => name.startsWith('type '))
}
