import type { Command, Parameter } from './command.ts'

/** What is known of a command, line by line. */
export function describeCommand<C>({ name, parameters, help, example }: Command<C>): string[] {
  return [
    ...(help === '' ? ['No details available.'] : help.split('\n')),
    ...(example === undefined ? [] : ['', `Example: ${example}`]),
    '',
    `ARGUMENTS: ${name} ${parameters.map(describeParameter).join(' ')}`,
    '',
  ]
}

function describeParameter({ name, required }: Parameter): string {
  return required ? name : `${name}?`
}
