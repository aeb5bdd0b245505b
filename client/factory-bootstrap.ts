import { impliedBinding } from '../objects/account.ts'
import type { InstanceValues, ObjectDefinition } from '../objects/definition.ts'
import { device } from '../objects/definitions/device.ts'
import { security } from '../objects/definitions/security.ts'
import { server } from '../objects/definitions/server.ts'
import { ObjectsApi } from '../objects/objects.ts'
import { ObjectStore } from '../objects/store.ts'
import { systemNetwork } from '../transport/system-network.ts'
import { formatServerUri, isSecure, isStream, parseServerUri, type ServerUri } from '../transport/uri.ts'
import { ExternalKeys } from './external-keys.ts'
import {
  type BootstrapServerOptions,
  bootstrapServers,
  type ClientOptions,
  defaultLifetimeSeconds,
  type SecurityOptions,
  type ServerOptions,
} from './options.ts'
import { OptionsError } from './options-error.ts'
import { noRawKeysOverTls } from './rpk.ts'
import { externalKey, type Security, securityResources } from './security.ts'

export interface FactoryState {
  readonly store: ObjectStore
  /** What of its credentials is not in the store. */
  readonly keys: ExternalKeys
}

/**
 * The objects of a client as its options describe them: Security and Server instances for each server (Factory
 * Bootstrap, LwM2M Core 1.2.2 §6.1.3.1), the Device object, and the definitions of the application.
 * Throws OptionsError, or TransportError INVALID_URI.
 */
export function factoryBootstrap(options: ClientOptions): FactoryState {
  const store = new ObjectStore()
  const keys = new ExternalKeys()
  const objects = new ObjectsApi(store)
  const own = options.objects ?? []
  const isOwn = ({ id }: ObjectDefinition) => own.some(definition => definition.id === id)
  for (const definition of own) store.define(definition)
  for (const definition of [security, server, device]) if (!isOwn(definition)) store.define(definition)
  /** The application may bring another version of these objects; the resources used here are the same in all. */
  const inUse = <D extends ObjectDefinition>(definition: D) => store.definition(definition.id) as D
  // First, since a Bootstrap-Server may take it for granted that its own instance is /0/0.
  const bootstraps = bootstrapServers(options)
  const createSecurity = (
    instanceId: number,
    account: ServerOptions | BootstrapServerOptions,
    values: InstanceValues<typeof security>,
  ) => {
    const resources = reach(account, options)
    objects.create(inUse(security), instanceId, { ...resources, ...values })
    const external = account.security && externalKey(account.security)
    if (external !== undefined) keys.add(instanceId, account.uri, resources.publicKeyOrIdentity, external)
  }
  for (const [instanceId, account] of bootstraps.entries()) {
    const { holdOffSeconds, accountTimeoutSeconds } = account
    createSecurity(instanceId, account, {
      bootstrapServer: true,
      ...(holdOffSeconds === undefined ? {} : { clientHoldOffTime: holdOffSeconds }),
      ...(accountTimeoutSeconds === undefined ? {} : { bootstrapServerAccountTimeout: accountTimeoutSeconds }),
    })
  }
  for (const [instanceId, account] of (options.servers ?? []).entries()) {
    createSecurity(bootstraps.length + instanceId, account, {
      bootstrapServer: false,
      shortServerId: account.shortServerId,
    })
    objects.create(inUse(server), instanceId, {
      shortServerId: account.shortServerId,
      lifetime: account.lifetimeSeconds ?? defaultLifetimeSeconds,
      notificationStoringWhenDisabledOrOffline: account.storesNotifications ?? false,
      binding: account.binding ?? impliedBinding(account.uri),
      ...(account.preferredTransport === undefined ? {} : { preferredTransport: account.preferredTransport }),
      ...(account.disableTimeoutSeconds === undefined ? {} : { disableTimeout: account.disableTimeoutSeconds }),
      ...(account.defaultPminSeconds === undefined ? {} : { defaultMinimumPeriod: account.defaultPminSeconds }),
      ...(account.defaultPmaxSeconds === undefined ? {} : { defaultMaximumPeriod: account.defaultPmaxSeconds }),
    })
  }
  objects.create(inUse(device), 0, {
    manufacturer: 'lwm2m-engine',
    modelNumber: 'simulated device',
    serialNumber: options.endpoint,
    errorCode: { 0: 0 },
    supportedBindingAndModes: (options.network ?? systemNetwork).streams === undefined ? 'U' : 'UT',
    ...options.device,
  })
  return { store, keys }
}

/** Where a server is and how it is reached; throws OptionsError, or TransportError INVALID_URI. */
function reach({ uri, security: credentials, serverName, suites }: UriOptions, { connect }: ClientOptions) {
  const parsed = parseServerUri(uri)
  // How the application's own connection is secured is its own matter.
  if (connect === undefined) checkScheme(parsed, credentials)
  if (suites !== undefined) checkSuites(suites)
  return {
    lwm2mServerUri: uri,
    ...securityResources(credentials),
    ...(serverName === undefined ? {} : { sni: serverName }),
    ...(suites && { dtlsTlsCiphersuite: Object.fromEntries(suites.entries()) }),
  }
}

type UriOptions = SecurityOptions & Pick<ServerOptions, 'uri'>

function checkScheme(uri: ServerUri, credentials: Security | undefined): void {
  const shown = formatServerUri(uri)
  const overTcp = isStream(uri.scheme)
  if (!isSecure(uri.scheme)) {
    if (credentials === undefined) return
    throw new OptionsError(`${shown} is not secured, but has \`security\`; write ${overTcp ? 'coaps+tcp' : 'coaps'}://`)
  }
  if (credentials === undefined) throw new OptionsError(`${shown} needs \`security\`, such as psk(identity, key)`)
  if (credentials.kind === 'rpk' && overTcp) throw new OptionsError(`${shown}: ${noRawKeysOverTls}`)
}

function checkSuites(suites: readonly number[]): void {
  const isSuite = (suite: number) => Number.isInteger(suite) && suite >= 0 && suite <= 0xffff
  if (suites.length > 0 && suites.every(isSuite)) return
  throw new OptionsError('`suites` must list numbers of two bytes, such as 0xc0a8')
}
