import { messageCommand } from '../message-command.ts'

/** What a server asks of a client (LwM2M Core 1.2.2 §6.3, §6.4). */
export const requestCommands = [
  messageCommand({
    name: 'coap_get',
    className: 'CoapGet',
    required: ['path'],
    help: 'Sends a GET of any path, one that is none of LwM2M too.',
    example: 'coap_get /.well-known/core',
  }),
  messageCommand({
    name: 'create',
    className: 'Lwm2mCreate',
    required: ['path'],
    help: 'Sends a Create: a new instance of an object, with the identifier in its content or one that the client chooses.',
    example: String.raw`create /3303 \x08\x00\x00`,
  }),
  messageCommand({
    name: 'delete',
    className: 'Lwm2mDelete',
    required: ['path'],
    help: 'Sends a Delete of an object instance.',
    example: 'delete /3303/0',
  }),
  messageCommand({
    name: 'discover',
    className: 'Lwm2mDiscover',
    required: ['path'],
    help: 'Sends a Discover, which asks what lies below a path and which attributes it has.',
    example: 'discover /3 depth=1',
  }),
  messageCommand({
    name: 'execute',
    className: 'Lwm2mExecute',
    required: ['path'],
    help: 'Sends an Execute of a resource. Its content are the arguments.',
    example: 'execute /3/0/4',
  }),
  messageCommand({
    name: 'observe',
    className: 'Lwm2mObserve',
    required: ['path'],
    help: 'Sends an Observe, with attributes of the observation if you like. observe=1 with the token of an observation ends it.',
    example: 'observe /3303/0/5700 pmin=1 pmax=10',
  }),
  messageCommand({
    name: 'observe_composite',
    className: 'Lwm2mObserveComposite',
    required: ['paths'],
    help: 'Sends an Observe-Composite of several paths. observe=1 with the token of an observation ends it.',
    example: 'observe_composite /3/0/9,/3303/0/5700',
  }),
  messageCommand({
    name: 'read',
    className: 'Lwm2mRead',
    required: ['path'],
    help: 'Sends a Read of an object, an instance, a resource or a resource instance.',
    example: 'read /3/0 accept=APPLICATION_LWM2M_TLV',
  }),
  messageCommand({
    name: 'read_composite',
    className: 'Lwm2mReadComposite',
    required: ['paths'],
    help: 'Sends a Read-Composite of several paths.',
    example: 'read_composite /3/0/0,/1/0/1',
  }),
  messageCommand({
    name: 'write',
    className: 'Lwm2mWrite',
    required: ['path', 'content'],
    help: 'Sends a Write, of text unless a format is given. With update=1 it changes what is in the content and leaves the rest.',
    example: 'write /1/0/1 120',
  }),
  messageCommand({
    name: 'write_attributes',
    className: 'Lwm2mWriteAttributes',
    required: ['path'],
    help: 'Sends a Write-Attributes. Periods are in seconds; what is not among the arguments goes into the query.',
    example: 'write_attributes /3303/0/5700 pmin=1 gt=30',
  }),
  messageCommand({
    name: 'write_composite',
    className: 'Lwm2mWriteComposite',
    required: ['content', 'format'],
    help: 'Sends a Write-Composite. The cbor shell makes its content.',
    example: String.raw`write_composite \x81\xa2\x00\x66/1/0/1\x02\x18\x78 APPLICATION_LWM2M_SENML_CBOR`,
  }),
]
