import { printable } from '../../objects/printable.ts'
import { Code, noPayload } from '../../transport/coap/message.ts'
import type { AttributeQueries } from './attribute-queries.ts'
import {
  bootstrapPackRequest,
  deregister,
  type EstRequest,
  estCaCerts,
  estSimpleEnroll,
  estSimpleReenroll,
  type RegistrationRequest,
  register,
  requestBootstrap,
  send,
  update,
} from './client-requests.ts'
import { ConsoleError } from './console-error.ts'
import { MessageArguments } from './message-arguments.ts'
import type { MessageKind } from './message-kind.ts'
import { type MessageFields, messageTemplate, type ResponseFields } from './message-template.ts'
import {
  observe,
  observeComposite,
  type ReadCompositeRequest,
  readComposite,
  writeComposite,
} from './observation-requests.ts'
import {
  bootstrapFinish,
  coapGet,
  create,
  deleteInstance,
  discover,
  execute,
  type ReadRequest,
  read,
  write,
  writeAttributes,
} from './requests.ts'
import {
  changed,
  content,
  continued,
  created,
  deleted,
  empty,
  errorResponse,
  type LocationResponse,
  notify,
  reset,
} from './responses.ts'
import { ANY, type Any, type MessageTemplate } from './template.ts'
import type { Value } from './values.ts'

/** A message of test scripts. */
export interface MessageClass {
  /** `Lwm2mRead`. */
  readonly name: string
  /** What a message that it builds is, even where another kind looks the same. */
  readonly kind: MessageKind
  /** The names of its arguments, in their order. */
  readonly parameters: readonly string[]
  readonly build: (given: MessageArguments) => MessageTemplate
}

const fields = ['msg_id', 'token', 'options']
const attributes = ['lt', 'gt', 'st', 'pmin', 'pmax', 'epmin', 'epmax', 'hqmax']
const registration = ['path', 'query', ...fields, 'content']
const est = ['msg_id', 'token', 'uri_path', 'uri_query', 'options', 'content']
const location = ['msg_id', 'token', 'location', 'options']
const packet = ['type', 'code', 'msg_id', 'token', 'options', 'content', 'version']

