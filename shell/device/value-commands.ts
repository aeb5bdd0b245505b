import type { Content } from '../../objects/content.ts'
import type { ResourceEntry } from '../../objects/definition-table.ts'
import { OperationError, ValueError } from '../../objects/errors.ts'
import { formatPath, type Path } from '../../objects/path.ts'
import type { Value } from '../../objects/value.ts'
import { ConsoleError } from '../../server/console/console-error.ts'
import { text } from '../line/argument-types.ts'
import type { Command } from '../line/command.ts'
import { path, resourceKind } from './arguments.ts'
import type { DeviceContext } from './context.ts'
import type { Device } from './device.ts'
import { jsonValue } from './output.ts'
import { resourceAt } from './tree.ts'
import { isOption, readOption, showValue, typedValue, writeOption } from './value-options.ts'

/** Commands on the value of one resource, or resource instance. */
export function valueCommands(device: Device): Command<DeviceContext>[] {
  return [
    {
      name: 'read',
      parameters: [
        { name: 'path', type: path(device, resourceKind), required: true },
        { name: 'option', type: readOption, required: false, takes: isOption },
      ],
      help: `Shows the value of a resource, or resource instance, as a server would read it.
-x     bytes in hexadecimal, as TLV carries them; this is the default
-s     text; -b 1 or 0; -f number with a point; -t seconds since 1970
-u8 -u16 -u32 -u64 -s8 -s16 -s32 -s64
       whole number, unsigned or signed, that fits so many bits
-crc32 checksum of the bytes`,
      example: 'read /3/0/9 -u8',
      async run(args, { output }) {
        const place = args['path'] as Path
        const option = args['option'] as string | undefined
        const resource = singleAt(device, place)
        const value = (await device.objects.read(formatPath(place))) as Value | undefined
        if (value === undefined) throw new ConsoleError(`path: there is no ${formatPath(place)}`)
        const lines = blaming('option', () => showValue(option ?? '-x', value, resource))
        // Programs get the value itself, unless they ask for a form of it.
        const shown = option === undefined ? jsonValue(value) : lines.join('\n')
        output.answer({ path: formatPath(place), name: resource.name, value: shown }, lines)
      },
    },
    {
      name: 'write',
      parameters: [
        { name: 'path', type: path(device, { ...resourceKind, wanted: 'writable' }), required: true },
        { name: 'type', type: writeOption, required: false, takes: isOption },
        { name: 'value', type: text, required: true },
      ],
      help: `Sets a resource, or resource instance, whether servers may write it or not. Without a type the value
is taken as text for the type of the resource; a time may be ISO 8601, an object link is as 3303:0.
-s text; -b 1 or 0; -f number; -t time; -x bytes in hexadecimal
-u8 -u16 -u32 -u64 -s8 -s16 -s32 -s64 whole number that fits so many bits`,
      example: 'write /3303/0/5700 -f 21.5',
      run(args) {
        const place = args['path'] as Path
        const resource = singleAt(device, place)
        const type = args['type'] as string | undefined
        const value = blaming('type', () => typedValue(type, String(args['value']), resource))
        setValue(device, place, value)
      },
    },
    {
      name: 'exec',
      parameters: [
        {
          name: 'path',
          type: path(device, { lengths: [3], example: '/3/0/4', wanted: 'executable' }),
          required: true,
        },
        { name: 'arguments', type: text, required: false, fallback: '' },
      ],
      help: `Executes a resource as a server would. Arguments are digits, with or without a value, and commas between.`,
      example: `exec /1/0/8 "0='U'"`,
      async run(args) {
        const place = args['path'] as Path
        const resource = resourceOf(device, place)
        if (!resource.executable) throw new ConsoleError(`path: ${resource.name} cannot be executed`)
        await device.objects.execute(formatPath(place), String(args['arguments'])).catch((error: unknown) => {
          if (!(error instanceof OperationError)) throw error
          const argument = error.code === 'BAD_REQUEST' ? 'arguments' : 'path'
          throw new ConsoleError(`${argument}: ${error.message}`, { cause: error })
        })
      },
    },
  ]
}

/** The resource that a path is about. Throws ConsoleError. */
export function resourceOf(device: Device, place: Path): ResourceEntry {
  const resource = resourceAt(device.objects, place)
  const instance = formatPath(place.slice(0, 2))
  if (!device.objects.has(instance)) throw new ConsoleError(`path: there is no instance ${instance}`)
  if (resource === undefined) throw new ConsoleError(`path: there is no resource ${formatPath(place.slice(0, 3))}`)
  return resource
}

/** The resource of which there is one value at a path. Throws ConsoleError. */
export function singleAt(device: Device, place: Path): ResourceEntry {
  const resource = resourceOf(device, place)
  if (resource.type === 'none') throw new ConsoleError(`path: ${resource.name} has no value; it can be executed`)
  if (resource.multiple && place.length === 3)
    throw new ConsoleError(
      `path: ${resource.name} is multiple; write one of its instances, such as ${formatPath(place)}/0`,
    )
  if (!resource.multiple && place.length === 4) throw new ConsoleError(`path: ${resource.name} has no instances`)
  return resource
}

/** Throws ConsoleError for a value that is out of range. */
export function setValue(device: Device, place: Path, value: Content): void {
  try {
    device.objects.set(formatPath(place), value)
  } catch (error) {
    if (error instanceof ValueError) throw new ConsoleError(`value: ${error.message}`, { cause: error })
    throw error
  }
}

/** The value of a resource instance that is new. */
export function emptyValue({ type, range }: ResourceEntry): Value {
  switch (type) {
    case 'string':
    case 'coreLink':
      return ''
    case 'boolean':
      return false
    case 'opaque':
      return new Uint8Array()
    case 'objectLink':
      return { objectId: 65_535, instanceId: 65_535 }
    default:
      return Math.max(0, range?.[0] ?? 0)
  }
}

/** Names the argument that is to blame, where the message does not. */
function blaming<T>(argument: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof ConsoleError) || /^\w+: /.test(error.message)) throw error
    throw new ConsoleError(`${argument}: ${error.message}`, { cause: error })
  }
}
