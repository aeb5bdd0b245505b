import { expect, test } from 'vitest'
import { keyLogLine } from '../../../transport/dtls/keylog.ts'

test('a line of the key log is label, client random, master secret', () => {
  const master = new Uint8Array(50).fill(0xab).subarray(2)
  expect(keyLogLine(Buffer.alloc(32, 1), master)).toBe(`CLIENT_RANDOM ${'01'.repeat(32)} ${'ab'.repeat(48)}`)
})
