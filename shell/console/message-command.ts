import { ConsoleError } from '../../server/console/console-error.ts'
import { buildMessage, messageClasses } from '../../server/console/message-classes.ts'
import type { MessageKind } from '../../server/console/message-kind.ts'
import type { MessageTemplate } from '../../server/console/template.ts'
import type { Value } from '../../server/console/values.ts'
import type { ArgumentType } from '../line/argument-type.ts'
import { bool, bytes, float, int, text } from '../line/argument-types.ts'
import { list } from '../line/collection-types.ts'
import type { Command } from '../line/command.ts'
import { code, contentFormat, messageType, option } from '../line/message-types.ts'
import type { ShellContext } from './context.ts'

/** A command that sends one message. */
interface MessageCommandDefinition {
  readonly name: string
  /** The class of the message, by the name that `expect` knows it by; its arguments are those of the command. */
  readonly className: string
  /** The arguments that must be given. */
  readonly required?: readonly string[]
  readonly help: string
  readonly example: string
}

/** By the names that they have with every message. */
const argumentTypes: Readonly<Record<string, ArgumentType<unknown>>> = {
  accept: contentFormat('AcceptOption'),
  code,
  confirmable: bool,
  content: bytes,
  depth: int,
  endpoint_name: text,
  epmax: int,
  epmin: int,
  format: contentFormat('ContentFormatOption'),
  gt: float,
  hqmax: int,
  location: text,
  lt: float,
  msg_id: int,
  observe: int,
  options: list(option),
  path: text,
  paths: list(text),
  pmax: int,
  pmin: int,
  preferred_content_format: int,
  query: list(text),
  st: float,
  token: bytes,
  type: messageType,
  update: bool,
  uri_path: text,
  uri_query: list(text),
}

export function messageCommand(definition: MessageCommandDefinition): Command<ShellContext> {
  const { name, className, required = [], help, example } = definition
  const messageClass = messageClasses.get(className)
  if (messageClass === undefined) throw new RangeError(`there is no message class ${className}`)
  return {
    name,
    help,
    example,
    parameters: messageClass.parameters.map(parameter => {
      const type = argumentTypes[parameter]
      if (type === undefined) throw new RangeError(`${className} has an argument of no type: ${parameter}`)
      return { name: parameter, type, required: required.includes(parameter) }
    }),
    run: (args, context) =>
      sending(className, async () => {
        const message = buildMessage(messageClass, [], new Map(Object.entries(args as Record<string, Value>)))
        await sendMessage(message, context, messageClass.kind)
      }),
  }
}

/** Runs what sends a message; its errors say which one could not be sent. */
async function sending(className: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ConsoleError(`could not send ${className} (${reason})`, { cause })
  }
}

/** Sends a message; one that asks for an answer waits for it. */
export async function sendMessage(
  message: MessageTemplate,
  { console, signal }: ShellContext,
  kind?: MessageKind,
): Promise<void> {
  await console.send(message, { signal, kind })
}
