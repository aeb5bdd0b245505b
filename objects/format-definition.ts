import type { ObjectDefinition, ResourceDefinition } from './definition.ts'
import { Identifiers } from './identifiers.ts'

const lineWidth = 120

/** Writes a definition as the TypeScript that declares it: `export const temperature = defineObject({ … })`. */
export function formatDefinition(
  definition: ObjectDefinition,
  identifier: string = new Identifiers('variable').take(definition.name, definition.id),
): string {
  const { id, name, version, multiple, mandatory, resources } = definition
  return [
    `export const ${identifier} = defineObject({`,
    ...fieldsOf({ id, name, version, multiple, mandatory }).map(field => `  ${field},`),
    ...formatResources(Object.entries(resources)),
    '})',
    '',
  ].join('\n')
}

function formatResources(resources: readonly (readonly [name: string, ResourceDefinition])[]): string[] {
  if (resources.length === 0) return ['  resources: {},']
  return ['  resources: {', ...resources.map(([name, resource]) => formatResource(name, resource)), '  },']
}

function formatResource(name: string, resource: ResourceDefinition): string {
  const { id, type, operations, multiple, mandatory, units, range } = resource
  const fields = fieldsOf({ id, type, operations, multiple, mandatory, units, range })
  const line = `    ${formatKey(name)}: { ${fields.join(', ')} },`
  if (line.length <= lineWidth) return line
  return [`    ${formatKey(name)}: {`, ...fields.map(field => `      ${field},`), '    },'].join('\n')
}

/** `key: value` of everything that says more than its default. */
function fieldsOf(
  values: Readonly<Record<string, string | number | boolean | readonly number[] | undefined>>,
): string[] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === undefined || value === false ? [] : [`${key}: ${formatValue(value)}`],
  )
}

function formatValue(value: string | number | boolean | readonly number[]): string {
  if (typeof value === 'string') return quote(value)
  return typeof value === 'object' ? `[${value.join(', ')}]` : String(value)
}

function formatKey(name: string): string {
  // `__proto__:` would set the prototype instead of a property, quoted or not.
  if (name === '__proto__') return `['${name}']`
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name)
}

/** A string literal in the formatter's choice of quotes, with nothing in it that an editor would not show. */
function quote(text: string): string {
  const mark = text.split("'").length > text.split('"').length ? '"' : "'"
  const escaped = text.replace(/[\\'"\p{C}\u2028\u2029]/gu, character =>
    character === '\\' || character === mark
      ? `\\${character}`
      : /['"]/.test(character)
        ? character
        : escape(character),
  )
  return mark + escaped + mark
}

function escape(character: string): string {
  return `\\u{${(character.codePointAt(0) as number).toString(16)}}`
}
