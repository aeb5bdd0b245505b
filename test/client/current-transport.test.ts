import { describe, expect, test } from 'vitest'
import { reachedBy, type TransportWishes } from '../../client/current-transport.ts'
import { formatServerUri, parseServerUri } from '../../transport/uri.ts'

const reached = (uri: string, wishes: TransportWishes, canStream = true) =>
  formatServerUri(reachedBy(parseServerUri(uri), wishes, canStream))

describe('the transport of an account (LwM2M Core 1.2.2 §6.2.1.2)', () => {
  test.each<[string, string, TransportWishes, string]>([
    ['a URI alone', 'coap+tcp://h', {}, 'coap+tcp://h:5683'],
    ['the binding has that of the URI', 'coap://h', { binding: 'U' }, 'coap://h:5683'],
    ['... among others', 'coap://h:1', { binding: 'TU' }, 'coap://h:1'],
    ['... among others, TCP', 'coap+tcp://h:1', { binding: 'UT' }, 'coap+tcp://h:1'],
    ['the binding has TCP alone', 'coap://h:1', { binding: 'T' }, 'coap+tcp://h:1'],
    ['the binding has TCP alone, secured', 'coaps://h', { binding: 'T' }, 'coaps+tcp://h:5684'],
    ['the binding has UDP alone', 'coap+tcp://h:1', { binding: 'U' }, 'coap://h:1'],
    ['the binding has UDP alone, secured', 'coaps+tcp://[::1]:1', { binding: 'UQ' }, 'coaps://[::1]:1'],
    ['what the engine does not speak is passed over', 'coap://h', { binding: 'SNT' }, 'coap+tcp://h:5683'],
    ['UDP, which each server is taken to have', 'coap://h', { binding: 'SN' }, 'coap://h:5683'],
    ['nothing but the URI', 'coap+tcp://h', { binding: 'S' }, 'coap+tcp://h:5683'],
    ['Preferred Transport', 'coap://h:1', { binding: 'UT', preferredTransport: 'T' }, 'coap+tcp://h:1'],
    ['Preferred Transport, secured', 'coaps+tcp://h:1', { binding: 'UT', preferredTransport: 'U' }, 'coaps://h:1'],
    ['... that no binding lists', 'coap://h', { binding: 'U', preferredTransport: 'T' }, 'coap+tcp://h:5683'],
    ['... that the engine does not speak', 'coap://h', { binding: 'T', preferredTransport: 'N' }, 'coap+tcp://h:5683'],
  ])('%s', (_, uri, wishes, expected) => expect(reached(uri, wishes)).toBe(expected))

  test.each<[string, string, TransportWishes, string]>([
    ['Preferred Transport', 'coap://h', { binding: 'TU', preferredTransport: 'T' }, 'coap://h:5683'],
    ['a binding of TCP alone', 'coaps://h', { binding: 'T' }, 'coaps://h:5684'],
    ['a URI over TCP whose server has UDP, too', 'coap+tcp://h', { binding: 'TU' }, 'coap://h:5683'],
    ['a URI over TCP', 'coap+tcp://h', { binding: 'T' }, 'coap+tcp://h:5683'],
  ])('a client that is unable to use TCP, %s', (_, uri, wishes, expected) => {
    expect(reached(uri, wishes, false)).toBe(expected)
  })
})
