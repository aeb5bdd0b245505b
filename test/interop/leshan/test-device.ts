import { Lwm2mClient } from '../../../index.ts'
import { type Content, defineObject, testObject, type Value } from '../../../objects/index.ts'
import type { Leshan } from './leshan.ts'
import type { LeshanNode } from './model.ts'
import { leshanValue, resourceIds, type SampleType } from './samples.ts'

/** The kinds of place in the object tree. */
export const places = ['object', 'instance', 'resource', 'multiple resource', 'resource instance'] as const
export type Place = (typeof places)[number]

/** What an instance holds: its single and its multiple resource of the type, and one that no test writes. */
export interface Contents {
  readonly single?: Value | undefined
  readonly multiple?: { readonly [resourceInstanceId: number]: Value } | undefined
  readonly other?: Content | undefined
}

/** For an object link to the last instance of the last object. */
const lastObject = defineObject({ id: 65_534, name: 'Last', multiple: true, resources: {} })
const otherId = 6
let count = 0

/** A client with the LwM2M v1.1 Test Object, which holds values of one type and is registered with Leshan. */
export class TestDevice {
  readonly type: SampleType
  readonly endpoint = `urn:dev:os:test-object-${++count}`
  readonly client: Lwm2mClient
  #filled: readonly Contents[] = []

  private constructor(leshan: Leshan, type: SampleType) {
    this.type = type
    this.client = new Lwm2mClient({
      endpoint: this.endpoint,
      servers: [{ uri: leshan.coapUri, shortServerId: 1 }],
      objects: [testObject, lastObject],
    })
    this.client.objects.create(lastObject, 65_534, {})
  }

  static async registered(leshan: Leshan, type: SampleType): Promise<TestDevice> {
    const device = new TestDevice(leshan, type)
    device.client.start()
    await device.client.registered()
    return device
  }

  /**
   * Makes an instance for each value: the value as its single resource, it and the two that follow as its multiple one,
   * and nothing else. Instances that are there already stay, so that the registration does.
   */
  hold(values: readonly Value[]): void {
    const next = (index: number) => values[index % values.length] as Value
    const filled = values.map((value, index) => ({
      single: value,
      multiple: { 0: value, 1: next(index + 1), 65_534: next(index + 2) },
    }))
    this.client.objects.batch(() => {
      for (let instance = values.length; instance < this.#filled.length; instance++)
        this.client.objects.delete(`/3442/${instance}`)
      for (let instance = this.#filled.length; instance < values.length; instance++)
        this.client.objects.create(testObject, instance)
      filled.forEach((contents, instance) => this.#set(instance, contents))
    })
    this.#filled = filled
  }

  /** Gives an instance a resource besides those of the type; the next {@link hold} takes it away. */
  addOther(instance: number): void {
    this.client.objects.set(`/3442/${instance}/${otherId}`, { 0: '/3' })
  }

  /** Takes everything from an instance. */
  empty(instance: number): void {
    this.client.objects.delete(this.path('resource', instance))
    this.client.objects.delete(this.path('multiple resource', instance))
  }

  path(place: Place, instance = 0): string {
    const multiple = `/3442/${instance}/${resourceIds[this.type] + 1_000}`
    const paths = {
      object: '/3442',
      instance: `/3442/${instance}`,
      resource: `/3442/${instance}/${resourceIds[this.type]}`,
      'multiple resource': multiple,
      'resource instance': `${multiple}/65534`,
    }
    return paths[place]
  }

  /** The places of a kind: the object, or one in each instance. */
  paths(place: Place): string[] {
    return place === 'object' ? [this.path(place)] : this.#filled.map((_, instance) => this.path(place, instance))
  }

  /** What an instance holds now. */
  contents(instance: number): Contents {
    const { objects } = this.client
    return {
      single: objects.get(this.path('resource', instance)) as Contents['single'],
      multiple: objects.get(this.path('multiple resource', instance)) as Contents['multiple'],
      other: objects.get(`/3442/${instance}/${otherId}`),
    }
  }

  /** What was filled in at and below these paths, as Leshan has it. */
  node(paths: readonly string[]): LeshanNode {
    const node: LeshanNode = Object.assign(
      {},
      ...this.#filled.map((contents, instance) => this.nodeOf(instance, contents)),
    )
    const isAsked = (name: string) =>
      paths.some(path => name === path || name.startsWith(path === '/' ? path : `${path}/`))
    return Object.fromEntries(Object.entries(node).filter(([name]) => isAsked(name)))
  }

  /** What an instance is to hold, as Leshan has it. */
  nodeOf(instance: number, { single, multiple = {} }: Contents): LeshanNode {
    const node: LeshanNode = {}
    if (single !== undefined) node[this.path('resource', instance)] = leshanValue(this.type, single)
    for (const [id, value] of Object.entries(multiple)) {
      node[`${this.path('multiple resource', instance)}/${id}`] = leshanValue(this.type, value)
    }
    return node
  }

  stop(): Promise<void> {
    return this.client.stop()
  }

  #set(instance: number, { single, multiple }: Contents): void {
    const { objects } = this.client
    objects.delete(`/3442/${instance}/${otherId}`)
    objects.set(this.path('resource', instance), single as Value)
    objects.set(this.path('multiple resource', instance), multiple as Content)
  }
}
