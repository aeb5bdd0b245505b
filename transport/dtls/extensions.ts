import { AlertDescription, DtlsError } from './alert.ts'
import { ByteReader, type ByteWriter } from './bytes.ts'

/** The extensions of a ClientHello or ServerHello that the engine knows (RFC 5246 §7.4.1.4). */
export interface Extensions {
  /** server_name: the host asked for, ASCII; empty in the server's confirmation (RFC 6066 §3). */
  readonly serverName?: string
  /** supported_groups, by preference (RFC 8422 §5.1.1). */
  readonly groups?: readonly number[]
  /** ec_point_formats; the uncompressed form, 0, is always among them (RFC 8422 §5.1.2). */
  readonly pointFormats?: readonly number[]
  /** signature_algorithms, by preference (RFC 5246 §7.4.1.4.1). */
  readonly signatureAlgorithms?: readonly number[]
  /** client_certificate_type: what the client can show of itself, by preference; the server's is one (RFC 7250 §3). */
  readonly clientCertificateTypes?: readonly number[]
  /** server_certificate_type: what the client can verify, by preference; the server's is one (RFC 7250 §3). */
  readonly serverCertificateTypes?: readonly number[]
  /** encrypt_then_mac (RFC 7366). */
  readonly encryptThenMac?: true
  /** extended_master_secret (RFC 7627). */
  readonly extendedMasterSecret?: true
  /** session_ticket: the client's ticket or empty where it has none; the server's is empty (RFC 5077 §3.2). */
  readonly sessionTicket?: Buffer
  /** connection_id: what the sender wants to find in the records sent to it; empty: nothing (RFC 9146 §3). */
  readonly connectionId?: Buffer
  /** renegotiation_info: empty in a first handshake (RFC 5746 §3.2). */
  readonly renegotiationInfo?: Buffer
}

type ExtensionName = keyof Extensions
type Value<Name extends ExtensionName> = NonNullable<Extensions[Name]>
type Received = { -readonly [Name in ExtensionName]?: Value<Name> }

/** Who sent the extensions: some have another form in each direction. */
export type HelloSender = 'client' | 'server'

/** How an extension is written and read. */
interface ExtensionRow {
  readonly type: number
  isIn(extensions: Extensions): boolean
  write(extensions: Extensions, writer: ByteWriter, from: HelloSender): void
  /** May leave bytes behind: the caller checks. */
  read(extensions: Received, reader: ByteReader, from: HelloSender): void
}

function row<Name extends ExtensionName>(
  type: number,
  name: Name,
  write: (writer: ByteWriter, value: Value<Name>, from: HelloSender) => void,
  read: (reader: ByteReader, from: HelloSender) => Value<Name> | undefined,
): ExtensionRow {
  return {
    type,
    isIn: extensions => extensions[name] !== undefined,
    write(extensions, writer, from) {
      const value = extensions[name]
      if (value !== undefined) write(writer, value, from)
    },
    read(extensions, reader, from) {
      const value = read(reader, from)
      if (value !== undefined) extensions[name] = value
    },
  }
}

const renegotiationInfoType = 0xff01

/** In the order in which they are sent. */
const rows: readonly ExtensionRow[] = [
  row(0, 'serverName', writeServerName, readServerName),
  row(10, 'groups', writeNumbers, readNumbers),
  row(11, 'pointFormats', (writer, formats) => writer.vector8(Buffer.from(formats)), readPointFormats),
  row(13, 'signatureAlgorithms', writeNumbers, readNumbers),
  row(19, 'clientCertificateTypes', writeCertificateTypes, readCertificateTypes),
  row(20, 'serverCertificateTypes', writeCertificateTypes, readCertificateTypes),
  row(22, 'encryptThenMac', writeFlag, readFlag),
  row(23, 'extendedMasterSecret', writeFlag, readFlag),
  row(35, 'sessionTicket', (writer, ticket) => writer.bytes(ticket), readTicket),
  row(54, 'connectionId', (writer, id) => writer.vector8(id), readVector),
  row(renegotiationInfoType, 'renegotiationInfo', (writer, info) => writer.vector8(info), readVector),
]

const rowOfType: ReadonlyMap<number, ExtensionRow> = new Map(rows.map(each => [each.type, each]))

