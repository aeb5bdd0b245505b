import { type SavedSoftware, type SoftwarePhase, softwareResult } from '../machines/software-context.ts'
import { JsonReader, ShapeError } from './json-reader.ts'
import type { PackageSource } from './package-pull.ts'
import { isShortText } from './short-text.ts'
import type { SoftwareAccount } from './software-account.ts'
import { isSoftwareName, maximumNameBytes } from './software-options.ts'

/** What is kept of an instance beside its package, as JSON data. The rest is of a download and holds secrets, maybe. */
export interface SoftwareNote extends SoftwareAccount, PackageSource {
  readonly saved: SavedSoftware
  /** Where the package comes from. */
  readonly uri?: string
  readonly totalBytes?: number
}

const formatVersion = 1

export function encodeSoftwareNote(note: SoftwareNote): unknown {
  return { version: formatVersion, note }
}

/** Reads what {@link encodeSoftwareNote} made; undefined: it is none. */
export function decodeSoftwareNote(data: unknown): SoftwareNote | undefined {
  try {
    const document = new JsonReader(data, 'the note')
    return document.member('version').value === formatVersion ? readNote(document.member('note')) : undefined
  } catch (error) {
    if (error instanceof ShapeError) return undefined
    throw error
  }
}

const phases: readonly SoftwarePhase[] = [
  'initial',
  'removing',
  'pushing',
  'pulling',
  'downloaded',
  'delivered',
  'installing',
  'inactive',
  'active',
  'uninstalling',
]

const truth: readonly boolean[] = [false, true]

function readNote(note: JsonReader): SoftwareNote {
  const saved = note.member('saved')
  const text = (member: JsonReader) => member.text()
  const shortText = (member: JsonReader) => (isShortText(member.text()) ? member.text() : member.fail('a short text'))
  return {
    saved: {
      phase: saved.member('phase').oneOf(phases),
      result: saved.member('result').oneOf(Object.values(softwareResult)),
      isInPlace: saved.member('isInPlace').oneOf(truth),
      isForUpdate: saved.member('isForUpdate').oneOf(truth),
      name: nameIn(saved.member('name')),
      version: nameIn(saved.member('version')),
    },
    ...note.optional('uri', text),
    ...note.optional('validator', text),
    ...note.optional('localPort', member => member.integer(1, 65_535)),
    ...note.optional('userName', shortText),
    ...note.optional('password', shortText),
    ...note.optional('totalBytes', member => member.integer(0, Number.MAX_SAFE_INTEGER)),
  }
}

function nameIn(member: JsonReader): string {
  const name = member.text()
  return isSoftwareName(name) ? name : member.fail(`a text of ${maximumNameBytes} bytes at most`)
}

/** Where a note leaves off, given how much of the package is really there. */
export function resumedSoftware({ saved, totalBytes }: SoftwareNote, bytes: number): SavedSoftware {
  const { phase } = saved
  if (phase === 'pulling' && totalBytes !== undefined && bytes === totalBytes) return { ...saved, phase: 'downloaded' }
  const isLost = bytes === 0 && (phase === 'downloaded' || phase === 'delivered')
  return isLost ? { ...saved, phase: 'initial', result: softwareResult.integrityFailed } : saved
}
