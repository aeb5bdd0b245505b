import { describe, expect, test } from 'vitest'
import { senmlCborFormat } from '../../../objects/formats/senml-cbor.ts'
import { formatPath } from '../../../objects/path.ts'
import { type BootstrapAccount, bootstrapMessages, bootstrapPack } from '../../../server/console/bootstrap-messages.ts'
import { summarize } from '../../../server/console/summary.ts'
import { ANY } from '../../../server/console/template.ts'
import { MessageType, noPayload } from '../../../transport/coap/message.ts'
import type { Packet } from '../../../transport/coap/packet.ts'
import { built, refusal, templateText } from '../../helpers/template-text.ts'

const account: BootstrapAccount = {
  uri: 'coaps://127.0.0.1:9501',
  pskIdentity: Buffer.from('user'),
  pskKey: Buffer.from('password'),
}

function payloads(given: BootstrapAccount, finish?: boolean): string[] {
  return bootstrapMessages(given, finish).map(({ payload }) =>
    payload === ANY ? 'ANY' : Buffer.from(payload).toString('hex'),
  )
}

describe('bootstrapping with an account', () => {
  test('Write /0, Write /1 and Bootstrap-Finish', () => {
    expect(bootstrapMessages(account).map(message => summarize(message))).toEqual([
      'Write /0: APPLICATION_LWM2M_TLV, 58 bytes',
      'Write /1: APPLICATION_LWM2M_TLV, 18 bytes',
      expect.stringMatching(/^Bootstrap Finish \/bs: /),
    ])
  })

  test('each resource of Security in its place', () => {
    const [security] = payloads(account)
    expect(security).toBe(
      [
        '080137', // instance 1
        `c80016${Buffer.from('coaps://127.0.0.1:9501').toString('hex')}`,
        'c10100',
        'c10200',
        'c40375736572',
        'c004',
        'c8050870617373776f7264',
        'c10a01',
        '8010', // no cipher suites
      ].join(''),
    )
  })

  test('each resource of Server in its place', () => {
    expect(payloads(account)[1]).toBe('08010fc10001c40100015180c10600c10755')
  })

  test('everything that can be chosen', () => {
    const [security, server] = payloads({
      uri: 'coap://a',
      securityMode: 2,
      clientCertificate: Buffer.from('01', 'hex'),
      clientPrivateKey: Buffer.from('02', 'hex'),
      serverCertificate: Buffer.from('03', 'hex'),
      shortServerId: 200,
      lifetimeSeconds: 60,
      notificationStoring: true,
      binding: 'UQ',
      instanceId: 300,
      cipherSuites: [0xc0a8, 5],
    })
    expect(security).toBe(
      [
        '28012c2a',
        'c80008636f61703a2f2f61',
        'c10100',
        'c10202',
        'c10301',
        'c10403',
        'c10502',
        'c20a00c8', // shortest signed
        '88100944000000c0a8410105',
      ].join(''),
    )
    expect(server).toBe('28012c0ec20000c8c1013cc10601c2075551')
  })

  test('an account of a Bootstrap-Server has no instance of Server', () => {
    expect(bootstrapMessages({ ...account, isBootstrap: true }).map(message => summarize(message))).toEqual([
      'Write /0: APPLICATION_LWM2M_TLV, 58 bytes',
      expect.stringMatching(/^Bootstrap Finish /),
    ])
    expect(payloads({ ...account, isBootstrap: true })[0]).toContain('c10101c10200')
  })

  test('it goes on without Bootstrap-Finish', () => {
    expect(payloads(account, false)).toHaveLength(2)
  })

  test.each([
    ['coap://a', 'c10203'],
    ['coaps://a', 'c10200'],
  ])('the security mode for %s', (uri, tlv) => {
    expect(payloads({ uri })[0]).toContain(tlv)
  })

  test.each<[Partial<BootstrapAccount>, string]>([
    [{ serverCertificate: noPayload }, 'Cannot set both PSK and cert mode at the same time'],
    [{ uri: 'http://a' }, 'uri is neither coap: nor coaps:, so it needs a security_mode: http://a'],
    [{ instanceId: 65_535 }, 'iid is 0–65534, not 65535'],
    [{ shortServerId: -1 }, 'ssid is 0–65535, not -1'],
    [{ lifetimeSeconds: 1.5 }, 'lifetime is 0–4294967295, not 1.5'],
    [{ cipherSuites: [2 ** 32] }, 'tls_ciphersuites is 0–4294967295, not 4294967296'],
  ])('not with %j', (wrong, message) => {
    expect(refusal(() => bootstrapMessages({ ...account, ...wrong }))).toBe(message)
  })
})

describe('answering a Bootstrap-Pack-Request with an account', () => {
  const request = (expression: string): Packet => {
    const { code, options } = built(expression)
    return {
      type: MessageType.confirmable,
      code,
      messageId: 9,
      token: Buffer.from('ab'),
      options: options === ANY ? [] : options,
      payload: noPayload,
    }
  }

  test('SenML CBOR below one base name', () => {
    const message = bootstrapPack({ ...account, cipherSuites: [5] }, request('Lwm2mBootstrapPackRequest("e", 112)'))
    expect(message).toMatchObject({ messageId: 9, token: Buffer.from('ab') })
    expect(templateText(message)).toMatch(
      /^acknowledgement 2\.05 \(RES_CONTENT\) \| 12=h'0070' \| h'8c'?a321612f0065302f312f3003/,
    )
    if (message.payload === ANY) throw new Error('there is a payload')
    const values = senmlCborFormat.decode([], message.payload, { resource: () => undefined })
    expect(Object.fromEntries(values.map(({ path, value }) => [formatPath(path), value]))).toEqual({
      '/0/1/0': 'coaps://127.0.0.1:9501',
      '/0/1/1': false,
      '/0/1/2': 0,
      '/0/1/3': new Uint8Array(Buffer.from('user')),
      '/0/1/4': new Uint8Array(0),
      '/0/1/5': new Uint8Array(Buffer.from('password')),
      '/0/1/10': 1,
      '/0/1/16/0': 5,
      '/1/1/0': 1,
      '/1/1/1': 86_400,
      '/1/1/6': false,
      '/1/1/7': 'U',
    })
  })

  test('also when any format will do', () => {
    const message = bootstrapPack(account, request('Lwm2mBootstrapPackRequest("e")'))
    expect(templateText(message)).toContain("2.05 (RES_CONTENT) | 12=h'0070' |")
  })

  test('4.06 when another one was asked for', () => {
    const message = bootstrapPack(account, request('Lwm2mBootstrapPackRequest("e", 110)'))
    expect(templateText(message)).toBe("acknowledgement 4.06 (RES_NOT_ACCEPTABLE) | ANY | h''")
  })
})
