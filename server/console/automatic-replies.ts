import { Code, MessageType } from '../../transport/coap/message.ts'
import type { Packet } from '../../transport/coap/packet.ts'
import { messageKind } from './message-kind.ts'
import { changed, created, deleted, empty, errorResponse } from './responses.ts'
import type { MessageTemplate } from './template.ts'

/** Which messages are answered by themselves. */
export interface ReplyFlags {
  /** Updates, with Changed. */
  update: boolean
  /** Register, with Created. */
  reregister: boolean
  /** Bootstrap-Pack-Requests of a client that has just come, with 4.04. */
  bootstrapPackError: boolean
  /** Any other confirmable message, with an empty acknowledgement. */
  acknowledgement: boolean
}

/** Where every client is registered. */
const registrationPath = '/rd/demo'

/** The answers that a test console gives by itself. */
export class AutomaticReplies {
  /** All true at first. */
  readonly flags: ReplyFlags = { update: true, reregister: true, bootstrapPackError: true, acknowledgement: true }

  /** The answer to a packet, undefined when it gets none. De-register and Send are always answered. */
  reply(packet: Packet): MessageTemplate | undefined {
    const { update, reregister, acknowledgement } = this.flags
    const kind = messageKind(packet)
    if (kind === 'deregister') return deleted(responseTo(packet))
    if (kind === 'register' && reregister) return registered(packet)
    if ((kind === 'update' && update) || kind === 'send') return changed(responseTo(packet))
    const isConfirmable = packet.type === MessageType.confirmable
    return isConfirmable && acknowledgement ? empty({ messageId: packet.messageId }) : undefined
  }

  /**
   * The answer to the first packet of a client, whatever the flags: to a Register, a Request Bootstrap and, unless it is to be
   * answered by hand, a Bootstrap-Pack-Request.
   */
  greeting(packet: Packet): MessageTemplate | undefined {
    switch (messageKind(packet)) {
      case 'register':
        return registered(packet)
      case 'bootstrapRequest':
        return changed(responseTo(packet))
      case 'bootstrapPackRequest':
        return this.flags.bootstrapPackError ? errorResponse({ ...responseTo(packet), code: Code.notFound }) : undefined
      default:
        return undefined
    }
  }
}

function registered(packet: Packet): MessageTemplate {
  return created({ ...responseTo(packet), location: registrationPath })
}

function responseTo({ messageId, token }: Packet): Pick<Packet, 'messageId' | 'token'> {
  return { messageId, token }
}
