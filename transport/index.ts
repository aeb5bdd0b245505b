export { type Clock, systemClock, type Timer } from './clock.ts'
export { CoapEndpoint, type CoapEndpointOptions } from './coap/endpoint.ts'
export {
  type CoapMessage,
  type CoapOption,
  Code,
  describeCode,
  isRequest,
  isResponse,
  isSuccess,
  MessageType,
} from './coap/message.ts'
export type {
  ObserveRelation,
  RelationEnd,
  RelationListener,
  SavedRelation,
} from './coap/observe-relation.ts'
export type { ObservationListener } from './coap/observe-request.ts'
export { type Packet, PacketNumbers, type ReceivedPacket } from './coap/packet.ts'
export { PacketSession, type PacketSessionOptions } from './coap/packets.ts'
export { type CoapParameters, defaultParameters } from './coap/parameters.ts'
export {
  CoapPeer,
  type CoapPeerOptions,
  type PeerRequest,
  type PendingObservation,
  type PendingRequest,
  type RequestHandler,
} from './coap/peer.ts'
export type { BodyReceiver, ReceiveBody } from './coap/streamed-bodies.ts'
export type { Address, Connection, ConnectionReceiver, ConnectOptions, Listener, Network } from './connection.ts'
export { CertificateError, type CertificateRule } from './dtls/certificate/certificate-error.ts'
export { verifyRawKey } from './dtls/certificate/raw-key.ts'
export type { VerifiedPeer } from './dtls/certificate/verified-peer.ts'
export { type CertificateUsage, type VerifyOptions, verifyCertificates } from './dtls/certificate/verify.ts'
export { connectDtls, wakeDtls } from './dtls/connect.ts'
export type {
  CertificateCredentials,
  Credentials,
  KeyPairCredentials,
  PeerCertificate,
  PskCredentials,
  PskKey,
  PskLookup,
  RawKeyCredentials,
  SigningKey,
  VerifyPeer,
} from './dtls/credentials.ts'
export { derivedKey } from './dtls/derived-key.ts'
export type { DtlsConnection, SleepingDtls } from './dtls/dtls-connection.ts'
export { type PemOrDer, rpk, x509 } from './dtls/key-pair.ts'
export { listenDtls } from './dtls/listener.ts'
export type { DtlsClientOptions, DtlsOptions, DtlsParameters, DtlsServerOptions } from './dtls/parameters.ts'
export { openResumable, type ResumableSession, sealResumable } from './dtls/resumable-session.ts'
export { cipherSuites } from './dtls/suites.ts'
export { TransportError, type TransportErrorCode } from './errors.ts'
export { type HttpGet, type HttpGetOptions, type HttpResponse, httpGet } from './http.ts'
export { describeContentFormat, describeMessage } from './lwm2m/describe.ts'
export { MemoryConnection, MemoryNetwork, type NetworkConditions } from './memory.ts'
export { MemoryStreamNetwork } from './memory-stream.ts'
export { MemoryStream } from './memory-stream-end.ts'
export { recordedNetwork } from './pcap.ts'
export { type Random, seededRandom, systemRandom } from './random.ts'
export { SimulatedClock } from './simulated-clock.ts'
export { systemNetwork } from './system-network.ts'
export { tcpNetwork } from './tcp.ts'
export type { Trace } from './trace.ts'
export { udpNetwork } from './udp.ts'
export { formatAddress, formatServerUri, parseServerUri, type Scheme, type ServerUri } from './uri.ts'
