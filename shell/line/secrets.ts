import { assign } from './assignment.ts'
import type { Parameter } from './command.ts'
import { splitName, type Word } from './words.ts'

/** Whether one of the words is, or may be, a key: by the name typed before it, or by that of the parameter in its place. */
export function holdsKey(words: readonly Word[], parameters: readonly Parameter[], namesArguments: boolean): boolean {
  if (words.some(word => isKey(splitName(word)?.name))) return true
  return Array.from(assign(words, parameters, namesArguments).words.keys()).some(({ name }) => isKey(name))
}

function isKey(name: string | undefined): boolean {
  return name !== undefined && /key/i.test(name)
}
