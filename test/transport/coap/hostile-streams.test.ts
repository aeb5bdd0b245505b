import * as fc from 'fast-check'
import { test } from 'vitest'
import { runHostileStreams } from '../../helpers/hostile-streams.ts'

test('whatever peers send over streams, each is answered or closed as RFC 8323 says, in bounded memory, and the endpoint lives on', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), seed => runHostileStreams(seed, 16)),
    { seed: 1, numRuns: 25 },
  )
})
