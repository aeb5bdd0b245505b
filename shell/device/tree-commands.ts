import { maxDdfLength, parseDdf } from '../../objects/ddf.ts'
import type { ObjectDefinition } from '../../objects/definition.ts'
import { tableOf } from '../../objects/definition-table.ts'
import { builtInObject } from '../../objects/definitions/built-in.ts'
import { DdfError } from '../../objects/errors.ts'
import { covers, formatPath, overlap, type Path } from '../../objects/path.ts'
import type { Value } from '../../objects/value.ts'
import { ConsoleError } from '../../server/console/console-error.ts'
import { DocumentError, readDocument, shownName } from '../document.ts'
import { text } from '../line/argument-types.ts'
import type { Command } from '../line/command.ts'
import { anyKind, count, path, resourceKind, word } from './arguments.ts'
import type { DeviceContext } from './context.ts'
import type { Device } from './device.ts'
import { jsonValue, table } from './output.ts'
import { definitionOf, instancesAround } from './tree.ts'
import { emptyValue, setValue, singleAt } from './value-commands.ts'
import { listedValue } from './value-options.ts'

/** Commands on objects and instances. */
export function treeCommands(device: Device): Command<DeviceContext>[] {
  return [
    {
      name: 'ls',
      parameters: [{ name: 'path', type: path(device, anyKind), required: false, fallback: [] }],
      help: `Lists what there is at and below a path, or all: strings as text, booleans as 1 or 0, bytes by their number.`,
      example: 'ls /3303',
      async run(args, { output }) {
        const place = args['path'] as Path
        const values = await valuesBelow(device, place)
        if (values.length === 0 && place.length > 0 && !device.objects.has(formatPath(place)))
          throw new ConsoleError(`path: there is no ${formatPath(place)}`)
        const answer = values.map(({ path: at, name, value }) => ({
          path: formatPath(at),
          name,
          ...(value !== undefined && { value: jsonValue(value) }),
        }))
        const rows = values.map(({ path: at, shown }) =>
          shown === undefined ? [formatPath(at)] : [formatPath(at), shown],
        )
        output.answer({ values: answer }, table(rows, ' : '))
      },
    },
    {
      name: 'create',
      parameters: [{ name: 'path', type: path(device, { lengths: [2, 4], example: '/3303/0' }), required: true }],
      help: `Creates an instance of an object, or of a multiple resource. The object may be any that this program knows.`,
      example: 'create /3303/1',
      run(args) {
        const place = args['path'] as Path
        if (device.objects.has(formatPath(place))) throw new ConsoleError(`path: ${formatPath(place)} exists already`)
        if (place.length === 2) createInstance(device, place)
        else setValue(device, place, emptyValue(singleAt(device, place)))
      },
    },
    {
      name: 'delete',
      parameters: [{ name: 'path', type: path(device, { lengths: [2, 3, 4], example: '/3303/0' }), required: true }],
      help: 'Deletes an instance of an object, a resource, or an instance of a resource.',
      example: 'delete /3303/1',
      run(args) {
        const place = formatPath(args['path'] as Path)
        if (!device.objects.has(place)) throw new ConsoleError(`path: there is no ${place}`)
        device.objects.delete(place)
      },
    },
    {
      name: 'cache',
      parameters: [
        { name: 'path', type: path(device, resourceKind), required: true },
        { name: 'number', type: count(1, 10_000), required: true },
      ],
      help: `Keeps the last so many values of a resource with their times; reads, notifications and sends carry them.`,
      example: 'cache /3303/0/5700 10',
      run(args) {
        const place = args['path'] as Path
        singleAt(device, place)
        try {
          device.objects.cache(formatPath(place), { capacity: Number(args['number']), whenFull: 'dropOldest' })
        } catch (cause) {
          throw new ConsoleError(`path: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
        }
      },
    },
    {
      name: 'lock',
      parameters: [],
      help: 'Makes servers wait, and notifications too, until unlock; as many times as it was locked.',
      run: () => device.lock(),
    },
    {
      name: 'unlock',
      parameters: [],
      help: 'Takes one lock back.',
      run: () => device.unlock(),
    },
    {
      name: 'objects',
      parameters: [
        { name: 'action', type: word('add'), required: false },
        { name: 'file', type: text, required: false },
      ],
      help: 'Lists the objects of the device with their instances; "objects add FILE.xml" adds those of a definition file.',
      example: 'objects add sensor.xml',
      async run(args, { output }) {
        if (args['action'] === undefined) return listObjects(device, output)
        const file = args['file']
        if (typeof file !== 'string') throw new ConsoleError('missing value for argument: file')
        const added = await readDefinitions(file)
        for (const definition of added) {
          const known = definitionOf(device.objects, definition.id)
          if (known) throw new ConsoleError(`file: object ${definition.id} is there already, as ${known.name}`)
        }
        device.objects.batch(() => {
          for (const definition of added) device.objects.define(definition)
        })
        output.answer(
          { added: added.map(({ id, name }) => ({ id, name })) },
          added.map(({ id, name }) => `added ${id} ${name}`),
        )
      },
    },
  ]
}

interface Listed {
  readonly path: Path
  readonly name: string
  readonly value?: Value
  readonly shown?: string
}

/** The values at and below a path, also those that are measured when they are read; an empty instance by its path. */
async function valuesBelow({ objects }: Device, place: Path): Promise<Listed[]> {
  const found: Listed[] = []
  for (const instance of instancesAround(objects, place)) {
    const definition = definitionOf(objects, instance[0])
    if (definition === undefined) continue
    const before = found.length
    for (const resource of tableOf(definition).resources) {
      const at = [...instance, resource.id]
      if (resource.executable || !overlap(at, place)) continue
      const content = await objects.read(formatPath(at))
      if (content === undefined) continue
      const { name } = resource
      const add = (one: Path, value: Value) => {
        if (covers(place, one)) found.push({ path: one, name, value, shown: listedValue(value, resource) })
      }
      if (!resource.multiple) add(at, content as Value)
      else for (const [id, value] of Object.entries(content)) add([...at, Number(id)], value as Value)
    }
    if (found.length === before && place.length <= 2) found.push({ path: instance, name: definition.name })
  }
  return found
}

function createInstance(device: Device, place: Path): void {
  const [objectId = 0, instanceId] = place
  const definition = definitionOf(device.objects, objectId) ?? builtInObject(objectId)
  if (definition === undefined)
    throw new ConsoleError(`path: object ${objectId} is not known; add it with "objects add FILE.xml"`)
  try {
    device.objects.create(definition, instanceId)
  } catch (cause) {
    throw new ConsoleError(`path: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

function listObjects({ objects }: Device, output: DeviceContext['output']): void {
  const all = objects.definitions().map(({ id, name, version = '1.0' }) => ({
    id,
    name,
    version,
    instances: instancesAround(objects, [id]).map(([, instanceId]) => instanceId ?? 0),
  }))
  output.answer(
    { objects: all },
    table(all.map(({ id, name, version, instances }) => [`/${id}`, `${name} ${version}`, shownInstances(instances)])),
  )
}

function shownInstances(ids: readonly number[]): string {
  if (ids.length === 0) return 'no instance'
  return `${ids.length === 1 ? 'instance' : 'instances'} ${ids.slice(0, 20).join(' ')}${ids.length > 20 ? ' …' : ''}`
}

async function readDefinitions(file: string): Promise<ObjectDefinition[]> {
  try {
    return parseDdf(await readDocument(file, maxDdfLength))
  } catch (cause) {
    if (!(cause instanceof DdfError || cause instanceof DocumentError)) throw cause
    throw new ConsoleError(`file: ${shownName(file)}: ${cause.message}`, { cause })
  }
}
