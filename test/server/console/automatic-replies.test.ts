import { describe, expect, test } from 'vitest'
import { AutomaticReplies, type ReplyFlags } from '../../../server/console/automatic-replies.ts'
import { ANY } from '../../../server/console/template.ts'
import { MessageType, noPayload } from '../../../transport/coap/message.ts'
import type { Packet } from '../../../transport/coap/packet.ts'
import { built, templateText } from '../../helpers/template-text.ts'

const token = Buffer.from('0102', 'hex')

/** A message as a client sends it. */
function sent(expression: string): Packet {
  const { type, code, options, payload } = built(expression)
  return {
    type,
    code,
    messageId: 7,
    token,
    options: options === ANY ? [] : options,
    payload: payload === ANY ? noPayload : payload,
  }
}

const messages = {
  register: 'Lwm2mRegister("/rd?ep=x", content=b"</1/1>")',
  update: 'Lwm2mUpdate("/rd/demo", content=b"")',
  deregister: 'Lwm2mDeregister("/rd/demo")',
  send: 'Lwm2mSend(content=b"a")',
  bootstrapRequest: 'Lwm2mRequestBootstrap("x")',
  packRequest: 'Lwm2mBootstrapPackRequest("x", 112)',
  confirmableNotify: 'Lwm2mNotify(b"ab", options=[coap.Option.OBSERVE(1)], confirmable=True)',
  notify: 'Lwm2mNotify(b"ab", options=[coap.Option.OBSERVE(1)])',
  acknowledgement: 'Lwm2mEmpty()',
  ping: 'Lwm2mEmpty(coap.Type.CONFIRMABLE)',
}

const created = "acknowledgement 2.01 (RES_CREATED) | 8=rd 8=demo | h''"
const changed = 'acknowledgement 2.04 (RES_CHANGED) | ANY | ANY'
const deleted = "acknowledgement 2.02 (RES_DELETED) | ANY | h''"
const empty = "acknowledgement 0.00 (EMPTY) |  | h''"
const notFound = "acknowledgement 4.04 (RES_NOT_FOUND) | ANY | h''"

function replyTo(message: keyof typeof messages, flags: Partial<ReplyFlags> = {}): string | undefined {
  const replies = new AutomaticReplies()
  Object.assign(replies.flags, flags)
  const reply = replies.reply(sent(messages[message]))
  return reply === undefined ? undefined : templateText(reply)
}

describe('automatic replies', () => {
  test.each([
    ['register', created],
    ['update', changed],
    ['deregister', deleted],
    ['send', changed],
    ['bootstrapRequest', empty],
    ['packRequest', empty],
    ['confirmableNotify', empty],
    ['ping', empty],
    ['notify', undefined],
    ['acknowledgement', undefined],
  ] as const)('to %s', (message, expected) => {
    expect(replyTo(message)).toBe(expected)
  })

  test('what is not answered in full is acknowledged', () => {
    expect(replyTo('register', { reregister: false })).toBe(empty)
    expect(replyTo('update', { update: false })).toBe(empty)
  })

  test('with every flag off only De-register and Send are answered', () => {
    const flags = { update: false, reregister: false, bootstrapPackError: false, acknowledgement: false }
    const answered = (Object.keys(messages) as (keyof typeof messages)[]).filter(
      message => replyTo(message, flags) !== undefined,
    )
    expect(answered).toEqual(['deregister', 'send'])
  })

  test('have the message id and the token of what they answer, an empty acknowledgement no token', () => {
    const replies = new AutomaticReplies()
    expect(replies.reply(sent(messages.update))).toMatchObject({ messageId: 7, token })
    expect(replies.reply(sent(messages.bootstrapRequest))).toMatchObject({ messageId: 7, token: noPayload })
  })

  test('an acknowledgement is for confirmable messages alone', () => {
    const packet = { ...sent(messages.bootstrapRequest), type: MessageType.nonConfirmable }
    expect(new AutomaticReplies().reply(packet)).toBeUndefined()
  })
})

describe('the answer to a client that has just come', () => {
  test.each([
    ['register', created],
    ['bootstrapRequest', changed],
    ['packRequest', notFound],
    ['update', undefined],
    ['deregister', undefined],
    ['confirmableNotify', undefined],
  ] as const)('with %s', (message, expected) => {
    const reply = new AutomaticReplies().greeting(sent(messages[message]))
    expect(reply === undefined ? undefined : templateText(reply)).toBe(expected)
  })

  test('leaves a Bootstrap-Pack-Request to whoever asked for that, and has no other flag', () => {
    const replies = new AutomaticReplies()
    Object.assign(replies.flags, {
      update: false,
      reregister: false,
      bootstrapPackError: false,
      acknowledgement: false,
    })
    expect(replies.greeting(sent(messages.packRequest))).toBeUndefined()
    expect(replies.greeting(sent(messages.register))).toMatchObject({ messageId: 7, token })
  })
})
