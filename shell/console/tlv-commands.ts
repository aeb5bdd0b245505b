import { hexEscaped } from '../../server/console/python-text.ts'
import { TlvBuilder } from '../../server/console/tlv-builder.ts'
import { type TlvValueType, tlvValue, tlvValueTypes } from '../../server/console/tlv-value.ts'
import { bytes, int, oneOf, text } from '../line/argument-types.ts'
import { list, tuple } from '../line/collection-types.ts'
import type { Command } from '../line/command.ts'
import type { Level, ShellContext } from './context.ts'
import { command, optional, required, withArgument } from './define.ts'
import { leaveCommands } from './leave-commands.ts'

const resourceType = oneOf<TlvValueType>('ResourceType', new Map(tlvValueTypes.map(type => [type, type])))

/** The shell in which a TLV payload is put together; its result are the bytes. */
export function tlvLevel(): Level {
  const builder = new TlvBuilder()
  const serialized = () => hexEscaped(builder.serialize())
  return { suffix: '/TLV', commands: [...tlvCommands(builder, serialized), ...leaveCommands], result: serialized }
}

function tlvCommands(builder: TlvBuilder, serialized: () => string): Command<ShellContext>[] {
  const valueOf = (type: TlvValueType, typed: Uint8Array) => withArgument('value', () => tlvValue(type, typed))
  const tell = ({ print }: ShellContext, told: string | undefined) => {
    if (told !== undefined) print(told)
  }
  return [
    command('add_instance', {
      help: 'Adds an object instance at the top and selects it.',
      example: 'add_instance 0',
      parameters: { identifier: required(int) },
      run: ({ identifier }, context) => tell(context, builder.addInstance(identifier)),
    }),
    command('add_multiple_resource', {
      help: 'Adds a multiple resource to the selected instance, or at the top, and selects it.',
      example: 'add_multiple_resource 6',
      parameters: { identifier: required(int) },
      run: ({ identifier }, context) => tell(context, builder.addMultipleResource(identifier)),
    }),
    command('add_resource', {
      help: 'Adds a resource to the selected instance, or at the top. Without a type the value is taken as bytes.',
      example: 'add_resource 1 type=int 86400',
      parameters: { identifier: required(int), value: required(bytes), type: optional(resourceType, 'opaque') },
      run: ({ identifier, value, type }, context) =>
        tell(context, builder.addResource(identifier, valueOf(type, value))),
    }),
    command('add_resource_instance', {
      help: 'Adds an instance to the selected multiple resource, or at the top. Without a type the value is taken as bytes.',
      example: 'add_resource_instance 0 type=int 5',
      parameters: { identifier: required(int), value: required(bytes), type: optional(resourceType, 'opaque') },
      run: ({ identifier, value, type }, context) =>
        tell(context, builder.addResourceInstance(identifier, valueOf(type, value))),
    }),
    command('deserialize', {
      help: 'Puts the elements of a TLV payload in the place of what is here.',
      example: String.raw`deserialize \xc1\x01\x05`,
      parameters: { data: required(bytes) },
      run: ({ data }, { print }) => print(builder.deserialize(data)),
    }),
    command('make_multires', {
      help: 'Adds several instances to the selected multiple resource: a list of identifiers, each with its value in bytes.',
      example: String.raw`make_multires (0,\x02),(1,\x05)`,
      parameters: { content: required(list(tuple(int, bytes))) },
      run: ({ content }, context) => tell(context, builder.addResourceInstances(content)),
    }),
    command('remove', {
      help: 'Removes an element and what it holds. Its path has one to three identifiers: 5, 5/2, 3/1/2.',
      example: 'remove 0/1',
      parameters: { path: required(text) },
      run: ({ path }) => builder.remove(path),
    }),
    command('select', {
      help: 'Selects the instance or multiple resource that takes what is added next. Its path has one or two identifiers.',
      example: 'select 0/6',
      parameters: { path: required(text) },
      run: ({ path }, { print }) => print(builder.select(path)),
    }),
    command('serialize', {
      help: 'Writes the payload as bytes that other commands take.',
      example: 'serialize',
      run: (_, { print }) => print(serialized()),
    }),
    command('show', {
      help: 'Lists the elements with their paths; an asterisk marks the selected one.',
      example: 'show',
      run: (_, { print }) => print(builder.show()),
    }),
  ]
}
