import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.md') && !name.includes('node_modules'))
    .map(name => join('docs', name)),
]

/** As GitHub makes them of headings. */
function anchors(page: string): string[] {
  return [...readFileSync(page, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  )
}

test.each(pages)('%s: its links lead somewhere', page => {
  const links = readFileSync(page, 'utf8').matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)
  for (const [link, target = '', anchor] of links) {
    const path = target === '' ? page : join(dirname(page), target)
    expect(existsSync(path), `${link} in ${page}`).toBe(true)
    if (anchor !== undefined) expect(anchors(path), `${link} in ${page}`).toContain(anchor)
  }
})
