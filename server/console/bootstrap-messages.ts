import { CborWriter } from '../../objects/formats/cbor-writer.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import { SenmlLabel } from '../../objects/formats/senml-fields.ts'
import { TlvKind, TlvWriter } from '../../objects/formats/tlv-writer.ts'
import { printable } from '../../objects/printable.ts'
import { Code } from '../../transport/coap/message.ts'
import { findUint, OptionNumber } from '../../transport/coap/options.ts'
import type { Packet } from '../../transport/coap/packet.ts'
import { ConsoleError } from './console-error.ts'
import { securityModes } from './names.ts'
import { bootstrapFinish, write } from './requests.ts'
import { content, errorResponse } from './responses.ts'
import type { MessageTemplate } from './template.ts'

/** A server account to write into a client: an instance of Security and one of Server (LwM2M Core 1.2.2 Appendix E.1, E.2). */
export interface BootstrapAccount {
  /** Of the server: `coap://…`, `coaps://…`. */
  readonly uri: string
  /** /0/x/2. Default: none for `coap:`, a pre-shared key for `coaps:`. */
  readonly securityMode?: number | undefined
  readonly pskIdentity?: Uint8Array | undefined
  readonly pskKey?: Uint8Array | undefined
  /** In DER, as the other ones. */
  readonly clientCertificate?: Uint8Array | undefined
  readonly clientPrivateKey?: Uint8Array | undefined
  readonly serverCertificate?: Uint8Array | undefined
  /** Default: 1. */
  readonly shortServerId?: number | undefined
  /** Of a Bootstrap-Server, which has no instance of Server. Default: false. */
  readonly isBootstrap?: boolean | undefined
  /** Default: 86,400. */
  readonly lifetimeSeconds?: number | undefined
  /** Default: false. */
  readonly notificationStoring?: boolean | undefined
  /** Default: `U`. */
  readonly binding?: string | undefined
  /** Of both instances. Default: 1. */
  readonly instanceId?: number | undefined
  /** By their numbers of the TLS registry. Default: none. */
  readonly cipherSuites?: readonly number[] | undefined
}

/**
 * The messages that give a client an account: Write /0, Write /1 unless it is one of a Bootstrap-Server, and Bootstrap-Finish
 * unless `finish` is false. Throws ConsoleError.
 */
export function bootstrapMessages(account: BootstrapAccount, finish = true): MessageTemplate[] {
  const messages = instancesOf(account).map(instance =>
    write({ path: `/${instance.objectId}`, payload: toTlv(instance), contentFormat: ContentFormat.tlv }),
  )
  return finish ? [...messages, bootstrapFinish()] : messages
}

/**
 * The answer to a Bootstrap-Pack-Request: the account as SenML CBOR (LwM2M Core 1.2.2 §6.1.7.7), or 4.06 when another format
 * was asked for. Throws ConsoleError.
 */
export function bootstrapPack(account: BootstrapAccount, request: Packet): MessageTemplate {
  const { messageId, token } = request
  const accept = findUint(request, OptionNumber.accept) ?? ContentFormat.senmlCbor
  if (accept !== ContentFormat.senmlCbor) return errorResponse({ messageId, token, code: Code.notAcceptable })
  const payload = toSenml(instancesOf(account))
  return content({ messageId, token, payload, contentFormat: ContentFormat.senmlCbor })
}

interface AccountInstance {
  readonly objectId: number
  readonly instanceId: number
  readonly resources: readonly [resourceId: number, value: ResourceValue][]
}

/** A list is a multiple resource. */
type ResourceValue = string | number | boolean | Uint8Array | readonly number[]

