import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { deviceShell } from '../../helpers/device-shell.ts'

const folder = mkdtempSync(join(tmpdir(), 'lwm2m-device-'))
afterAll(() => rmSync(folder, { recursive: true }))

const door = join(folder, 'door.xml')
writeFileSync(
  door,
  `<LWM2M><Object><Name>Door</Name><ObjectID>33755</ObjectID><Resources>
<Item ID="0"><Name>Open</Name><Operations>RW</Operations><Type>Boolean</Type></Item></Resources></Object></LWM2M>`,
)

test('ls shows values, also measured ones, and no secret', async () => {
  const { type } = await deviceShell('client --server coap://10.0.0.2 --endpoint dev1 --lifetime 60')
  expect(await type('ls /3303')).toEqual(['/3303/0/5700 : 21.000000', '/3303/0/5701 : Cel'])
  expect(await type('ls /3/0/13')).toEqual([expect.stringMatching(/^\/3\/0\/13 : \d+$/)])
  expect(await type('ls /3/0/11')).toEqual(['/3/0/11/0 : 0'])
  expect(await type('ls /')).toEqual(await type('ls'))
  expect(await type('ls /3304')).toEqual(['path: there is no /3304'])
})

test('instances come and go, and the server hears of it', async () => {
  const { type, server } = await deviceShell()
  await type('wait registered', 1000)
  expect(await type('create /3303/1')).toEqual([])
  expect(await type('create /3303/1')).toEqual(['path: /3303/1 exists already'])
  expect(await type('create /3304/0', 10_000)).toEqual([
    '→ update of objects at coap://10.0.0.2',
    '← updated at coap://10.0.0.2',
  ])
  const { objectLinks } = server.registrations.get('dev1') ?? {}
  for (const path of ['/3303/1', '/3304/0']) expect(objectLinks).toContain(`<${path}>`)
  expect(await type('ls /3304')).toEqual(['/3304/0'])
  expect(await type('delete /3303/1')).toEqual([])
  expect(await type('delete /3303/1')).toEqual(['path: there is no /3303/1'])
  expect(await type('create /3/1')).toEqual(['path: the only instance of object 3 is 0'])
  expect(await type('create /4711/0')).toEqual(['path: object 4711 is not known; add it with "objects add FILE.xml"'])
})

test('resource instances come and go', async () => {
  const { type } = await deviceShell()
  expect(await type('create /3/0/6/2')).toEqual([])
  expect(await type('ls /3/0/6')).toEqual(['/3/0/6/2 : 0'])
  expect(await type('delete /3/0/6/2')).toEqual([])
  expect(await type('create /3/0/1/0')).toEqual(['path: modelNumber has no instances'])
})

test('objects of a definition file', async () => {
  const { type, typeAndWait, printed } = await deviceShell()
  await printed(100)
  expect(await typeAndWait(`objects add ${door}`)).toEqual(['added 33755 Door'])
  expect(await typeAndWait(`objects add ${door}`)).toEqual(['file: object 33755 is there already, as Door'])
  expect(await typeAndWait('objects add /nowhere')).toEqual(['file: /nowhere: no such file or directory'])
  expect(await type('objects add')).toEqual(['missing value for argument: file'])
  await type('create /33755/0')
  await type('write /33755/0/0 true')
  expect(await type('ls /33755')).toEqual(['/33755/0/0 : 1'])
  expect((await type('objects')).at(-1)).toBe('/33755  Door 1.0            instance 0')
})

test('cache keeps values with their times', async () => {
  const { type, server, clock } = await deviceShell()
  await type('wait registered', 1000)
  expect(await type('cache /3303/0/5701 5')).toEqual(['path: /3303/0/5701 is no number, time or boolean'])
  expect(await type('cache /3303/0/5700 0')).toEqual(['number: expected 1 to 10000, not 0'])
  expect(await type('cache /3303/0/5700 5')).toEqual([])
  expect((await type('cache /3303/0/5700 5')).join()).toMatch(/^path: /)
  await type('write /3303/0/5700 1')
  await type('write /3303/0/5700 2')
  const { values } = await clock.until(server.read('dev1', '/3303/0/5700'))
  expect(values.map(({ value }) => value)).toEqual([1, 2])
})

test('lock makes servers wait', async () => {
  const { type, server, clock } = await deviceShell()
  await type('wait registered', 1000)
  expect(await type('unlock')).toEqual(['the objects are not locked'])
  await type('lock')
  let isAnswered = false
  const answer = server.read('dev1', '/3/0/1').then(() => (isAnswered = true))
  await clock.advance(3000)
  expect(isAnswered).toBe(false)
  await type('unlock')
  await clock.until(answer)
})
