/** What both ends know; a text, since npm node-dtls-client takes no other key. */
export const benchPsk = { identity: 'urn:dev:os:bench', key: 'sixteen bytes ok' } as const

/** TLS_PSK_WITH_AES_128_CCM_8, as each of the peers calls it. */
export const benchSuite = {
  openssl: 'PSK-AES128-CCM8:@SECLEVEL=0',
  nodeDtlsClient: 'TLS_PSK_WITH_AES_128_CCM_8',
} as const
