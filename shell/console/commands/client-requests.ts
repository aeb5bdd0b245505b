import { messageCommand } from '../message-command.ts'

/** What a client asks of a server (LwM2M Core 1.2.2 §6.1, §6.2, §6.5.2; EST: RFC 9148). */
export const clientRequestCommands = [
  messageCommand({
    name: 'bootstrap_pack_request',
    className: 'Lwm2mBootstrapPackRequest',
    required: ['endpoint_name'],
    help: 'Sends a Bootstrap-Pack-Request, as a client would.',
    example: 'bootstrap_pack_request urn:dev:os:1',
  }),
  messageCommand({
    name: 'deregister',
    className: 'Lwm2mDeregister',
    required: ['path'],
    help: 'Sends a De-register, as a client would. The path is the location of the registration.',
    example: 'deregister /rd/demo',
  }),
  messageCommand({
    name: 'est_coaps_ca_certs',
    className: 'EstCoapsCaCerts',
    help: 'Sends the request of EST for the certificates of the authorities.',
    example: 'est_coaps_ca_certs',
  }),
  messageCommand({
    name: 'est_coaps_simple_enroll',
    className: 'EstCoapsSimpleEnroll',
    help: 'Sends the request of EST for a certificate. Its content is a PKCS #10 request.',
    example: String.raw`est_coaps_simple_enroll content=\x30\x00`,
  }),
  messageCommand({
    name: 'est_coaps_simple_reenroll',
    className: 'EstCoapsSimpleReenroll',
    help: 'Sends the request of EST to renew a certificate. Its content is a PKCS #10 request.',
    example: String.raw`est_coaps_simple_reenroll content=\x30\x00`,
  }),
  messageCommand({
    name: 'register',
    className: 'Lwm2mRegister',
    required: ['path'],
    help: 'Sends a Register, as a client would. The query is part of the path, or a list; the content are links.',
    example: 'register /rd?ep=urn:dev:os:1&lt=60&lwm2m=1.1 content=</3/0>',
  }),
  messageCommand({
    name: 'request_bootstrap',
    className: 'Lwm2mRequestBootstrap',
    required: ['endpoint_name'],
    help: 'Sends a Bootstrap-Request, as a client would.',
    example: 'request_bootstrap urn:dev:os:1 112',
  }),
  messageCommand({
    name: 'send',
    className: 'Lwm2mSend',
    help: 'Sends a Send, as a client would, of SenML CBOR unless a format is given.',
    example: String.raw`send content=\x80`,
  }),
  messageCommand({
    name: 'update',
    className: 'Lwm2mUpdate',
    required: ['path'],
    help: 'Sends an Update, as a client would. The path is the location of the registration.',
    example: 'update /rd/demo?lt=60',
  }),
]
