import { describe } from 'vitest'
import { scenarios } from '../helpers/dtls-duel.ts'
import { testMutations } from '../helpers/handshake-mutations.ts'

describe.each(scenarios)('$name', testMutations)
