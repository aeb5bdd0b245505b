import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { deviceCommand, deviceShell } from '../../helpers/device-shell.ts'

const folder = mkdtempSync(join(tmpdir(), 'lwm2m-objects-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

/** A shell with a device file, once that is read. */
async function shellWith(document: unknown) {
  const shell = await deviceShell(`${deviceCommand} --objects ${file('device.json', document)}`)
  for (let turn = 0; shell.client.lines.length + shell.client.errors.length === 0 && turn < 10_000; turn++) {
    await shell.clock.advance(0)
  }
  return shell
}

test('the objects of the file, and what it names beside it', async () => {
  mkdirSync(join(folder, 'tables'))
  file('tables/day.csv', '1.5\n2.5\n')
  const { type, server } = await shellWith({
    objects: [
      { id: 3, instances: { 0: { manufacturer: 'ACME', currentTime: '2024-05-01' } } },
      { id: 3304, instances: { 2: { 5700: { generator: 'csv', file: 'tables/day.csv', everySeconds: 10 } } } },
    ],
  })
  await type('wait registered', 100)
  expect(server.registrations.get('dev1')?.objectLinks).toContain('</3304/2>')
  expect(server.registrations.get('dev1')?.objectLinks).not.toContain('</3303')
  expect(await type('read /3/0/0 -s')).toEqual(['ACME'])
  expect(await type('read /3/0/13 -t')).toEqual(['1714521600'])
  expect(await type('read /3304/2/5700 -f', 10_000)).toEqual(['1.500000'])
  expect(await type('read /3304/2/5700 -f')).toEqual(['2.500000'])
})

test('a fault in it is one line', async () => {
  const { client } = await shellWith({ objects: [{ id: 3303, instances: { 0: { 5700: 'warm' } } }] })
  expect(client.errors).toEqual([
    `error: --objects ${join(folder, 'device.json')}: objects[0].instances.0.5700 is no number`,
  ])
  expect(await client.exitCode).toBe(1)
})

test('there is none', async () => {
  const { client } = await deviceShell(`${deviceCommand} --objects /nowhere.json`)
  expect(await client.exitCode).toBe(1)
  expect(client.errors).toEqual(['error: --objects /nowhere.json: no such file or directory'])
})
