import { expect, test } from 'vitest'
import { MessageType } from '../../transport/coap/message.ts'
import type { ObserveRelation } from '../../transport/coap/observe-relation.ts'
import { findUint, OptionNumber, uintOption } from '../../transport/coap/options.ts'
import { content } from '../helpers/coap-site.ts'
import { coapWire } from '../helpers/coap-wire.ts'

test('the sequence of notifications wraps at 24 bits (RFC 7641 §4.4)', () => {
  let relation: ObserveRelation | undefined
  const wire = coapWire({
    handler: ({ observe }) => {
      relation = observe({ ended: () => undefined })
      return relation.accept(content(''))
    },
  })
  wire.deliver({ options: [uintOption(OptionNumber.observe, 0)] })
  const state = content('')
  for (let sequence = 1; sequence < 2 ** 24 - 1; sequence++) relation?.accept(state)
  wire.take()
  for (let count = 0; count < 2; count++) relation?.notify(state, false)
  const sent = wire.take()
  expect(sent.map(({ type }) => type)).toEqual([MessageType.nonConfirmable, MessageType.nonConfirmable])
  expect(sent.map(message => findUint(message, OptionNumber.observe))).toEqual([2 ** 24 - 1, 0])
})
