import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Value } from '../../../objects/index.ts'
import { describePeer } from '../peer-suite.ts'
import { changed, content, created, settled } from './answers.ts'
import { type Leshan, leshanInstall, leshanPrograms, startLeshan } from './leshan.ts'
import { usableSamples } from './limits.ts'
import type { LeshanAnswer, LeshanLink, LeshanNode } from './model.ts'
import { PassTable } from './pass-table.ts'
import { type SampleType, samples, sampleTypes } from './samples.ts'
import { type Place, places, TestDevice } from './test-device.ts'

const compositeFormats = ['SENML_JSON', 'SENML_CBOR'] as const
const treeFormats = ['TLV', 'JSON', ...compositeFormats] as const
const compositePlaces = ['root', ...places] as const
const valuePlaces = ['resource', 'resource instance'] as const
const attributeColumns = ['Discover', 'pmin, pmax', 'gt, lt, st'] as const
const numericTypes: ReadonlySet<SampleType> = new Set(['integer', 'unsigned', 'float', 'time'])

const tables = {
  readComposite: new PassTable('Read-Composite', compositePlaces, compositeFormats),
  observeComposite: new PassTable('Observe-Composite, its first answer', compositePlaces, compositeFormats),
  writeComposite: new PassTable('Write-Composite', valuePlaces, compositeFormats),
  attributes: new PassTable('Discover and Write-Attributes', places, attributeColumns),
  empty: new PassTable('What is empty', ['Read', 'Write', 'Create'], treeFormats),
}

