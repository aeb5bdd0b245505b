// npm run picture: draws what `npm start` prints as a terminal, for the README.

const lines = (await new Response(process.stdin).text()).trimEnd().split('\n').slice(0, 30)
const [lineHeight, characterWidth, margin] = [18, 8.1, 20]
const width = Math.ceil(Math.max(...lines.map(line => line.length)) * characterWidth) + 2 * margin
const height = lines.length * lineHeight + 2 * margin + 14

const escaped = text => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** The colours of the terminal: steps stand out, the two directions differ, values are what counts. */
function style(line) {
  if (line.includes('client → server')) return '#56b6c2'
  if (line.includes('client ← server')) return '#98c379'
  return line.startsWith('  ') ? '#e5c07b' : '#ffffff'
}

const rows = lines.map((line, index) => {
  const y = margin + 24 + index * lineHeight
  return `<text x="${margin}" y="${y}" fill="${style(line)}" xml:space="preserve">${escaped(line)}</text>`
})
const buttons = ['#ff5f56', '#ffbd2e', '#27c93f'].map(
  (fill, index) => `<circle cx="${margin + index * 18}" cy="16" r="5" fill="${fill}"/>`,
)
process.stdout.write(
  [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" role="img" aria-label="npm start">`,
    `<rect width="100%" height="100%" rx="8" fill="#1e2127"/>`,
    ...buttons,
    `<g font-family="ui-monospace, Menlo, Consolas, monospace" font-size="13">`,
    ...rows,
    '</g>',
    '</svg>',
    '',
  ].join('\n'),
)
