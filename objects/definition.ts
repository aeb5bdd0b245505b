import type { ResourceType, ValueOf } from './value.ts'

/** What a server may do with a resource outside bootstrap; '' is reachable by bootstrap only. */
export type Operations = '' | 'R' | 'W' | 'RW' | 'E'

export interface ResourceDefinition {
  readonly id: number
  readonly type: ResourceType
  readonly operations: Operations
  /** Whether it may have several resource instances. Default: false. */
  readonly multiple?: boolean
  /** Whether every instance of the object must have it. Default: false. */
  readonly mandatory?: boolean
  /** Unit as the registry writes it, for example `Cel`. */
  readonly units?: string
  /** Inclusive bounds of a number, or of the length of a string or opaque in characters or bytes. */
  readonly range?: readonly [min: number, max: number]
}

export interface ObjectDefinition {
  readonly id: number
  /** The name in the OMA registry. */
  readonly name: string
  /** Object version, `major.minor`. Default: `1.0`. */
  readonly version?: string
  /** Whether it may have several instances. Default: false. */
  readonly multiple?: boolean
  /** Whether every client must have it. Default: false. */
  readonly mandatory?: boolean
  /** Resources by the name under which an application reads and writes them. */
  readonly resources: { readonly [name: string]: ResourceDefinition }
}

/** Declares an object; the literal gives names and types to every handle made from it. */
export function defineObject<const D extends ObjectDefinition>(definition: D): D {
  return definition
}

type Resources<D extends ObjectDefinition> = D['resources']

/** What an application reads and writes of one resource: a value, or a map from resource instance id to value. */
export type ResourceContent<R extends ResourceDefinition> = R['multiple'] extends true
  ? { readonly [resourceInstanceId: number]: ValueOf<R['type']> }
  : ValueOf<R['type']>

/** Values for an instance of `D`, by resource name; executable resources have none. */
export type InstanceValues<D extends ObjectDefinition> = {
  -readonly [N in keyof Resources<D> as Resources<D>[N]['type'] extends 'none' ? never : N]?: ResourceContent<
    Resources<D>[N]
  >
}

/** Names of the executable resources of `D`. */
export type ExecutableName<D extends ObjectDefinition> = {
  [N in keyof Resources<D>]: Resources<D>[N]['type'] extends 'none' ? N : never
}[keyof Resources<D>]
