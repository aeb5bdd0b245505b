import { expect, test } from 'vitest'
import { KnownPaths } from '../../../shell/console/known-paths.ts'
import type { Packet } from '../../../transport/coap/packet.ts'
import { consoleMessage } from '../../helpers/console-message.ts'

function links(payload: string, uriPath: string[] = ['rd'], contentFormat = 40): Packet {
  const options = { uriPath, contentFormat, ...(uriPath.length === 1 && { uriQuery: ['ep=a'] }) }
  return consoleMessage({ code: 2, options, payload }) as Packet
}

function completed(paths: KnownPaths, typed: string): (string | undefined)[][] {
  return (paths.type.candidates?.(typed) ?? []).map(({ text, meta }) => [text, meta])
}

test('paths of a registration, with their names, by one level more than was typed', () => {
  const paths = new KnownPaths()
  expect(completed(paths, '/')).toEqual([])
  paths.learn(links('</>;rt="oma.lwm2m",</1/0>,</3303/0>,</33605>,</rd/5>,</3303/1>'))
  expect(completed(paths, '/33')).toEqual([
    ['/3303', 'Temperature'],
    ['/3303/0', 'Temperature'],
    ['/33605', ''],
    ['/3303/1', 'Temperature'],
  ])
  expect(completed(paths, '/1/0')).toContainEqual(['/1/0/1', 'lifetime'])
  expect(completed(paths, '/1')).not.toContainEqual(['/1/0/1', 'lifetime'])
  expect(completed(paths, '/33605/')).toEqual([])
})

test('what a Discover has told of an instance are its resources', () => {
  const paths = new KnownPaths()
  paths.learn(links('</3303/0>,</3303/1>'))
  paths.learn(
    consoleMessage({ code: 0x45, options: { contentFormat: 40 }, payload: '</3303/0>,</3303/0/5700>' }) as Packet,
  )
  expect(completed(paths, '/3303/0/')).toEqual([['/3303/0/5700', 'sensorValue']])
  expect(completed(paths, '/3303/1/').length).toBeGreaterThan(1)
})

test('a new registration takes the place of the one before; what is no list of links changes nothing', () => {
  const paths = new KnownPaths()
  paths.learn(links('</3303/0>'))
  paths.learn(links('</33605/0>', ['rd'], 42))
  paths.learn(links('nonsense', ['rd', 'demo']))
  expect(completed(paths, '/3')).toEqual([
    ['/3303', 'Temperature'],
    ['/3303/0', 'Temperature'],
  ])
  paths.learn(links('</33605/0>'))
  expect(completed(paths, '/3')).toEqual([
    ['/33605', ''],
    ['/33605/0', ''],
  ])
})
