import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyDeviceFile, DeviceFileError, parseDeviceFile } from '../../client/device-file.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import { testObject } from '../../objects/definitions/test-object.ts'
import { ObjectsApi } from '../../objects/objects.ts'
import { ObjectStore } from '../../objects/store.ts'
import { simulatedWorld } from '../helpers/simulated-world.ts'

const xml = `<LWM2M><Object ObjectType="MODefinition"><Name>Door</Name><ObjectID>33755</ObjectID>
<MultipleInstances>Multiple</MultipleInstances><Resources>
<Item ID="0"><Name>Open</Name><Operations>RW</Operations><Type>Boolean</Type></Item>
<Item ID="1"><Name>Ring</Name><Operations>E</Operations></Item></Resources></Object></LWM2M>`

const files: Readonly<Record<string, string>> = {
  'door.xml': xml,
  'bad.xml': '<LWM2M>',
  'day.csv': 'hour,"celsius"\n0,19.5\n1,"20.5"\n\n2,21\n',
  'short.csv': 'a,b\n1\n',
  'word.csv': 'warm\n',
}

const readFile = (name: string) => {
  const content = files[name]
  return content === undefined ? Promise.reject(new Error('no such file')) : Promise.resolve(Buffer.from(content))
}

const parse = (document: unknown) =>
  parseDeviceFile(typeof document === 'string' ? document : JSON.stringify(document), { readFile })

const instance = (id: number, resources: unknown) => ({ objects: [{ id, instances: { 0: resources } }] })

/** The objects of a client to which a file was given. */
async function applied(document: unknown, objects = new ObjectsApi(new ObjectStore())) {
  const world = simulatedWorld()
  const stop = applyDeviceFile({ objects }, await parse(document), world)
  return { objects, stop, clock: world.clock }
}

/** One resource of the Test Object, read from the file. */
async function stored(resource: keyof typeof testObject.resources, json: string) {
  const { objects } = await applied(
    `{"objects": [{"id": ${testObject.id}, "instances": {"0": {"${resource}": ${json}}}}]}`,
  )
  return objects.get(`/${testObject.id}/0/${testObject.resources[resource].id}`)
}

describe('the values of a device', () => {
  test('by the name or the id of a resource', async () => {
    const { objects } = await applied(instance(3303, { sensorUnits: 'Cel', 5700: 21.5 }))
    expect(objects.get('/3303/0/5701')).toBe('Cel')
    expect(objects.get('/3303/0/5700')).toBe(21.5)
    expect(objects.definitions()).toEqual([temperature])
  })

  test.each([
    ['stringValue', '"text"', 'text'],
    ['integerValue', '-5', -5],
    ['integerValue', '9007199254740993', 9_007_199_254_740_993n],
    ['integerValue', '"-9223372036854775808"', -(2n ** 63n)],
    ['unsignedIntegerValue', '"18446744073709551615"', 2n ** 64n - 1n],
    ['floatValue', '2', 2],
    ['booleanValue', 'true', true],
    ['opaqueValue', '"AP8="', new Uint8Array([0, 255])],
    ['opaqueValue', '{"hex": "00ff"}', new Uint8Array([0, 255])],
    ['timeValue', '1714521600', 1_714_521_600],
    ['timeValue', '"2024-05-01"', 1_714_521_600],
    ['timeValue', '"2024-05-01T02:00:00.5+02:00"', 1_714_521_600],
    ['objLinkValue', '"3303:0"', { objectId: 3303, instanceId: 0 }],
  ] as const)('%s: %s', async (resource, json, value) => {
    expect(await stored(resource, json)).toEqual(value)
  })

  test('of a multiple resource by resource instance id', async () => {
    const { objects } = await applied(instance(3, { availablePowerSources: { 0: 1, 3: 5 } }))
    expect(objects.get('/3/0/6')).toEqual({ 0: 1, 3: 5 })
  })

  test('an instance that is there is completed', async () => {
    const objects = new ObjectsApi(new ObjectStore())
    objects.create(temperature, 0, { sensorValue: 1, sensorUnits: 'Cel' })
    await applied(instance(3303, { sensorValue: 2 }), objects)
    expect(objects.entries('/')).toEqual([
      { path: [3303, 0, 5700], value: 2 },
      { path: [3303, 0, 5701], value: 'Cel' },
    ])
  })

  test('of objects that a definition file names', async () => {
    const { objects } = await applied({
      definitions: ['door.xml'],
      objects: [{ id: 33755, instances: { 7: { open: true } } }],
    })
    expect(objects.entries('/33755')).toEqual([{ path: [33755, 7, 0], value: true }])
  })

  test('an object in another version', async () => {
    const { definitions } = await parse({ objects: [{ id: 3, version: '1.2' }] })
    expect(definitions[0]?.version).toBe('1.2')
  })
})

