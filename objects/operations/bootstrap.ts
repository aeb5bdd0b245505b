import type { ObjectStore } from '../store.ts'
import { bootstrapDelete } from './bootstrap-delete.ts'
import { bootstrapDiscover } from './bootstrap-discover.ts'
import { bootstrapFinish } from './bootstrap-finish.ts'
import { bootstrapRead } from './bootstrap-read.ts'
import { bootstrapWrite } from './bootstrap-write.ts'
import type { BootstrapContext, BootstrapOperation, Outcome } from './operation.ts'
import { settle } from './perform.ts'

/**
 * Performs an operation of the Bootstrap-Server on the store, without access control (LwM2M Core 1.2.2 §6.1.7); otherwise
 * like `perform`. Whoever runs the bootstrap sequence takes back what a sequence that fails has left behind.
 */
export function performBootstrap(
  store: ObjectStore,
  context: BootstrapContext,
  operation: BootstrapOperation,
): Outcome | Promise<Outcome> {
  return settle(context, () => {
    switch (operation.kind) {
      case 'bootstrapRead':
        return bootstrapRead(store, context, operation)
      case 'bootstrapDiscover':
        return bootstrapDiscover(store, context, operation)
      case 'bootstrapWrite':
        return bootstrapWrite(store, operation)
      case 'bootstrapDelete':
        return bootstrapDelete(store, operation)
      default:
        return bootstrapFinish(store, context)
    }
  })
}
