import { describe } from 'vitest'
import { scenarios } from '../../helpers/dtls-duel.ts'
import { testMutations } from '../../helpers/handshake-mutations.ts'

/** One of each kind; all of them in test/long. */
const sample = ['full, with a ticket', 'abbreviated by session id', 'Connection IDs, abbreviated', 'certificates']

describe.each(scenarios.filter(({ name }) => sample.includes(name)))('$name', testMutations)
