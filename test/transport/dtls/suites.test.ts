import { expect, test } from 'vitest'
import { cipherSuites } from '../../../transport/dtls/suites.ts'

test('the suites by preference', () => {
  expect([...cipherSuites.values()].map(({ id, name }) => `${id.toString(16).padStart(4, '0')} ${name}`)).toEqual([
    'c0a8 TLS_PSK_WITH_AES_128_CCM_8',
    'c0a4 TLS_PSK_WITH_AES_128_CCM',
    '00a8 TLS_PSK_WITH_AES_128_GCM_SHA256',
    'd003 TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256',
    'd005 TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256',
    'd001 TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256',
    'c0ae TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8',
    'c0ac TLS_ECDHE_ECDSA_WITH_AES_128_CCM',
    'c02b TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
    'c02f TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
    '00ae TLS_PSK_WITH_AES_128_CBC_SHA256',
    'c037 TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256',
    'c023 TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256',
  ])
})

const keyExchanges: Readonly<Record<string, string>> = {
  PSK: 'psk',
  ECDHE_PSK: 'ecdhePsk',
  ECDHE_ECDSA: 'ecdheEcdsa',
  ECDHE_RSA: 'ecdheRsa',
}

test('each row agrees with its name', () => {
  for (const [id, suite] of cipherSuites) {
    const cbc = suite.name.includes('CBC')
    const cipher = /CCM_8/.test(suite.name) ? 'ccm8' : (/(CCM|GCM|CBC)/.exec(suite.name)?.[0].toLowerCase() ?? '')
    const keyExchange = keyExchanges[suite.name.slice('TLS_'.length, suite.name.indexOf('_WITH_'))]
    const bytes = { keyBytes: 16, macKeyBytes: cbc ? 32 : 0, fixedIvBytes: cbc ? 0 : 4 }
    expect(suite).toEqual({ id, name: suite.name, keyExchange, cipher, ...bytes })
  }
})
