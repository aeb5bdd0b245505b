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
    '00ae TLS_PSK_WITH_AES_128_CBC_SHA256',
    'c037 TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256',
  ])
})

test('each row agrees with its name', () => {
  for (const [id, suite] of cipherSuites) {
    const cbc = suite.name.includes('CBC')
    const cipher = /CCM_8/.test(suite.name) ? 'ccm8' : (/(CCM|GCM|CBC)/.exec(suite.name)?.[0].toLowerCase() ?? '')
    const keyExchange = suite.name.startsWith('TLS_ECDHE_PSK_') ? 'ecdhePsk' : 'psk'
    const bytes = { keyBytes: 16, macKeyBytes: cbc ? 32 : 0, fixedIvBytes: cbc ? 0 : 4 }
    expect(suite).toEqual({ id, name: suite.name, keyExchange, cipher, ...bytes })
  }
})
