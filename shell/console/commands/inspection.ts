import { ConsoleError } from '../../../server/console/console-error.ts'
import { describeMessage, details } from '../../../server/console/details.ts'
import { dumpPacket } from '../../../server/console/packet-dump.ts'
import { bytesLiteral, hexEscaped } from '../../../server/console/python-text.ts'
import { describeTlvTree, parseTlvTree } from '../../../server/console/tlv-tree.ts'
import { decodeDatagram } from '../../../transport/coap/codec.ts'
import type { Packet } from '../../../transport/coap/packet.ts'
import { MessageFormatError } from '../../../transport/errors.ts'
import { bytes, int } from '../../line/argument-types.ts'
import { command, optional, required } from '../define.ts'

/** Looking at messages: those that went and came, and those that are typed. */
export const inspectionCommands = [
  command('coap_decode', {
    help: 'Takes the bytes of a CoAP message apart: header, token, options.',
    example: String.raw`coap_decode \x60\x00\x13\x38`,
    parameters: { data: required(bytes) },
    run: ({ data }, { print }) => print(dumpPacket(decode(data))),
  }),
  command('details', {
    help: 'Shows all of a message that was sent or received: 1 is the last one, 2 the one before.',
    example: 'details 2',
    parameters: { idx: optional(int, 1) },
    run({ idx }, { console, print }) {
      const entry = console.history.entry(idx)
      print(entry === undefined ? 'message not found' : details(entry.packet, entry.direction, entry.kind))
    },
  }),
  command('lwm2m_decode', {
    help: 'Takes the bytes of a message apart as details does: what it means, header, options, and its content by its format.',
    example: String.raw`lwm2m_decode \x40\x01\x13\x38\xb1\x33`,
    parameters: { data: required(bytes) },
    run: ({ data }, { print }) => print(describeMessage(decode(data))),
  }),
  command('payload_buffer_clear', {
    help: 'Empties the payload buffer.',
    example: 'payload_buffer_clear',
    run: (_, { console }) => console.payloadBuffer.clear(),
  }),
  command('payload_buffer_show', {
    help: 'Shows the payloads of all that was received since the buffer was emptied, one behind the other, as text.',
    example: 'payload_buffer_show',
    run: (_, { console, print }) => print(bytesLiteral(console.payloadBuffer.bytes())),
  }),
  command('payload_buffer_show_hex', {
    help: 'Shows the payload buffer as hexadecimal digits, as other commands take it.',
    example: 'payload_buffer_show_hex',
    run: (_, { console, print }) => print(hexEscaped(console.payloadBuffer.bytes())),
  }),
  command('payload_buffer_show_tlv', {
    help: 'Shows the payload buffer as TLV.',
    example: 'payload_buffer_show_tlv',
    run: (_, { console, print }) => print(describeTlvTree(parseTlvTree(console.payloadBuffer.bytes()))),
  }),
  command('reset_history', {
    help: 'Forgets the messages that details shows.',
    example: 'reset_history',
    run: (_, { console }) => console.history.clear(),
  }),
]

function decode(data: Uint8Array): Packet {
  try {
    return decodeDatagram(Buffer.from(data))
  } catch (cause) {
    if (!(cause instanceof MessageFormatError)) throw cause
    throw new ConsoleError(`data: ${cause.message}`, { cause })
  }
}
