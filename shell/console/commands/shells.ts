import { cborLevel } from '../cbor-commands.ts'
import { command } from '../define.ts'
import { leaveCommands } from '../leave-commands.ts'
import { tlvLevel } from '../tlv-commands.ts'

/** Going from one shell to another. */
export const shellCommands = [
  command('cbor', {
    help: 'Goes into the shell that makes SenML CBOR payloads. When you leave it, it writes the payload as other commands take it.',
    example: 'cbor',
    run: (_, { enter }) => enter(cborLevel()),
  }),
  command('tlv', {
    help: 'Goes into the shell that makes TLV payloads. When you leave it, it writes the payload as other commands take it.',
    example: 'tlv',
    run: (_, { enter }) => enter(tlvLevel()),
  }),
  ...leaveCommands,
]
