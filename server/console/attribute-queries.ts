import { floatText } from './python-text.ts'

/** Attributes of a Write-Attributes or an observation (LwM2M Core 1.2.2 §5.1.2), periods in seconds. */
export interface AttributeQueries {
  readonly lt?: number | undefined
  readonly gt?: number | undefined
  readonly st?: number | undefined
  readonly pmin?: number | undefined
  readonly pmax?: number | undefined
  readonly epmin?: number | undefined
  readonly epmax?: number | undefined
  readonly hqmax?: number | undefined
}

/** By whether their values are floats, in the order in which they are written. */
const attributes = [
  ['lt', true],
  ['gt', true],
  ['st', true],
  ['pmin', false],
  ['pmax', false],
  ['epmin', false],
  ['epmax', false],
  ['hqmax', false],
] as const

/** `lt=1.500000`, `pmin=3`: those that are given. */
export function attributeQueries(given: AttributeQueries): string[] {
  return attributes.flatMap(([name, isFloat]) => {
    const value = given[name]
    return value === undefined ? [] : [`${name}=${isFloat ? floatText(value) : value}`]
  })
}
