import { expect, test } from 'vitest'
import { Certificate } from '../../../../transport/dtls/certificate/certificate.ts'
import { hostsOf, isForHost } from '../../../../transport/dtls/certificate/host.ts'
import { issue } from '../../../helpers/certificates.ts'

async function certificate(commonName: string, ...hosts: string[]): Promise<Certificate> {
  return Certificate.parse((await issue({ commonName, hosts })).der, 'the certificate')
}

const named = await certificate('common.example', 'a.example', '*.b.example', '*.com', '192.0.2.1', '2001:db8::1')
const common = await certificate('common.example')
const commonAddress = await certificate('192.0.2.1')

test.each<[string, boolean, string]>([
  ['a.example', true, 'an alternative name'],
  ['A.Example', true, 'whatever its case'],
  ['a.example.', true, 'with the dot of the root'],
  ['x.a.example', false, 'a name below it'],
  ['aXexample', false, 'a dot is no wildcard'],
  ['x.b.example', true, 'a wildcard'],
  ['x.y.b.example', false, 'a wildcard is one label'],
  ['b.example', false, 'a wildcard is a label'],
  ['.b.example', false, 'a wildcard is no empty label'],
  ['b.com', false, 'no wildcard for a whole top-level domain'],
  ['common.example', false, 'no common name beside alternative names'],
  ['192.0.2.1', true, 'an IPv4 address'],
  ['192.0.2.2', false, 'another IPv4 address'],
  ['2001:db8::1', true, 'an IPv6 address'],
  ['2001:DB8:0:0:0:0:0:1', true, 'the same IPv6 address'],
  ['2001:db8::1%eth0', true, 'an IPv6 address with its zone'],
  ['2001:db8::2', false, 'another IPv6 address'],
  ['', false, 'nothing'],
  ['a b', false, 'no name'],
])('%s is matched: %s, %s', (host, result) => expect(isForHost(named, host)).toBe(result))

test('a common name counts where there are no alternative names', () => {
  expect([isForHost(common, 'common.example'), isForHost(common, 'a.example')]).toEqual([true, false])
  expect([isForHost(commonAddress, '192.0.2.1'), isForHost(commonAddress, '192.0.2.2')]).toEqual([true, false])
  expect([hostsOf(common), hostsOf(commonAddress)]).toEqual([['common.example'], ['192.0.2.1']])
})

test('a name in another script is the one that DNS has for it', async () => {
  const international = await certificate('bücher.example')
  expect(isForHost(international, 'xn--bcher-kva.example')).toBe(true)
})

test('the hosts of a certificate', () => {
  expect(hostsOf(named)).toEqual(['a.example', '*.b.example', '*.com', '192.0.2.1', '2001:db8::1'])
})

test.each(['fe80::1%lo', 'xn--a'.repeat(20_000), '\0', 'a\0.example'])('a hostile common name: %j', async name => {
  const hostile = await certificate(name)
  expect([isForHost(hostile, 'a.example'), isForHost(hostile, '::1')]).toEqual([false, false])
})
