import { CborBuilder } from '../../server/console/cbor-builder.ts'
import { hexEscaped } from '../../server/console/python-text.ts'
import { tlvValueTypes } from '../../server/console/tlv-value.ts'
import type { ArgumentType } from '../line/argument-type.ts'
import { bytes, text } from '../line/argument-types.ts'
import type { Command } from '../line/command.ts'
import type { Level, ShellContext } from './context.ts'
import { command, optional, required, withArgument } from './define.ts'
import { leaveCommands } from './leave-commands.ts'

/** Any other name is taken for `string`. */
const resourceType: ArgumentType<string> = {
  ...text,
  name: 'ResourceType',
  candidates: () => tlvValueTypes.map(type => ({ text: type })),
}

/** The shell in which a SenML CBOR payload is put together; its result are the bytes. */
export function cborLevel(): Level {
  const builder = new CborBuilder()
  const serialized = () => hexEscaped(builder.serialize())
  return { suffix: '/CBOR', commands: [...cborCommands(builder, serialized), ...leaveCommands], result: serialized }
}

function cborCommands(builder: CborBuilder, serialized: () => string): Command<ShellContext>[] {
  return [
    command('add_resource', {
      help: 'Adds a record, unless there is one of this name already. Its value is text unless a type is given.',
      example: 'add_resource 0/0/1 int 5',
      parameters: {
        name: required(text),
        type: optional(resourceType, 'string'),
        value: optional(bytes),
        basename: optional(text),
      },
      run: ({ name, type, value, basename }) =>
        withArgument('value', () => builder.addResource(name, type, value, basename)),
    }),
    command('remove', {
      help: 'Removes the record of a name.',
      example: 'remove 0/0/1',
      parameters: { name: required(text) },
      run: ({ name }) => builder.remove(name),
    }),
    command('serialize', {
      help: 'Writes the payload as bytes that other commands take.',
      example: 'serialize',
      run: (_, { print }) => print(serialized()),
    }),
    command('show', {
      help: 'Lists the records.',
      example: 'show',
      run: (_, { print }) => print(builder.show()),
    }),
  ]
}