const classes: readonly MessageClass[] = [
  // Requests of a server.
  messageClass('CoapGet', 'get', ['path', 'accept', ...fields], a => coapGet(readRequest(a))),
  messageClass('Lwm2mRead', 'read', ['path', 'accept', ...fields], a => read(readRequest(a))),
  messageClass('Lwm2mObserve', 'observe', ['path', 'observe', 'accept', ...attributes, ...fields], a =>
    observe({ ...readRequest(a), ...attributesOf(a), observe: a.integer('observe') }),
  ),
  messageClass('Lwm2mDiscover', 'discover', ['path', 'depth', ...fields], a =>
    discover({ ...fieldsOf(a), path: a.text('path'), depth: a.integer('depth') }),
  ),
  messageClass('Lwm2mReadComposite', 'readComposite', ['paths', 'accept', ...fields], a =>
    readComposite(compositeRequest(a)),
  ),
  messageClass(
    'Lwm2mObserveComposite',
    'observeComposite',
    ['paths', 'observe', 'accept', ...attributes, ...fields],
    a => observeComposite({ ...compositeRequest(a), ...attributesOf(a), observe: a.integer('observe') }),
  ),
  messageClass('Lwm2mWrite', 'write', ['path', 'content', 'format', 'update', ...fields], a =>
    write({
      ...fieldsOf(a),
      path: a.text('path'),
      payload: a.bytesOrAny('content'),
      contentFormat: a.contentFormatOrNone('format'),
      update: a.boolean('update'),
    }),
  ),
  messageClass('Lwm2mWriteComposite', 'writeComposite', ['content', 'format', ...fields], a =>
    writeComposite({
      ...fieldsOf(a),
      payload: a.bytesOrAny('content'),
      contentFormat: a.requiredContentFormat('format'),
    }),
  ),
  messageClass('Lwm2mWriteAttributes', 'writeAttributes', ['path', ...attributes, 'query', ...fields], a =>
    writeAttributes({ ...fieldsOf(a), ...attributesOf(a), path: a.text('path'), query: a.optionalTexts('query') }),
  ),
  messageClass('Lwm2mExecute', 'execute', ['path', 'content', ...fields], a =>
    execute({ ...fieldsOf(a), path: a.text('path'), payload: payloadOf(a) }),
  ),
  messageClass('Lwm2mCreate', 'create', ['path', 'content', ...fields, 'format'], a =>
    create({
      ...fieldsOf(a),
      path: a.text('path'),
      payload: payloadOf(a),
      contentFormat: a.contentFormatOrNone('format'),
    }),
  ),
  messageClass('Lwm2mDelete', 'delete', ['path', ...fields], a =>
    deleteInstance({ ...fieldsOf(a), path: a.text('path') }),
  ),
  messageClass('Lwm2mBootstrapFinish', 'bootstrapFinish', [...fields, 'content'], a =>
    bootstrapFinish({ ...fieldsOf(a), payload: payloadOf(a) }),
  ),
  // Requests of a client.
  messageClass('Lwm2mRegister', 'register', registration, a => register(registrationRequest(a))),
  messageClass('Lwm2mUpdate', 'update', registration, a => update(registrationRequest(a))),
  messageClass('Lwm2mDeregister', 'deregister', ['path', ...fields], a =>
    deregister({ ...fieldsOf(a), path: a.text('path') }),
  ),
  messageClass('Lwm2mSend', 'send', ['path', 'msg_id', 'token', 'format', 'options', 'content'], a =>
    send({
      ...fieldsOf(a),
      path: a.optionalText('path'),
      // Unlike elsewhere ANY is no format rather than the usual one.
      contentFormat: a.isAny('format') ? null : a.contentFormatOrNone('format'),
      payload: payloadOf(a),
    }),
  ),
  messageClass('Lwm2mRequestBootstrap', 'bootstrapRequest', ['endpoint_name', 'preferred_content_format', ...est], a =>
    requestBootstrap({
      ...estRequest(a),
      endpointName: a.text('endpoint_name'),
      preferredContentFormat: a.contentFormat('preferred_content_format'),
    }),
  ),
  messageClass(
    'Lwm2mBootstrapPackRequest',
    'bootstrapPackRequest',
    ['endpoint_name', 'accept', 'msg_id', 'token', 'uri_path', 'uri_query', 'options'],
    a =>
      bootstrapPackRequest({
        ...estRequest(a),
        endpointName: a.text('endpoint_name'),
        accept: a.contentFormat('accept'),
      }),
  ),
  messageClass('EstCoapsCaCerts', 'estCaCerts', est, a => estCaCerts(estRequest(a))),
  messageClass('EstCoapsSimpleEnroll', 'estSimpleEnroll', est, a => estSimpleEnroll(estRequest(a))),
  messageClass('EstCoapsSimpleReenroll', 'estSimpleReenroll', est, a => estSimpleReenroll(estRequest(a))),
  // Responses.
  messageClass('Lwm2mCreated', 'created', location, a => created(locationResponse(a))),
  messageClass('Lwm2mDeleted', 'deleted', location, a => deleted(locationResponse(a))),
  messageClass('Lwm2mChanged', 'changed', [...location, 'content'], a =>
    changed({ ...locationResponse(a), payload: payloadOf(a) }),
  ),
  messageClass('Lwm2mContent', 'content', ['msg_id', 'token', 'content', 'format', 'type', 'options'], a =>
    content({
      ...responseFields(a),
      payload: payloadOf(a),
      contentFormat: a.contentFormat('format'),
      type: a.type('type'),
    }),
  ),
  messageClass('Lwm2mNotify', 'notify', ['token', 'content', 'format', 'confirmable', 'options'], a =>
    notify({
      token: a.bytesOrAny('token'),
      options: a.options('options'),
      payload: payloadOf(a),
      contentFormat: a.contentFormat('format'),
      confirmable: a.boolean('confirmable'),
    }),
  ),
  messageClass('Lwm2mContinue', 'continue', ['msg_id', 'token', 'type', 'options'], a =>
    continued({ ...responseFields(a), type: a.type('type') }),
  ),
  messageClass('Lwm2mErrorResponse', 'errorResponse', ['code', ...fields], a =>
    errorResponse({ ...responseFields(a), code: a.code('code') }),
  ),
  messageClass('Lwm2mEmpty', 'empty', ['type', 'msg_id'], a =>
    empty({ type: a.type('type'), messageId: a.integer('msg_id') }),
  ),
  messageClass('Lwm2mReset', 'reset', ['msg_id'], a => reset({ messageId: a.integer('msg_id') })),
  // Any message.
  messageClass('coap.Packet', 'plain', packet, anyMessage),
  messageClass('Lwm2mMsg', 'plain', packet, anyMessage),
]

