import { type FirmwarePhase, type FirmwareResult, firmwareResult } from '../machines/firmware-context.ts'
import { JsonReader, ShapeError } from './json-reader.ts'
import type { PackageSource } from './package-pull.ts'
import { isShortText } from './short-text.ts'

/** What is known of a package, told by whoever verifies it. */
export interface FirmwareDescription {
  /** /5/0/6, 255 characters at most. */
  readonly name?: string
  /** /5/0/7, 255 characters at most. */
  readonly version?: string
}

/** What is kept of a firmware update beside its package, as JSON data. Times are milliseconds since 1970. */
export interface FirmwareNote extends FirmwareDescription, PackageSource {
  readonly phase: FirmwarePhase
  readonly result: FirmwareResult
  /** Of the package, once it is complete. */
  readonly bytes?: number | undefined
  /** Where the package comes from; it may hold a secret. */
  readonly uri?: string | undefined
  readonly totalBytes?: number | undefined
  readonly changedAtMs?: number | undefined
  readonly deferredAtMs?: number | undefined
  readonly severity?: number | undefined
  readonly maximumDeferSeconds?: number | undefined
}

const formatVersion = 1

export function encodeFirmwareNote(note: FirmwareNote): unknown {
  return { version: formatVersion, note }
}

/** Reads what {@link encodeFirmwareNote} made; undefined: it is none. */
export function decodeFirmwareNote(data: unknown): FirmwareNote | undefined {
  try {
    const document = new JsonReader(data, 'the note')
    if (document.member('version').value !== formatVersion) return undefined
    return readNote(document.member('note'))
  } catch (error) {
    if (error instanceof ShapeError) return undefined
    throw error
  }
}

const phases: readonly FirmwarePhase[] = ['idle', 'pushing', 'pulling', 'downloaded', 'deferred', 'updating']

function readNote(note: JsonReader): FirmwareNote {
  const text = (member: JsonReader) => (isShortText(member.text()) ? member.text() : member.fail('a short text'))
  const count = (member: JsonReader) => member.integer(0, Number.MAX_SAFE_INTEGER)
  const time = (member: JsonReader) => member.number(0)
  return {
    phase: note.member('phase').oneOf(phases),
    result: note.member('result').oneOf(Object.values(firmwareResult)),
    ...note.optional('bytes', count),
    ...note.optional('uri', text),
    ...note.optional('validator', member => member.text()),
    ...note.optional('totalBytes', count),
    ...note.optional('localPort', member => member.integer(1, 65_535)),
    ...note.optional('changedAtMs', time),
    ...note.optional('deferredAtMs', time),
    ...note.optional('name', text),
    ...note.optional('version', text),
    ...note.optional('severity', member => member.integer(0, 2)),
    ...note.optional('maximumDeferSeconds', count),
  }
}

/** What servers can be told of it. Throws TypeError for what is no text or too long. */
export function describeFirmware({ name, version }: FirmwareDescription): FirmwareDescription {
  for (const text of [name, version]) {
    if (text !== undefined && !isShortText(text))
      throw new TypeError('name and version are texts of 255 characters at most')
  }
  return { ...(name === undefined ? {} : { name }), ...(version === undefined ? {} : { version }) }
}

/** Where a note leaves off, given how much of the package is really there. */
export function resumedPhase({ phase, ...noted }: FirmwareNote, bytes: number): FirmwarePhase {
  if (phase === 'pulling') return bytes === noted.totalBytes ? 'pulled' : phase
  // A package that is not all there any more has to be sent again, as one that never was.
  if (phase === 'downloaded' || phase === 'deferred') return bytes === noted.bytes ? phase : 'pushing'
  return phase
}
