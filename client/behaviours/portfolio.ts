import { from, Subscription } from 'rxjs'
import { portfolio as portfolioObject } from '../../objects/definitions/portfolio.ts'
import type { ExecuteArguments } from '../../objects/handlers.ts'
import { formatPath } from '../../objects/path.ts'
import type { Lwm2mClient } from '../client.ts'
import { definitionInUse } from './definition-in-use.ts'
import { type Behaviour, LivingInstance } from './living-instance.ts'
import { indexed } from './replace-values.ts'

/** Who a device is, and how it proves that. */
export interface PortfolioOptions {
  /** Default 0. */
  readonly instanceId?: number
  /** By resource instance id; for GSMA 0 is the id of the host device, 1 its manufacturer, 2 its model, 3 its software version. */
  readonly identities?: Readonly<Record<number, string>>
  /** A server may write resource instances with ids below this. Default 16. */
  readonly maximumIdentities?: number
  /** Of an identity that a server writes, bytes. Default 255. */
  readonly maximumIdentityBytes?: number
  /**
   * Makes the authentication data that GetAuthData with these arguments asks for, one resource instance each. A throw refuses the
   * Execute, as of any handler; a rejection shows in AuthStatus, and is told as a sink tells. Default: GetAuthData is 4.04.
   */
  readonly authenticate?: (request: AuthenticationRequest) => readonly Uint8Array[] | Promise<readonly Uint8Array[]>
}

/** What a GetAuthData asks for. */
export interface AuthenticationRequest {
  /** Those of the Execute; what they mean is the service's to say. */
  readonly args: ExecuteArguments
  /** The identities at the moment, by resource instance id. */
  readonly identities: Readonly<Record<number, string>>
}

/** AuthStatus, resource 3. */
const idle = 0
const available = 1
const failed = 2

/**
 * Brings a Portfolio (16) to life: identities that servers may write, within bounds, and the services behind GetAuthData. Their
 * data can be read once, as the object says: it is gone when it was returned, and stays out of the store.
 */
export function portfolio(client: Lwm2mClient, options: PortfolioOptions = {}): Behaviour<typeof portfolioObject> {
  const { instanceId = 0, identities = {}, maximumIdentities = 16, maximumIdentityBytes = 255, authenticate } = options
  const values = { identity: identities, authStatus: idle }
  const living = new LivingInstance(client, definitionInUse(client, portfolioObject), { instanceId, values })
  const { instance } = living
  const dataPath = formatPath(instance.path('authData'))
  living.onWrite('identity', ([, , , id = 0], identity) => {
    return id < maximumIdentities && Buffer.byteLength(identity as string) <= maximumIdentityBytes
  })
  if (authenticate === undefined) return living
  let authData: readonly Uint8Array[] = []
  let running = Subscription.EMPTY
  const show = (data: readonly Uint8Array[], authStatus: number) => {
    authData = data
    if (living.isThere) instance.set({ authStatus })
  }
  const made = client.sink(`/${portfolioObject.id}/${instanceId}`, (data: readonly Uint8Array[]) => {
    show([...data], available)
    client.objects.changed(dataPath)
  })
  living.onExecute('getAuthData', (_, args) => {
    const data = authenticate({ args, identities: instance.get('identity') ?? {} })
    running.unsubscribe()
    show([], idle)
    running = from(Promise.resolve(data)).subscribe({
      next: made.next,
      error: (error: unknown) => {
        show([], failed)
        made.error(error)
      },
    })
  })
  // Nothing is an empty list, so that it can be observed before there is something.
  living.onRead('authData', () => {
    const data = authData
    if (data.length > 0) queueMicrotask(() => data === authData && show([], idle))
    return indexed(data)
  })
  living.add(() => running.unsubscribe())
  return living
}
