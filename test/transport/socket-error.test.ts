import { expect, test } from 'vitest'
import { socketError } from '../../transport/socket-error.ts'

const errorWith = (code: string) => Object.assign(new Error(code), { code })

test.each([
  ['EMFILE', 'no socket is left for 10.0.0.2 port 5683: raise the limit of open files of this process (ulimit -n)'],
  ['ENFILE', 'no socket is left for 10.0.0.2 port 5683: raise the limit of open files of the machine'],
])('%s: which limit to raise', (code, message) => {
  const cause = errorWith(code)
  expect(socketError(cause, { host: '10.0.0.2', port: 5683 })).toMatchObject({
    code: 'NETWORK_UNREACHABLE',
    message,
    cause,
  })
})