function instancesOf(account: BootstrapAccount): AccountInstance[] {
  checkCredentials(account)
  const { uri, shortServerId = 1, isBootstrap = false, instanceId = 1, cipherSuites = [] } = account
  const { lifetimeSeconds = 86_400, notificationStoring = false, binding = 'U' } = account
  checkNumber('iid', instanceId, 65_534)
  checkNumber('ssid', shortServerId, 65_535)
  checkNumber('lifetime', lifetimeSeconds, 0xffffffff)
  for (const suite of cipherSuites) checkNumber('tls_ciphersuites', suite, 0xffffffff)
  const security: AccountInstance = {
    objectId: 0,
    instanceId,
    resources: [
      [0, uri],
      [1, isBootstrap],
      [2, account.securityMode ?? modeOf(uri)],
      [3, nonEmpty(account.pskIdentity) ?? account.clientCertificate ?? nothing],
      [4, account.serverCertificate ?? nothing],
      [5, nonEmpty(account.pskKey) ?? account.clientPrivateKey ?? nothing],
      [10, shortServerId],
      [16, cipherSuites],
    ],
  }
  if (isBootstrap) return [security]
  const server: AccountInstance = {
    objectId: 1,
    instanceId,
    resources: [
      [0, shortServerId],
      [1, lifetimeSeconds],
      [6, notificationStoring],
      [7, binding],
    ],
  }
  return [security, server]
}

const nothing = new Uint8Array(0)

function nonEmpty(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes?.length === 0 ? undefined : bytes
}

function checkCredentials(account: BootstrapAccount): void {
  const { pskIdentity, pskKey, clientCertificate, clientPrivateKey, serverCertificate } = account
  const hasKey = nonEmpty(pskIdentity) ?? nonEmpty(pskKey)
  const hasCertificate = clientCertificate ?? clientPrivateKey ?? serverCertificate
  if (hasKey !== undefined && hasCertificate !== undefined) {
    throw new ConsoleError('Cannot set both PSK and cert mode at the same time')
  }
}

function checkNumber(name: string, value: number, maximum: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= maximum) return
  throw new ConsoleError(`${name} is 0–${maximum}, not ${value}`)
}

function modeOf(uri: string): number {
  const scheme = uri.split(':', 1)[0] as string
  const mode = defaultModes.get(scheme)
  if (mode === undefined)
    throw new ConsoleError(`uri is neither coap: nor coaps:, so it needs a security_mode: ${printable(uri)}`)
  return mode
}

const defaultModes: ReadonlyMap<string, number | undefined> = new Map([
  ['coap', securityModes.get('NoSec')],
  ['coaps', securityModes.get('PreSharedKey')],
])

function toTlv({ instanceId, resources }: AccountInstance): Uint8Array {
  const writer = new TlvWriter()
  for (const [id, value] of resources.toReversed()) {
    const before = writer.length
    if (isList(value)) {
      for (const [index, item] of [...value.entries()].reverse()) {
        const end = writer.length
        writer.value('integer', item)
        writer.header(TlvKind.resourceInstance, index, writer.length - end)
      }
    } else if (typeof value === 'string') writer.value('string', value)
    else if (typeof value === 'boolean') writer.value('boolean', value)
    else if (typeof value === 'number') writer.value('integer', value)
    else writer.value('opaque', value)
    writer.header(isList(value) ? TlvKind.multipleResource : TlvKind.resource, id, writer.length - before)
  }
  writer.header(TlvKind.instance, instanceId, writer.length)
  return writer.finish()
}

/** All names below the base name `/`. */
function toSenml(instances: readonly AccountInstance[]): Uint8Array {
  const records = instances.flatMap(({ objectId, instanceId, resources }) =>
    resources.flatMap(([id, value]) => {
      const name = `${objectId}/${instanceId}/${id}`
      return isList(value) ? value.map((item, index) => ({ name: `${name}/${index}`, value: item })) : [{ name, value }]
    }),
  )
  const writer = new CborWriter()
  writer.array(records.length)
  for (const [index, { name, value }] of records.entries()) {
    writer.map(index === 0 ? 3 : 2)
    if (index === 0) {
      writer.integer(SenmlLabel.bn)
      writer.text('/')
    }
    writer.integer(SenmlLabel.n)
    writer.text(name)
    writer.integer(labelOf(value))
    writer.value(value, false)
  }
  return writer.finish()
}

function labelOf(value: string | number | boolean | Uint8Array): number {
  if (typeof value === 'string') return SenmlLabel.vs
  if (typeof value === 'boolean') return SenmlLabel.vb
  return typeof value === 'number' ? SenmlLabel.v : SenmlLabel.vd
}

function isList(value: ResourceValue): value is readonly number[] {
  return Array.isArray(value)
}
