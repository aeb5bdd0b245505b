import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Value } from '../../../objects/index.ts'
import { describePeer } from '../peer-suite.ts'
import { changed, content, created, deleted, settled } from './answers.ts'
import type { EventStream } from './event-stream.ts'
import { type Leshan, leshanInstall, leshanPrograms, startLeshan } from './leshan.ts'
import { formatLimits, limits, usableSamples } from './limits.ts'
import type { LeshanFormat, LeshanNode } from './model.ts'
import { PassTable } from './pass-table.ts'
import { leshanValue, type SampleType, samples, sampleTypes } from './samples.ts'
import { type Contents, type Place, places, TestDevice } from './test-device.ts'

const formats = ['TLV', 'JSON', 'SENML_JSON', 'SENML_CBOR', 'TEXT', 'OPAQUE', 'CBOR'] as const
const [byId, withoutId] = ['instances by id', 'an instance without id']
const tables = {
  read: new PassTable('Read', places, formats),
  observe: new PassTable('Observe', places, formats),
  replace: new PassTable('Write, replace', places.slice(1), formats),
  update: new PassTable('Write, update', ['instance', 'multiple resource'], formats),
  create: new PassTable('Create and Delete', [byId, withoutId], formats),
}

/** LwM2M Core 1.2.2 §7.5: text, opaque and CBOR carry the value of one place, opaque no value but an opaque one. */
function carries(format: LeshanFormat, type: SampleType, place: Place): boolean {
  if (format !== 'TEXT' && format !== 'OPAQUE' && format !== 'CBOR') return true
  return (place === 'resource' || place === 'resource instance') && (format !== 'OPAQUE' || type === 'opaque')
}

/** What a Write of a value to an instance carries, and what the instance holds afterwards (LwM2M Core 1.2.2 §6.3.3). */
interface WriteCase {
  readonly mode: 'replace' | 'update'
  readonly place: Place
  readonly payload: (value: Value) => Contents
  readonly after: (before: Contents, value: Value) => Contents
}

const writeCases: readonly WriteCase[] = [
  {
    mode: 'replace',
    place: 'instance',
    payload: value => ({ single: value, multiple: { 7: value } }),
    after: (_, value) => ({ single: value, multiple: { 7: value } }),
  },
  {
    mode: 'replace',
    place: 'resource',
    payload: value => ({ single: value }),
    after: (before, value) => ({ ...before, single: value }),
  },
  {
    mode: 'replace',
    place: 'multiple resource',
    payload: value => ({ multiple: { 7: value, 65_534: value } }),
    after: (before, value) => ({ ...before, multiple: { 7: value, 65_534: value } }),
  },
  {
    mode: 'replace',
    place: 'resource instance',
    payload: value => ({ multiple: { 65_534: value } }),
    after: (before, value) => ({ ...before, multiple: { ...before.multiple, 65_534: value } }),
  },
  {
    mode: 'update',
    place: 'instance',
    payload: value => ({ single: value, multiple: { 7: value } }),
    after: (before, value) => ({ ...before, single: value, multiple: { ...before.multiple, 7: value } }),
  },
  {
    mode: 'update',
    place: 'multiple resource',
    payload: value => ({ multiple: { 0: value, 7: value } }),
    after: (before, value) => ({ ...before, multiple: { ...before.multiple, 0: value, 7: value } }),
  },
]

