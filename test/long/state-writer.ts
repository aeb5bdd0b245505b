import { writeSync } from 'node:fs'
import { fileStore } from '../../client/persistence.ts'
import { numberedState, numberOf } from '../helpers/saved-states.ts'

/** Saves states with rising numbers until it is killed, and prints a number when its state is safe. */
const store = fileStore(process.argv[2] as string)
const found = store.load()
if (found.kind === 'failed') throw found.error
let number = found.kind === 'state' ? numberOf(found.state) : 0
writeSync(1, `found ${number}\n`)
for (;;) {
  const own = ++number
  // Of different lengths; every third save finds the one before under way.
  const saved = store.save(numberedState(own, (own * 7919) % 60_000))
  if (own % 3 === 0) void saved.then(() => writeSync(1, `safe ${own}\n`))
  else await saved.then(() => writeSync(1, `safe ${own}\n`))
}