/** By name. */
export const messageClasses: ReadonlyMap<string, MessageClass> = new Map(classes.map(entry => [entry.name, entry]))

/**
 * Builds a message of arguments in the order of its parameters and by their names. Throws ConsoleError that names the
 * argument.
 */
export function buildMessage(
  { name, parameters, build }: MessageClass,
  args: readonly Value[],
  keywords: ReadonlyMap<string, Value>,
): MessageTemplate {
  if (args.length > parameters.length) throw new ConsoleError(`${name} takes no more than ${parameters.join(', ')}`)
  const values = new Map<string, Value>()
  for (const [index, value] of args.entries()) values.set(parameters[index] as string, value)
  for (const [keyword, value] of keywords) {
    if (!parameters.includes(keyword)) throw new ConsoleError(`${name} has no argument ${printable(keyword)}`)
    if (values.has(keyword)) throw new ConsoleError(`${name} has its argument ${printable(keyword)} twice`)
    values.set(keyword, value)
  }
  return build(new MessageArguments(values))
}

function messageClass(
  name: string,
  kind: MessageKind,
  parameters: readonly string[],
  build: (given: MessageArguments) => MessageTemplate,
): MessageClass {
  return { name, kind, parameters, build }
}

function anyMessage(a: MessageArguments): MessageTemplate {
  const version = a.integer('version') ?? 1
  if (version !== 1) throw new ConsoleError(`version is 1, not ${version} (RFC 7252 §3)`)
  return messageTemplate(
    a.requiredType('type'),
    a.has('code') ? a.code('code') : Code.get,
    {
      messageId: a.isAny('msg_id') ? ANY : (a.integer('msg_id') ?? 0),
      token: a.isAny('token') ? ANY : (a.bytes('token') ?? noPayload),
    },
    a.isAny('options') ? ANY : (a.options('options') ?? []),
    a.isAny('content') ? ANY : a.bytes('content'),
  )
}

function fieldsOf(a: MessageArguments): MessageFields {
  return { messageId: a.integer('msg_id'), token: a.bytes('token'), options: a.options('options') }
}

function responseFields(a: MessageArguments): ResponseFields {
  return { messageId: a.integerOrAny('msg_id'), token: a.bytesOrAny('token'), options: a.options('options') }
}

function readRequest(a: MessageArguments): ReadRequest {
  return { ...fieldsOf(a), path: a.text('path'), accept: a.contentFormat('accept') }
}

function compositeRequest(a: MessageArguments): ReadCompositeRequest {
  return { ...fieldsOf(a), paths: a.texts('paths'), accept: a.contentFormat('accept') }
}

function registrationRequest(a: MessageArguments): RegistrationRequest {
  return { ...fieldsOf(a), path: a.text('path'), query: a.optionalTexts('query'), payload: payloadOf(a) }
}

function estRequest(a: MessageArguments): EstRequest {
  const uriPath = a.optionalText('uri_path')
  return { ...fieldsOf(a), uriPath, uriQuery: a.optionalTexts('uri_query'), payload: payloadOf(a) }
}

function locationResponse(a: MessageArguments): LocationResponse {
  return { ...responseFields(a), location: a.optionalText('location') }
}

function attributesOf(a: MessageArguments): AttributeQueries {
  return {
    lt: a.float('lt'),
    gt: a.float('gt'),
    st: a.float('st'),
    pmin: a.integer('pmin'),
    pmax: a.integer('pmax'),
    epmin: a.integer('epmin'),
    epmax: a.integer('epmax'),
    hqmax: a.integer('hqmax'),
  }
}

/** ANY stays so, where a message would otherwise have none. */
function payloadOf(a: MessageArguments): Uint8Array | Any | undefined {
  return a.isAny('content') ? ANY : a.bytes('content')
}
