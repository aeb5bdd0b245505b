import { isIPv4, isIPv6, SocketAddress } from 'node:net'
import { domainToASCII } from 'node:url'
import type { Certificate } from './certificate.ts'

/**
 * Whether a certificate is for a host, a name or an IP address: one of its alternative names is the host, or `*` in the
 * place of its first label (RFC 9525 §6.3). The common name counts where there are no such alternative names.
 */
export function isForHost(certificate: Certificate, host: string): boolean {
  const { dnsNames, addresses } = hostNames(certificate)
  // The zone of an address says which way it is, not whose it is.
  const address = normalizedAddress(host.replace(/%.*$/s, ''))
  if (address !== undefined) return addresses.includes(address)
  const name = normalizedName(host)
  return name !== '' && dnsNames.some(pattern => matchesName(pattern, name))
}

/** The hosts a certificate is for, as it writes them. */
export function hostsOf(certificate: Certificate): string[] {
  const { dnsNames, addresses } = hostNames(certificate)
  return [...dnsNames, ...addresses]
}

interface HostNames {
  readonly dnsNames: readonly string[]
  /** As {@link normalizedAddress} writes them. */
  readonly addresses: readonly string[]
}

function hostNames({ fields }: Certificate): HostNames {
  const { dnsNames = [], ipAddresses = [] } = fields.extensions.alternativeNames ?? {}
  if (dnsNames.length > 0 || ipAddresses.length > 0) return { dnsNames, addresses: ipAddresses.map(addressText) }
  const { commonName } = fields.subject
  if (commonName === undefined) return { dnsNames: [], addresses: [] }
  const address = normalizedAddress(commonName)
  return address === undefined ? { dnsNames: [commonName], addresses: [] } : { dnsNames: [], addresses: [address] }
}

function matchesName(pattern: string, name: string): boolean {
  const plain = normalizedName(pattern)
  if (!pattern.startsWith('*.')) return plain === name
  // `*.com` would be for half of the world.
  const parent = normalizedName(pattern.slice(2))
  const dot = name.indexOf('.')
  return parent.includes('.') && dot > 0 && name.slice(dot + 1) === parent
}

/** Characters of a domain name (RFC 1035 §2.3.4); also because it takes long to find out that a much longer one is none. */
const longestName = 254

/** In lower case, without the dot of the root, other scripts as DNS writes them; empty for what is no name. */
function normalizedName(name: string): string {
  return name.length > longestName ? '' : domainToASCII(name.endsWith('.') ? name.slice(0, -1) : name)
}

/** An IP address in its one short form; undefined for what is none. */
function normalizedAddress(text: string): string | undefined {
  if (isIPv4(text)) return text
  return isIPv6(text) && !text.includes('%') ? new SocketAddress({ address: text, family: 'ipv6' }).address : undefined
}

/** The text of an address of 4 or 16 bytes. */
function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16))
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address
}
