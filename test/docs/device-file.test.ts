import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseDeviceFile } from '../../client/device-file.ts'

const page = readFileSync(new URL('../../docs/device-file.md', import.meta.url), 'utf8')
const [, example = ''] = /^```json\n(.*?)^```$/ms.exec(page) ?? []

const files: Readonly<Record<string, string>> = {
  'objects/33755.xml': `<LWM2M><Object><Name>Door</Name><ObjectID>33755</ObjectID><Resources>
<Item ID="0"><Name>Open</Name><Operations>RW</Operations><Type>Boolean</Type></Item></Resources></Object></LWM2M>`,
  'cellar.csv': 'celsius\n12\n',
}

const parse = (text: string) =>
  parseDeviceFile(text, { readFile: name => Promise.resolve(Buffer.from(files[name] ?? '')) })

/** The members that a generator may have, as the reader tells them. */
async function known(generator: object): Promise<string[]> {
  const document = { objects: [{ id: 3303, instances: { 0: { 5700: { everySeconds: 1, x: 1, ...generator } } } }] }
  const message = await parse(JSON.stringify(document)).then(
    () => '',
    (error: Error) => error.message,
  )
  return (message.split('known are ')[1] ?? '').split(', ').slice(2)
}

describe('docs/device-file.md', () => {
  test('the example is a device file', async () => {
    const { definitions, instances, feeds } = await parse(example)
    expect(definitions.map(({ id }) => id)).toEqual([33755, 3, 3303])
    expect(instances).toHaveLength(3)
    expect(feeds.map(({ path }) => path)).toEqual([
      [3303, 0, 5700],
      [3303, 1, 5700],
    ])
  })

  test.each(['constant', 'ramp', 'sine', 'randomWalk', 'csv'])('tells the members of %s, and no other', async name => {
    const [, told = ''] = new RegExp(`^\\| \`${name}\` \\| ([^|]*) \\|`, 'm').exec(page) ?? []
    const members = (told.match(/\w+/g) ?? []).sort()
    expect((await known({ generator: name })).filter(member => member !== 'decimals').sort()).toEqual(members)
  })
})