/** Writes the block of extensions that ends a hello; nothing where there are none. */
export function encodeExtensions(extensions: Extensions, writer: ByteWriter, from: HelloSender): void {
  const present = rows.filter(each => each.isIn(extensions))
  if (present.length === 0) return
  writer.nested16(() => {
    for (const each of present) writer.uint16(each.type).nested16(() => each.write(extensions, writer, from))
  })
}

/**
 * Reads the extensions in the block (without its length). Unknown ones of a client are skipped.
 * Throws DtlsError decode_error for a malformed one, illegal_parameter for one that occurs twice or breaks its rules,
 * unsupported_extension for one of a server that the engine never asks for (RFC 5246 §7.4.1.4).
 */
export function decodeExtensions(bytes: Uint8Array, from: HelloSender): Extensions {
  const extensions: Received = {}
  const seen = new Set<number>()
  const reader = new ByteReader(bytes)
  while (reader.remaining > 0) {
    const type = reader.uint16()
    const data = new ByteReader(reader.vector16())
    if (seen.has(type)) throw illegal(`the extension ${type} occurs twice`)
    seen.add(type)
    const known = rowOfType.get(type)
    if (known !== undefined) {
      known.read(extensions, data, from)
      data.end()
    } else if (from === 'server') throw unsupported(type)
  }
  return extensions
}

/**
 * Throws DtlsError unsupported_extension when a server answers with an extension that the client did not offer
 * (RFC 5246 §7.4.1.4). renegotiation_info is always offered, by the suite 0x00ff (RFC 5746 §3.3).
 */
export function expectOffered(answered: Extensions, offered: Extensions): void {
  for (const each of rows)
    if (each.isIn(answered) && !each.isIn(offered) && each.type !== renegotiationInfoType) throw unsupported(each.type)
}

const hostNameType = 0

function writeServerName(writer: ByteWriter, host: string): void {
  if (host === '') return
  writer.nested16(() => writer.uint8(hostNameType).vector16(Buffer.from(host, 'latin1')))
}

function readServerName(reader: ByteReader, from: HelloSender): string | undefined {
  if (from === 'server') return ''
  const list = new ByteReader(reader.vector16(1))
  let host: string | undefined
  while (list.remaining > 0) {
    const type = list.uint8()
    const name = list.vector16(1)
    if (type !== hostNameType) continue
    if (host !== undefined) throw illegal('two host names are asked for')
    if (name.some(byte => byte <= 0x20 || byte >= 0x7f)) throw illegal('the host name asked for is not ASCII')
    host = name.toString('latin1')
  }
  return host
}

function readTicket(reader: ByteReader, from: HelloSender): Buffer {
  return from === 'server' ? Buffer.alloc(0) : reader.bytes(reader.remaining)
}

function readPointFormats(reader: ByteReader): number[] {
  const formats = [...reader.vector8(1)]
  if (!formats.includes(0)) throw illegal('the uncompressed point format is missing')
  return formats
}

/** A list of what is possible, answered by what it is to be (RFC 7250 §3). */
function writeCertificateTypes(writer: ByteWriter, types: readonly number[], from: HelloSender): void {
  const bytes = Buffer.from(types)
  if (from === 'client') writer.vector8(bytes)
  else writer.bytes(bytes)
}

function readCertificateTypes(reader: ByteReader, from: HelloSender): number[] {
  return from === 'client' ? [...reader.vector8(1)] : [reader.uint8()]
}

function readVector(reader: ByteReader): Buffer {
  return reader.vector8()
}

/** An extension that says all by being there. */
function writeFlag(): void {}

function readFlag(): true {
  return true
}

function writeNumbers(writer: ByteWriter, numbers: readonly number[]): void {
  writer.uint16(2 * numbers.length)
  for (const number of numbers) writer.uint16(number)
}

function readNumbers(reader: ByteReader): number[] {
  const list = new ByteReader(reader.vector16(2))
  const numbers: number[] = []
  while (list.remaining > 0) numbers.push(list.uint16())
  return numbers
}

function illegal(message: string): DtlsError {
  return new DtlsError(AlertDescription.illegalParameter, message)
}

function unsupported(type: number): DtlsError {
  return new DtlsError(AlertDescription.unsupportedExtension, `the server sent the extension ${type} unasked`)
}