describePeer('Leshan 2.0.0-M18: every type in every format', leshanPrograms, leshanInstall, () => {
  let leshan: Leshan
  beforeAll(async () => {
    leshan = await startLeshan()
  })
  afterAll(async () => {
    process.stdout.write(`\n${[...Object.values(tables), formatLimits()].join('\n')}\n`)
    await leshan?.close()
  })

  describe.each(sampleTypes)('%s', type => {
    let device: TestDevice
    let endpoint: string
    let events: EventStream
    beforeAll(async () => {
      device = await TestDevice.registered(leshan, type)
      endpoint = device.endpoint
      events = await leshan.events(endpoint)
    })
    afterAll(async () => {
      await device?.stop()
      expect(events?.history.filter(event => event.type === 'NOTIFICATION_ERROR')).toEqual([])
    })

    describe.each(formats)('%s', format => {
      const options = { format }
      const read = usableSamples(type, format, 'reads')
      const written = usableSamples(type, format, 'writes')
      const isLimited = (usable: readonly Value[]) => usable.length < Object.keys(samples[type]).length
      const readMark = isLimited(read) ? '◐' : '✓'
      const writtenMark = isLimited(written) ? '◐' : '✓'

      for (const place of places) {
        if (!carries(format, type, place)) {
          tables.read.mark(type, format, place, '–')
          tables.observe.mark(type, format, place, '–')
          it(`Read: ${place} is 4.06 Not Acceptable`, async () => {
            device.hold(read)
            expect((await leshan.read(endpoint, device.path(place), options)).status).toBe('NOT_ACCEPTABLE(406)')
          })
          continue
        }

        tables.read.test(type, format, place, readMark, async () => {
          device.hold(read)
          const paths = device.paths(place)
          const answers = await Promise.all(paths.map(path => settled(leshan.read(endpoint, path, options))))
          paths.forEach((path, index) => expect.soft(answers[index], path).toEqual(content(device.node([path]))))
        })

        tables.observe.test(type, format, place, readMark, async () => {
          device.hold(read)
          const path = device.path(place)
          expect(await leshan.observe(endpoint, path, options)).toEqual(content(device.node([path])))
          device.hold([...read.slice(1), read[0] as Value])
          const { data } = await events.next('NOTIFICATION')
          expect(data).toMatchObject({ ep: endpoint, kind: 'single', res: path, timed: [] })
          expect(data.val).toEqual(device.node([path]))
          expect(await leshan.cancelActively(endpoint, path)).toEqual(content(device.node([path])))
        })
      }

      for (const { mode, place, payload, after } of writeCases) {
        if (!carries(format, type, place)) {
          tables[mode].mark(type, format, place, '–')
          continue
        }
        tables[mode].test(type, format, place, writtenMark, async () => {
          for (const value of written) {
            device.hold(written)
            device.addOther(0)
            const before = device.contents(0)
            const node = device.nodeOf(0, payload(value))
            const replace = mode === 'replace'
            const answer = settled(leshan.write(endpoint, device.path(place), node, { format, replace }))
            expect.soft(await answer, JSON.stringify(node)).toEqual(changed)
            expect.soft(device.contents(0), JSON.stringify(node)).toEqual(after(before, value))
          }
        })
      }

      if (carries(format, type, 'object')) {
        tables.create.test(type, format, byId, writtenMark, async () => {
          device.hold([])
          const all = written.map(value => ({ single: value, multiple: { 0: value, 65_534: value } }))
          const node: LeshanNode = Object.assign(
            {},
            ...all.map((contents, instance) => device.nodeOf(instance, contents)),
          )
          expect.soft(await settled(leshan.create(endpoint, '/3442', node, options))).toEqual(created)
          expect.soft(all.map((_, instance) => device.contents(instance))).toEqual(all)
          for (const instance of all.keys()) {
            const path = `/3442/${instance}`
            expect.soft(await leshan.delete(endpoint, path)).toEqual(deleted)
            expect.soft((await leshan.read(endpoint, path)).status).toBe('NOT_FOUND(404)')
          }
        })
      } else {
        tables.create.mark(type, format, byId, '–')
      }

      // A name of the JSON formats and of SenML CBOR begins with an instance id.
      if (format !== 'TLV') {
        tables.create.mark(type, format, withoutId, '–')
        return
      }
      tables.create.test(type, format, withoutId, writtenMark, async () => {
        device.hold([])
        for (const value of written) {
          const contents = { single: value, multiple: { 0: value, 65_534: value } }
          const node = withoutInstance(device.nodeOf(0, contents))
          const answer = await settled(leshan.create(endpoint, '/3442', node, options))
          expect.soft(answer).toEqual({ ...created, location: '3442/0' })
          expect.soft(device.contents(0)).toEqual(contents)
          expect.soft(await leshan.delete(endpoint, '/3442/0')).toEqual(deleted)
        }
      })
    })
  })

  describe('what Leshan cannot do', () => {
    const devices = new Map<SampleType, TestDevice>()
    beforeAll(async () => {
      for (const { type } of limits) devices.set(type, await TestDevice.registered(leshan, type))
    })
    afterAll(() => Promise.all([...devices.values()].map(device => device.stop())))

    for (const { type, samples: names, directions, formats: limited } of limits) {
      for (const direction of directions) {
        it(`${direction} ${type} ${names.join(', ')}`, async () => {
          const device = devices.get(type) as TestDevice
          const path = device.path('resource')
          for (const format of limited) {
            for (const name of names) {
              const value = samples[type][name] as Value
              const node = { [path]: leshanValue(type, value) }
              device.hold([value])
              if (direction === 'reads') {
                const answer = await settled(leshan.read(device.endpoint, path, { format }))
                expect.soft(answer, `${format} ${name}`).not.toEqual(content(node))
              } else {
                device.client.objects.delete(path)
                await settled(leshan.write(device.endpoint, path, node, { format }))
                expect.soft(device.contents(0).single, `${format} ${name}`).not.toEqual(value)
              }
            }
          }
        })
      }
    }
  })
})

/** With the paths below the instance, as Leshan creates one whose id the client chooses. */
function withoutInstance(node: LeshanNode): LeshanNode {
  return Object.fromEntries(Object.entries(node).map(([path, value]) => [path.split('/').slice(3).join('/'), value]))
}
