import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { Transcript } from '../../../transport/dtls/transcript.ts'

test('the hash of all messages so far, more may follow', () => {
  const transcript = new Transcript()
  const sha256 = (text: string) => createHash('sha256').update(text).digest()
  expect(transcript.hash()).toEqual(sha256(''))
  transcript.add(Buffer.from('client hello'))
  expect(transcript.hash()).toEqual(sha256('client hello'))
  expect(transcript.hash()).toEqual(sha256('client hello'))
  transcript.add(Buffer.from(', server hello'))
  expect(transcript.hash()).toEqual(sha256('client hello, server hello'))
})
