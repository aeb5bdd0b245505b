import { describeExpected } from '../../../server/console/expectation.ts'
import { bool } from '../../line/argument-types.ts'
import { expectedMessage } from '../../line/message-types.ts'
import { command, optional, required } from '../define.ts'

/** What happens to messages that come by themselves. */
export const settingCommands = [
  command('expect', {
    help:
      'Says which message comes next: one as scripts write it, None for no message, ANY for whichever. What comes is\n' +
      'compared with it, and the differences are told.',
    example: 'expect Lwm2mContent(msg_id=ANY,token=ANY,content=b"21.5")',
    parameters: { msg_code: required(expectedMessage) },
    run({ msg_code: expected }, { console, print }) {
      print(`Expecting: ${describeExpected(expected)}`)
      console.expect(expected)
    },
  }),
  command('set', {
    help:
      'Chooses which messages are answered by themselves: Updates, Registers, the Bootstrap-Pack-Request of a client that\n' +
      'has just come, and whatever else wants an acknowledgement.',
    example: 'set auto_update=0 auto_ack=0',
    parameters: {
      auto_update: optional(bool),
      auto_reregister: optional(bool),
      auto_bspack_error: optional(bool),
      auto_ack: optional(bool),
    },
    run(given, { console, print }) {
      const { flags } = console.replies
      const choose = (flag: keyof typeof flags, isOn: boolean | undefined, name: string) => {
        if (isOn === undefined) return
        flags[flag] = isOn
        print(`Auto ${name} responses ${isOn ? 'enabled' : 'disabled'}`)
      }
      choose('reregister', given.auto_reregister, 'register')
      choose('update', given.auto_update, 'update')
      choose('bootstrapPackError', given.auto_bspack_error, 'Bootstrap Pack error')
      choose('acknowledgement', given.auto_ack, '0.00 ACK')
    },
  }),
]
