import { OperationError } from '../../objects/errors.ts'
import { formatLinks, parseLinks } from '../../objects/formats/link-format.ts'
import { formatPath, type Path, pathFromSegments } from '../../objects/path.ts'
import { type CoapMessage, Code, noPayload } from '../coap/message.ts'
import { findStrings, findUint, OptionNumber, pathOptions, stringOption, uintOption } from '../coap/options.ts'
import { readEndpoint, readQuery } from './query.ts'

/** What a Bootstrap-Request says (LwM2M Core 1.2.2 §6.1.7.1). */
export interface BootstrapRequest {
  /** Endpoint Client Name; a server may know it from the security layer instead. */
  readonly endpoint?: string
  /** The Content-Format that the client would like to be written in (LwM2M 1.1 and later). */
  readonly preferredContentFormat?: number
}

/** What a Bootstrap-Pack-Request says (LwM2M Core 1.2.2 §6.1.7.7). */
export interface BootstrapPackRequest {
  readonly endpoint?: string
  /** The Content-Format to answer in. */
  readonly accept?: number
  /** Instances of the Bootstrap-Server Account, `/0/1` for example, of which the pack has to keep clear. */
  readonly accountInstances?: readonly Path[]
}

const requestPath = 'bs'
const packPath = 'bspack'

/** `POST /bs?ep=…&pct=…` (LwM2M Transport 1.2.2 §6.4.2). */
export function encodeBootstrapRequest({ endpoint, preferredContentFormat }: BootstrapRequest): CoapMessage {
  const query: string[] = []
  if (endpoint !== undefined) query.push(`ep=${endpoint}`)
  if (preferredContentFormat !== undefined) query.push(`pct=${preferredContentFormat}`)
  return {
    code: Code.post,
    options: [...pathOptions(OptionNumber.uriPath, [requestPath]), ...query.map(queryOption)],
    payload: noPayload,
  }
}

/** Reads a Bootstrap-Request; undefined when the request is none. Throws OperationError BAD_REQUEST. */
export function decodeBootstrapRequest(request: CoapMessage): BootstrapRequest | undefined {
  if (request.code !== Code.post || !isAt(request, requestPath)) return undefined
  const query = readQuery(request)
  const endpoint = readEndpoint(query)
  const preferredContentFormat = readContentFormat(query.get('pct'))
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(preferredContentFormat === undefined ? {} : { preferredContentFormat }),
  }
}

/** `GET /bspack?ep=…` with an Accept option (LwM2M Transport 1.2.2 §6.4.2). */
export function encodeBootstrapPackRequest(request: BootstrapPackRequest): CoapMessage {
  const { endpoint, accept, accountInstances } = request
  const query: string[] = []
  if (endpoint !== undefined) query.push(`ep=${endpoint}`)
  if (accountInstances !== undefined) query.push(`acc=${formatAccount(accountInstances)}`)
  return {
    code: Code.get,
    options: [
      ...pathOptions(OptionNumber.uriPath, [packPath]),
      ...query.map(queryOption),
      ...(accept === undefined ? [] : [uintOption(OptionNumber.accept, accept)]),
    ],
    payload: noPayload,
  }
}

/** Reads a Bootstrap-Pack-Request; undefined when the request is none. Throws OperationError BAD_REQUEST. */
export function decodeBootstrapPackRequest(request: CoapMessage): BootstrapPackRequest | undefined {
  if (request.code !== Code.get || !isAt(request, packPath)) return undefined
  const query = readQuery(request)
  const endpoint = readEndpoint(query)
  const accept = findUint(request, OptionNumber.accept)
  const accountInstances = readAccount(query.get('acc'))
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(accept === undefined ? {} : { accept }),
    ...(accountInstances === undefined ? {} : { accountInstances }),
  }
}

function isAt(request: CoapMessage, segment: string): boolean {
  const path = findStrings(request, OptionNumber.uriPath)
  return path.length === 1 && path[0] === segment
}

function queryOption(parameter: string) {
  return stringOption(OptionNumber.uriQuery, parameter)
}

function readContentFormat(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new OperationError('BAD_REQUEST', 'pct is no Content-Format')
  }
  return Number(text)
}

function formatAccount(instances: readonly Path[]): string {
  return formatLinks(instances.map(path => ({ target: formatPath(path), attributes: {} })))
}

/** The test specification shows `acc`, the account, as links: `acc=</0/1>,</21/0>`. */
function readAccount(text: string | undefined): readonly Path[] | undefined {
  return text === undefined ? undefined : readLinks(text).map(({ target }) => readInstance(target))
}

function readLinks(text: string) {
  try {
    return parseLinks(text)
  } catch {
    throw new OperationError('BAD_REQUEST', 'acc is no list of links')
  }
}

function readInstance(target: string): Path {
  const path = pathFromSegments(target.slice(1).split('/'))
  if (path?.length !== 2) throw new OperationError('BAD_REQUEST', 'acc names what is no instance')
  return path
}
