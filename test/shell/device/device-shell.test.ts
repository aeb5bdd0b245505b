import { describe, expect, test } from 'vitest'
import { deviceCommand, deviceShell } from '../../helpers/device-shell.ts'
import { fuzz, idleShell } from '../../helpers/idle-device-shell.ts'

describe('completion', () => {
  const complete = (line: string) => {
    const { from, candidates } = idleShell().shell.complete(line, line.length)
    return candidates.map(({ text, meta }) => [line.slice(0, from) + text, meta])
  }

  test('of commands, also behind the name of the program', () => {
    expect(complete('rea').map(([line]) => line)).toEqual(['read'])
    expect(complete('lwm2m wri').map(([line]) => line)).toEqual(['lwm2m write'])
  })

  test('of paths that exist, with their names', () => {
    expect(complete('read /33')).toEqual([['read /3303/', 'Temperature']])
    expect(complete('read 33')).toEqual([['read 3303/', 'Temperature']])
    expect(complete('read /3303/')).toEqual([['read /3303/0/', 'Temperature']])
    expect(complete('read /3303/0/')).toEqual([
      ['read /3303/0/5700', 'sensorValue'],
      ['read /3303/0/5701', 'sensorUnits'],
    ])
    expect(complete('read /3/0/11/')).toEqual([['read /3/0/11/0', 'errorCode']])
    expect(complete('read /7/')).toEqual([])
    expect(complete('read /x/')).toEqual([])
  })

  test('of what may be written, and of what may be executed', () => {
    expect(complete('write /3303/0/56')).toEqual([
      ['write /3303/0/5601', 'minMeasuredValue'],
      ['write /3303/0/5602', 'maxMeasuredValue'],
      ['write /3303/0/5603', 'minRangeValue'],
      ['write /3303/0/5604', 'maxRangeValue'],
    ])
    expect(complete('exec /3303/0/')).toEqual([['exec /3303/0/5605', 'resetMinAndMaxMeasuredValues']])
    expect(complete('ls /3303/0/')).toHaveLength(2)
    expect(complete('create /33')).toEqual([['create /3303/', 'Temperature']])
  })

  test('of options and words', () => {
    expect(complete('read /3303/0/5700 -u1')).toEqual([['read /3303/0/5700 -u16', 'unsigned, 16 bits']])
    expect(complete('wait ').map(([line]) => line)).toEqual(['wait registered'])
    expect(complete('stop ').map(([line]) => line)).toEqual(['stop -f'])
  })
})

test('state, observations, attributes and events', async () => {
  const { type, server, clock } = await deviceShell(`${deviceCommand} --lifetime 60`)
  await type('wait registered', 100)
  expect(await type('state')).toEqual([
    'dev1 is serving',
    expect.stringMatching(/^server 1 {2}coap:\/\/10\.0\.0\.2 {2}registered {2}\/rd\/\S+ {2}for 60 s$/),
  ])
  expect(await type('obs')).toEqual(['nothing is observed'])
  expect(await type('attributes')).toEqual(['no attributes are attached'])
  await clock.until(server.writeAttributes('dev1', '/3303/0/5700', { pminSeconds: 5, gt: 30 }))
  server.observe('dev1', '/3303/0/5700').subscribe()
  server.observeComposite('dev1', ['/3/0/9', '/3303/0/5701']).subscribe()
  await type('sleep 0', 100)
  expect(await type('obs')).toEqual([
    'server 1  single     /3303/0/5700         pmin=5 gt=30',
    'server 1  composite  /3/0/9 /3303/0/5701',
  ])
  expect(await type('attributes')).toEqual(['server 1  /3303/0/5700  pmin=5 gt=30'])
  expect(await type('attributes /3')).toEqual(['no attributes are attached'])
  expect(await type('events 1')).toEqual([
    expect.stringMatching(/^ REGISTRATION_COMPLETE {2}shortServerId=1 location=\["rd","\S+"\] lifetimeSeconds=60$/),
  ])
})

test('--json: one object for each event and each answer', async () => {
  const { client, type } = await deviceShell(`${deviceCommand} --json`)
  await type('wait registered', 100)
  for (const line of ['read /3303/0/5700', 'ls /3303', 'read /3/0/1 -b', 'help stop', 'reed']) await type(line)
  const objects = client.lines.map(line => JSON.parse(line) as Record<string, unknown>)
  expect(objects).toEqual([
    { time: expect.any(String), note: 'starting as dev1 with coap://10.0.0.2' },
    expect.objectContaining({ event: 'REGISTRATION_COMPLETE', shortServerId: 1, lifetimeSeconds: 300 }),
    { path: '/3303/0/5700', name: 'sensorValue', value: 21 },
    {
      values: [
        { path: '/3303/0/5700', name: 'sensorValue', value: 21 },
        { path: '/3303/0/5701', name: 'sensorUnits', value: 'Cel' },
      ],
    },
    { error: 'option: -b is not for modelNumber, which is of type string', command: 'read /3/0/1 -b' },
    { text: expect.stringContaining('ARGUMENTS: stop option?') },
    { error: 'no such command: reed, did you mean read?', command: 'reed' },
  ])
})

test('random lines never fail otherwise than with a line, and nobody is spoken to who was not meant', () => fuzz(500))
