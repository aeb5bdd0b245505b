import { CborWriter } from '../../objects/formats/cbor-writer.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import { SenmlLabel } from '../../objects/formats/senml-fields.ts'
import { type CoapOption, Code } from '../../transport/coap/message.ts'
import { type AttributeQueries, attributeQueries } from './attribute-queries.ts'
import { lwm2mPath } from './console-path.ts'
import { type MessageFields, requestTemplate } from './message-template.ts'
import { contentFormatOption, observeOption, queryOption } from './option-values.ts'
import { acceptOptions, placeOptions, type ReadRequest } from './requests.ts'
import type { Any, MessageTemplate } from './template.ts'

// Observations and composites (LwM2M Transport 1.2.2 §6.4.4, §6.4.5). Each throws ConsoleError.

interface Observing extends AttributeQueries {
  /** 0 observes, 1 cancels. Default: 0. */
  readonly observe?: number | undefined
}

export interface ObserveRequest extends ReadRequest, Observing {}

export function observe(request: ObserveRequest): MessageTemplate {
  const { path, accept } = request
  const options = [...placeOptions(path), ...observingOptions(request), ...acceptOptions(accept)]
  return requestTemplate(Code.get, request, options)
}

export interface ReadCompositeRequest extends MessageFields {
  readonly paths: readonly string[]
  /** A Content-Format. */
  readonly accept?: number | undefined
}

export function readComposite(request: ReadCompositeRequest): MessageTemplate {
  return composite(request, [])
}

export interface ObserveCompositeRequest extends ReadCompositeRequest, Observing {}

export function observeComposite(request: ObserveCompositeRequest): MessageTemplate {
  return composite(request, observingOptions(request))
}

export interface WriteCompositeRequest extends MessageFields {
  readonly payload: Uint8Array | Any
  readonly contentFormat: number
}

export function writeComposite(request: WriteCompositeRequest): MessageTemplate {
  return requestTemplate(Code.iPatch, request, [contentFormatOption(request.contentFormat)], request.payload)
}

function observingOptions(request: Observing): CoapOption[] {
  return [observeOption(request.observe ?? 0), ...attributeQueries(request).map(queryOption)]
}

function composite(request: ReadCompositeRequest, options: readonly CoapOption[]): MessageTemplate {
  const formats = [contentFormatOption(ContentFormat.senmlCbor), ...acceptOptions(request.accept)]
  return requestTemplate(Code.fetch, request, [...options, ...formats], namesOf(request.paths))
}

/** A SenML pack of names alone, each as it was typed (LwM2M Core 1.2.2 §6.3.8). */
function namesOf(paths: readonly string[]): Uint8Array {
  const writer = new CborWriter()
  writer.array(paths.length)
  for (const path of paths) {
    lwm2mPath(path)
    writer.map(1)
    writer.integer(SenmlLabel.n)
    writer.text(path)
  }
  return writer.finish()
}
