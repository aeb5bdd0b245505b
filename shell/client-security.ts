import { OptionsError } from '../client/options-error.ts'
import { rpk } from '../client/rpk.ts'
import type { Security } from '../client/security.ts'
import { x509 } from '../client/x509.ts'
import { readCertificateOrKey } from '../transport/dtls/certificate/pem.ts'
import {
  type CertificateFiles,
  type CommandCredentials,
  type RawKeyFiles,
  readChecked,
  readCredentials,
} from './credentials.ts'
import type { ClientSecurityArguments } from './security.ts'

/** How a device is secured, and whom it trusts besides. */
export interface DeviceSecurity {
  readonly security: Security
  readonly trustStore: readonly Uint8Array[]
}

/** What a device was given; undefined: nothing. Rejects with OptionsError. */
export async function deviceSecurity(args: ClientSecurityArguments): Promise<DeviceSecurity | undefined> {
  const credentials = await readCredentials(args)
  if (credentials?.kind !== 'x509' && (args.serverCert !== undefined || args.usage !== undefined)) {
    throw new OptionsError('--server-cert and --usage need --cert')
  }
  return credentials && securityOf(credentials, args)
}

async function securityOf(credentials: CommandCredentials, args: ClientSecurityArguments): Promise<DeviceSecurity> {
  switch (credentials.kind) {
    case 'psk':
      return { security: credentials, trustStore: [] }
    case 'rpk':
      return { security: rawKeySecurity(credentials), trustStore: [] }
    case 'x509':
      return certificateSecurity(credentials, args)
  }
}

function rawKeySecurity({ key, peers: [serverPublicKey, other] }: RawKeyFiles): Security {
  if (serverPublicKey === undefined || other !== undefined)
    throw new OptionsError('a device has one --rpk-peer, the server')
  return rpk({ key, serverPublicKey })
}

async function certificateSecurity(
  { certificate, key, ca }: CertificateFiles,
  { serverCert, usage }: ClientSecurityArguments,
): Promise<DeviceSecurity> {
  if (serverCert === undefined && ca === undefined) {
    throw new OptionsError('--cert needs --server-cert or --ca, to know the server by')
  }
  if (usage !== undefined && serverCert === undefined) throw new OptionsError('--usage needs --server-cert')
  if ((usage === 0 || usage === 1) && ca === undefined) throw new OptionsError(`--usage ${usage} needs --ca`)
  const expected =
    serverCert === undefined
      ? undefined
      : (await readChecked(serverCert, bytes => readCertificateOrKey(bytes, serverCert)))[1]
  return {
    security: x509({
      certificate,
      key,
      ...(expected && { serverCertificate: expected }),
      ...(usage === undefined ? {} : { usage }),
    }),
    trustStore: ca === undefined ? [] : [ca],
  }
}
