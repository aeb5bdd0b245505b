import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { AnyStateMachine } from 'xstate'
import { mermaid } from '../../machines/diagram.ts'
import { statecharts } from '../../machines/statecharts.ts'

const folder = new URL('../../docs/statecharts/', import.meta.url)

function page(chart: AnyStateMachine): string {
  const { id, root } = chart
  return [
    `# The statechart \`${id}\``,
    `${root.description}`,
    `Generated from \`machines/${id}.machine.ts\` by \`npm run statecharts\`.`,
    `\`\`\`mermaid\n${mermaid(chart)}\n\`\`\`\n`,
  ].join('\n\n')
}

for (const chart of statecharts) {
  const file = new URL(`${chart.id}.md`, folder)
  test(`docs/statecharts/${chart.id}.md shows the chart as it is`, async () => {
    await expect(page(chart), 'stale: run `npm run statecharts`').toMatchFileSnapshot(fileURLToPath(file))
  })
}

test('docs/statecharts holds no other page', () => {
  const pages = new Set(statecharts.map(({ id }) => `${id}.md`))
  expect(readdirSync(folder).filter(name => !pages.has(name))).toEqual([])
})