describePeer('Leshan 2.0.0-M18: composite operations, attributes, emptiness', leshanPrograms, leshanInstall, () => {
  let leshan: Leshan
  beforeAll(async () => {
    leshan = await startLeshan()
  })
  afterAll(async () => {
    process.stdout.write(`\n${Object.values(tables).join('\n')}\n`)
    await leshan?.close()
  })

  describe.each(sampleTypes)('%s', type => {
    let device: TestDevice
    let endpoint: string
    beforeAll(async () => {
      device = await TestDevice.registered(leshan, type)
      endpoint = device.endpoint
    })
    afterAll(() => device?.stop())

    describe.each(compositeFormats)('%s', nodes => {
      const read = usableSamples(type, nodes, 'reads')
      const written = usableSamples(type, nodes, 'writes')
      const markOf = (usable: readonly Value[]) => (usable.length < Object.keys(samples[type]).length ? '◐' : '✓')

      for (const place of compositePlaces) {
        const pathsOf = () => (place === 'root' ? ['/'] : device.paths(place))

        tables.readComposite.test(type, nodes, place, markOf(read), async () => {
          device.hold(read)
          for (const paths of compositeFormats) {
            const answer = await leshan.readComposite(endpoint, pathsOf(), { paths, nodes })
            expect(ofTestObject(answer)).toEqual(content(device.node(pathsOf())))
          }
        })

        tables.observeComposite.test(type, nodes, place, markOf(read), async () => {
          device.hold(read)
          const answer = await leshan.observeComposite(endpoint, pathsOf(), { paths: nodes, nodes })
          expect(ofTestObject(answer)).toEqual(content(device.node(pathsOf())))
          // Leshan gives up the Read-Composite of a later test for a notification in several blocks.
          const cancelled = await leshan.cancelCompositeActively(endpoint, pathsOf())
          expect(ofTestObject(cancelled)).toEqual(content(device.node(pathsOf())))
        })
      }

      it('Read-Composite leaves out what is missing', async () => {
        device.hold(read)
        const paths = [device.path('resource'), '/3442/7777', '/3442/0/7777', '/7777']
        const answer = await leshan.readComposite(endpoint, paths, { paths: nodes, nodes })
        expect(answer).toEqual(content(device.node([device.path('resource')])))
      })

      tables.writeComposite.test(type, nodes, 'resource', markOf(written), async () => {
        device.hold(written)
        const before = written.map((_, instance) => device.contents(instance))
        const payload = written.toReversed().map(value => ({ single: value }))
        const node = Object.assign({}, ...payload.map((contents, instance) => device.nodeOf(instance, contents)))
        expect(await leshan.writeComposite(endpoint, node, nodes)).toEqual(changed)
        const after = before.map((contents, instance) => ({ ...contents, ...payload[instance] }))
        expect(written.map((_, instance) => device.contents(instance))).toEqual(after)
      })

      tables.writeComposite.test(type, nodes, 'resource instance', markOf(written), async () => {
        device.hold(written)
        const before = written.map((_, instance) => device.contents(instance))
        const payload = written.map(value => ({ multiple: { 0: value, 7: value } }))
        const node = Object.assign({}, ...payload.map((contents, instance) => device.nodeOf(instance, contents)))
        expect(await leshan.writeComposite(endpoint, node, nodes)).toEqual(changed)
        const after = before.map((contents, instance) => ({
          ...contents,
          multiple: { ...contents.multiple, ...payload[instance]?.multiple },
        }))
        expect(written.map((_, instance) => device.contents(instance))).toEqual(after)
      })
    })

    for (const place of places) {
      const [pmin, conditions] = ['pmin=1&pmax=9', 'gt=42.5&lt=-42.5&st=0.5']

      if (place === 'resource instance') {
        tables.attributes.mark(type, 'Discover', place, '–')
      } else {
        tables.attributes.test(type, 'Discover', place, '✓', async () => {
          device.hold(Object.values(samples[type]).slice(0, 2))
          const { status, objectLinks } = await leshan.discover(endpoint, device.path(place))
          expect(status).toBe('CONTENT(205)')
          expect(objectLinks).toEqual(linksAt(device, place))
        })
      }

      tables.attributes.test(type, 'pmin, pmax', place, '✓', async () => {
        device.hold(Object.values(samples[type]).slice(0, 2))
        expect(await leshan.writeAttributes(endpoint, device.path(place), pmin)).toEqual(changed)
        expect(await attributesOf(place)).toMatchObject({ pmin: '1', pmax: '9' })
        expect(await leshan.writeAttributes(endpoint, device.path(place), 'pmin&pmax')).toEqual(changed)
        expect(await attributesOf(place)).not.toHaveProperty('pmin')
      })

      if (place === 'object' || place === 'instance') {
        tables.attributes.mark(type, 'gt, lt, st', place, '–')
      } else if (numericTypes.has(type)) {
        tables.attributes.test(type, 'gt, lt, st', place, '✓', async () => {
          device.hold(Object.values(samples[type]).slice(0, 2))
          expect(await leshan.writeAttributes(endpoint, device.path(place), conditions)).toEqual(changed)
          expect(await attributesOf(place)).toMatchObject({ gt: '42.5', lt: '-42.5', st: '0.5' })
          expect(await leshan.writeAttributes(endpoint, device.path(place), 'gt&lt&st')).toEqual(changed)
          expect(await attributesOf(place)).not.toHaveProperty('gt')
        })
      } else {
        tables.attributes.mark(type, 'gt, lt, st', place, '–')
        it(`Write-Attributes: gt, lt, st of a ${place} that is no number is 4.00 Bad Request`, async () => {
          device.hold(Object.values(samples[type]).slice(0, 2))
          const answer = await leshan.writeAttributes(endpoint, device.path(place), conditions)
          expect(answer.status).toBe('BAD_REQUEST(400)')
        })
      }
    }

    /** The attributes of a place in a Discover of it; of a resource instance, in one of its resource. */
    async function attributesOf(place: Place): Promise<LeshanLink['attributes'] | undefined> {
      const target = place === 'resource instance' ? 'multiple resource' : place
      const { objectLinks = [] } = await leshan.discover(endpoint, device.path(target))
      return objectLinks.find(({ url }) => url === device.path(place))?.attributes
    }
  })

  describe('what is empty', () => {
    const instance = '/3442/0'
    let device: TestDevice
    let endpoint: string
    let multiple: string
    beforeAll(async () => {
      device = await TestDevice.registered(leshan, 'string')
      endpoint = device.endpoint
      multiple = device.path('multiple resource')
    })
    afterAll(() => device?.stop())

    for (const format of treeFormats) {
      tables.empty.test('instance', format, 'Read', '✓', async () => {
        device.hold(['old'])
        device.empty(0)
        expect(await settled(leshan.read(endpoint, instance, { format }))).toEqual(content({ [instance]: null }))
      })

      tables.empty.test('instance', format, 'Write', '✓', async () => {
        device.hold(['old'])
        expect(await settled(leshan.write(endpoint, instance, { [instance]: null }, { format }))).toEqual(changed)
        expect(device.contents(0)).toEqual({})
      })

      tables.empty.test('multiple resource', format, 'Read', '✓', async () => {
        device.hold(['old'])
        device.client.objects.set(multiple, {})
        expect(await settled(leshan.read(endpoint, multiple, { format }))).toEqual(content({ [multiple]: null }))
      })

      tables.empty.test('multiple resource', format, 'Write', '✓', async () => {
        device.hold(['old'])
        expect(await settled(leshan.write(endpoint, multiple, { [multiple]: null }, { format }))).toEqual(changed)
        expect(device.contents(0)).toEqual({ single: 'old', multiple: {} })
      })

      for (const row of ['instance', 'multiple resource'] as const) {
        const isInstance = row === 'instance'
        // The others name no place without a value: to them it is an instance without id and without values.
        if (format !== 'TLV') {
          tables.empty.mark(row, format, 'Create', '–')
          continue
        }
        tables.empty.test(row, format, 'Create', '✓', async () => {
          device.hold([])
          const answer = await settled(leshan.create(endpoint, '/3442', { [device.path(row)]: null }, { format }))
          const contents = device.contents(0)
          await leshan.delete(endpoint, instance)
          expect(answer).toEqual(created)
          expect(contents).toEqual(isInstance ? {} : { multiple: {} })
        })
      }
    }
  })
})

/** Without the objects that a client has besides. */
function ofTestObject(answer: LeshanAnswer): LeshanAnswer {
  const node: LeshanNode = Object.fromEntries(
    Object.entries(answer.content ?? {}).filter(([path]) => path.startsWith('/3442/')),
  )
  return { ...answer, content: node }
}

/** What a Discover lists: two levels below an object, one below anything else (LwM2M Core 1.2.2 §6.3.2). */
function linksAt(device: TestDevice, place: Place): LeshanLink[] {
  const link = (url: string, attributes: LeshanLink['attributes'] = {}) => ({ url, attributes })
  const resources = (instance: number) => [
    link(device.path('resource', instance)),
    link(device.path('multiple resource', instance), { dim: '3' }),
  ]
  const instances = device.paths('instance').flatMap((path, instance) => [link(path), ...resources(instance)])
  const [resource, multiple] = resources(0) as [LeshanLink, LeshanLink]
  const links = {
    object: [link('/3442'), ...instances],
    instance: instances.slice(0, 3),
    resource: [resource],
    'multiple resource': [multiple, ...[0, 1, 65_534].map(id => link(`${multiple.url}/${id}`))],
    'resource instance': [],
  }
  return links[place]
}
