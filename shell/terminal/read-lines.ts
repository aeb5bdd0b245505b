import { StringDecoder } from 'node:string_decoder'
import { checkLineLength, type ScriptLine } from '../line/script.ts'

/** The lines of a pipe, blank ones too, no more of them than are asked for. Throws ConsoleError for a line that is too long. */
export async function* readLines(input: AsyncIterable<Buffer | string>): AsyncGenerator<ScriptLine, void> {
  const decoder = new StringDecoder('utf8')
  const pieces: string[] = []
  let length = 0
  let number = 1
  const take = (last: string): ScriptLine => {
    const text = pieces.join('') + last
    pieces.length = 0
    length = 0
    checkLineLength(text.length, number)
    return { text: text.endsWith('\r') ? text.slice(0, -1) : text, number: number++ }
  }
  for await (const chunk of input) {
    const lines = (typeof chunk === 'string' ? chunk : decoder.write(chunk)).split('\n')
    const rest = lines.pop() ?? ''
    for (const line of lines) yield take(line)
    pieces.push(rest)
    length += rest.length
    checkLineLength(length, number)
  }
  const last = decoder.end()
  if (length + last.length > 0) yield take(last)
}