describe('a fault is told with its place, and without a value', () => {
  const generator = (rest: object) => instance(3303, { 5700: { generator: 'sine', everySeconds: 1, ...rest } })

  test.each<[string, unknown]>([
    ['line 1, column 13: JSON: a value expected', '{"objects": x}'],
    ['the document is not an object', '[]'],
    ['objects is missing; write a list', {}],
    ['object is not known here; known are definitions, objects', { object: [] }],
    ['objects[0].id is 4711, an object not known here; name its XML file in definitions', { objects: [{ id: 4711 }] }],
    ['objects[0].id is 0, which holds the credentials of servers', { objects: [{ id: 0 }] }],
    ['objects[1].id is 3 in two objects', { objects: [{ id: 3 }, { id: 3 }] }],
    ['objects[0].version is no version of object 3 known here', { objects: [{ id: 3, version: '9.9' }] }],
    ['objects[0].instances.x is no instance id', { objects: [{ id: 3303, instances: { x: {} } }] }],
    [
      'objects[0].instances.1 cannot be: the only instance of Device is 0',
      { objects: [{ id: 3, instances: { 1: {} } }] },
    ],
    ['objects[0].instances.0.1 is no resource of Temperature', instance(3303, { 1: 0 })],
    ['objects[0].instances.0.reboot can be executed; it has no value', instance(3, { reboot: 0 })],
    [
      'objects[0].instances.0.sensorValue is given twice, by its name and by its id',
      instance(3303, { 5700: 1, sensorValue: 1 }),
    ],
    ['objects[0].instances.0.5700 is no number', instance(3303, { 5700: 'secret' })],
    [
      'objects[0].instances.0.5701 cannot be used: sensorUnits: expected a value of type string',
      instance(3303, { 5701: 5 }),
    ],
    ['objects[0].instances.0.9 cannot be used: batteryLevel is out of its range, 0 to 100', instance(3, { 9: 101 })],
    [
      'objects[0].instances.0.13 is no time; write seconds since 1970, or one such as "2024-05-01T12:00:00Z"',
      instance(3, { 13: '2024-02-30' }),
    ],
    ['objects[0].instances.0.6.x is no resource instance id', instance(3, { 6: { x: 1 } })],
    ['objects[0].instances.0.6 is not an object', instance(3, { 6: 1 })],
    ['definitions[0] cannot be read: no such file', { definitions: ['none.xml'], objects: [] }],
    ['definitions[0] is no definition file: line 1: unclosed tag: LWM2M', { definitions: ['bad.xml'], objects: [] }],
    [
      'definitions[1] defines object 33755, as a file before it does',
      { definitions: ['door.xml', 'door.xml'], objects: [] },
    ],
    [
      'objects[0].instances.0.5700.generator is not one of constant, ramp, sine, randomWalk, csv',
      generator({ generator: 'saw' }),
    ],
    ['objects[0].instances.0.5700.everySeconds is not a number from 0.1 to 31536000', generator({ everySeconds: 0 })],
    [
      'objects[0].instances.0.5700.mean is missing; write a number from -1000000000000000 to 1000000000000000',
      generator({}),
    ],
    [
      'objects[0].instances.0.5700.peak is not known here; known are generator, everySeconds, decimals, mean, amplitude, periodSeconds',
      generator({ peak: 1 }),
    ],
    [
      'objects[0].instances.0.5701 makes numbers, and sensorUnits is none',
      instance(3303, { 5701: { generator: 'ramp', everySeconds: 1 } }),
    ],
    [
      'objects[0].instances.0.9 cannot be used: batteryLevel is out of its range, 0 to 100',
      instance(3, { 9: { generator: 'ramp', from: 0, to: 101, periodSeconds: 9, everySeconds: 1 } }),
    ],
    [
      'objects[0].instances.0.5700.column is no column of the file',
      instance(3303, { 5700: { generator: 'csv', file: 'day.csv', column: 'kelvin', everySeconds: 1 } }),
    ],
    [
      'objects[0].instances.0.5700.column is no column of the file',
      instance(3303, { 5700: { generator: 'csv', file: 'short.csv', column: 'b', everySeconds: 1 } }),
    ],
    [
      'objects[0].instances.0.5700.file has no number in line 1',
      instance(3303, { 5700: { generator: 'csv', file: 'word.csv', everySeconds: 1 } }),
    ],
  ])('%s', async (message, document) => {
    await expect(parse(document)).rejects.toEqual(new DeviceFileError(message))
  })

  test('whatever the document is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json({ maxDepth: 6 }), fc.jsonValue(), async (text, value) => {
        for (const document of [text, instance(3, value), instance(3303, { 5700: value }), { objects: value }]) {
          await parse(document).catch(error => expect(error).toBeInstanceOf(DeviceFileError))
        }
      }),
      { seed: 1, numRuns: 300 },
    )
  })
})
