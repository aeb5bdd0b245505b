import type { ObjectDefinition } from '../objects/definition.ts'
import { device } from '../objects/definitions/device.ts'
import { security } from '../objects/definitions/security.ts'
import { server } from '../objects/definitions/server.ts'
import { ObjectsApi } from '../objects/objects.ts'
import { ObjectStore } from '../objects/store.ts'
import { formatServerUri, parseServerUri } from '../transport/uri.ts'
import { bootstrapServers, type ClientOptions, defaultLifetimeSeconds, OptionsError } from './options.ts'

/** Security mode NoSec (LwM2M Core 1.2.2 §E.1, resource 2). */
const noSec = 3

/**
 * The objects of a client as its options describe them: Security and Server instances for each server (Factory
 * Bootstrap, LwM2M Core 1.2.2 §6.1.3.1), the Device object, and the definitions of the application.
 * Throws OptionsError, or TransportError INVALID_URI.
 */
export function factoryBootstrap(options: ClientOptions): ObjectStore {
  const store = new ObjectStore()
  const objects = new ObjectsApi(store)
  const own = options.objects ?? []
  const isOwn = ({ id }: ObjectDefinition) => own.some(definition => definition.id === id)
  for (const definition of own) store.define(definition)
  for (const definition of [security, server, device]) if (!isOwn(definition)) store.define(definition)
  /** The application may bring another version of these objects; the resources used here are the same in all. */
  const inUse = <D extends ObjectDefinition>(definition: D) => store.definition(definition.id) as D
  // First, since a Bootstrap-Server may take it for granted that its own instance is /0/0.
  const bootstraps = bootstrapServers(options)
  for (const [instanceId, { uri, holdOffSeconds, accountTimeoutSeconds }] of bootstraps.entries()) {
    objects.create(inUse(security), instanceId, {
      ...reach(uri),
      bootstrapServer: true,
      ...(holdOffSeconds === undefined ? {} : { clientHoldOffTime: holdOffSeconds }),
      ...(accountTimeoutSeconds === undefined ? {} : { bootstrapServerAccountTimeout: accountTimeoutSeconds }),
    })
  }
  for (const [instanceId, account] of (options.servers ?? []).entries()) {
    objects.create(inUse(security), bootstraps.length + instanceId, {
      ...reach(account.uri),
      bootstrapServer: false,
      shortServerId: account.shortServerId,
    })
    objects.create(inUse(server), instanceId, {
      shortServerId: account.shortServerId,
      lifetime: account.lifetimeSeconds ?? defaultLifetimeSeconds,
      notificationStoringWhenDisabledOrOffline: account.storesNotifications ?? false,
      binding: 'U',
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
    supportedBindingAndModes: 'U',
    ...options.device,
  })
  return store
}

/** Where a server is and how it is reached; throws OptionsError, or TransportError INVALID_URI. */
function reach(text: string) {
  const uri = parseServerUri(text)
  if (uri.scheme !== 'coap') {
    throw new OptionsError(`${formatServerUri(uri)}: security is not supported yet; use a coap:// server`)
  }
  return {
    lwm2mServerUri: text,
    securityMode: noSec,
    publicKeyOrIdentity: new Uint8Array(),
    serverPublicKey: new Uint8Array(),
    secretKey: new Uint8Array(),
  }
}
