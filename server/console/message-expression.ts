import { printable } from '../../objects/printable.ts'
import { ConsoleError } from './console-error.ts'
import { buildMessage, messageClasses } from './message-classes.ts'
import { codes, messageTypes } from './names.ts'
import { optionCall, optionConstant } from './option-values.ts'
import { parseExpression } from './python-syntax.ts'
import { ANY, type Any, type MessageTemplate } from './template.ts'
import { type Call, evaluate, type Value, type Vocabulary } from './values.ts'

/** null: nothing may come. ANY: everything may. */
export type Expected = MessageTemplate | null | Any

/**
 * Reads what is expected as test scripts write it, as calls of their message library: `Lwm2mUpdate("/rd/demo", content=b"")`,
 * `coap.Packet(type=coap.Type.RESET, code=coap.Code.EMPTY)`, `None`, `ANY`. The names are looked up in fixed tables, and
 * nothing is evaluated. Throws ConsoleError with the position, or the name of the argument, that is wrong.
 */
export function parseExpected(text: string): Expected {
  const value = evaluate(parseExpression(text), vocabulary)
  if (value === null || value === ANY || isTemplate(value)) return value
  throw new ConsoleError(`neither a message such as Lwm2mRead("/3/0/0") nor None nor ANY: ${printable(text)}`)
}

const vocabulary: Vocabulary = {
  name: path => enumeration(path) ?? optionConstant(path),

  call(call) {
    const { path, args, keywords, position } = call
    const message = messageClasses.get(path.join('.'))
    if (message === undefined) return pathText(call) ?? optionCall(call)
    try {
      return buildMessage(message, args, keywords)
    } catch (error) {
      if (!(error instanceof ConsoleError)) throw error
      throw new ConsoleError(error.message, { cause: error, position })
    }
  },
}

/** `coap.Code.RES_CONTENT`, `coap.Type.RESET`. */
function enumeration(path: readonly string[]): number | undefined {
  const [library, holder, name, ...rest] = path
  if (library !== 'coap' || name === undefined || rest.length > 0) return undefined
  if (holder === 'Code') return codes.get(name)
  return holder === 'Type' ? messageTypes.get(name) : undefined
}

/** Scripts may write a path as an object of its own: `CoapPath("/rd/demo")`. */
function pathText({ path, args, keywords }: Call): string | undefined {
  const [text] = args
  const isPath = path.length === 1 && pathClasses.has(path[0] as string)
  return isPath && args.length === 1 && keywords.size === 0 && typeof text === 'string' ? text : undefined
}

const pathClasses: ReadonlySet<string> = new Set([
  'CoapPath',
  'Lwm2mPath',
  'Lwm2mNonemptyPath',
  'Lwm2mObjectPath',
  'Lwm2mInstancePath',
  'Lwm2mResourcePath',
])

function isTemplate(value: Value): value is MessageTemplate {
  return typeof value === 'object' && value !== null && 'messageId' in value
}
