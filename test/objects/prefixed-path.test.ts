import { expect, test } from 'vitest'
import { parsePrefixedPath, parsePrefixedPaths } from '../../objects/prefixed-path.ts'

const invalid = expect.objectContaining({ code: 'INVALID_PATH' })

test('a path may begin with the prefix of a device behind a gateway', () => {
  expect(parsePrefixedPath('/3303/0')).toEqual({ path: [3303, 0] })
  expect(parsePrefixedPath('/d01/3303/0')).toEqual({ path: [3303, 0], prefix: 'd01' })
  expect(parsePrefixedPath('d01/3')).toEqual({ path: [3], prefix: 'd01' })
  expect(parsePrefixedPath('/d01/')).toEqual({ path: [], prefix: 'd01' })
  expect(parsePrefixedPath('/')).toEqual({ path: [] })
})

test.each(['/d01', 'd01', '/d01/d01/3', '/d01/3/0/0/0/0', '/d01/x', '//3', '/3/d01', '/d01//3', '/d01/65535', ''])(
  '%j is no path',
  text => {
    expect(() => parsePrefixedPath(text)).toThrow(invalid)
  },
)

test('several are of the client, or all of one device', () => {
  expect(parsePrefixedPaths(['/3', '/1/0'])).toEqual({ paths: [[3], [1, 0]] })
  expect(parsePrefixedPaths(['/d01/3', '/d01/1/0'])).toEqual({ paths: [[3], [1, 0]], prefix: 'd01' })
  expect(parsePrefixedPaths([])).toEqual({ paths: [] })
  expect(() => parsePrefixedPaths(['/d01/3', '/3'])).toThrow(invalid)
  expect(() => parsePrefixedPaths(['/3', '/d01/3'])).toThrow(invalid)
  expect(() => parsePrefixedPaths(['/d01/3', '/d02/3'])).toThrow(invalid)
})
