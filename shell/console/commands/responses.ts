import { messageCommand } from '../message-command.ts'

const response = ['msg_id', 'token']

/** Responses, notifications and Empty messages (RFC 7252 §4, §5.9; RFC 7641). */
export const responseCommands = [
  messageCommand({
    name: 'changed',
    className: 'Lwm2mChanged',
    required: response,
    help: 'Sends a 2.04 Changed to the request with this message id and token.',
    example: 'changed 51728 abc',
  }),
  messageCommand({
    name: 'content',
    className: 'Lwm2mContent',
    required: response,
    help: 'Sends a 2.05 Content to the request with this message id and token.',
    example: 'content 51728 abc hello TEXT_PLAIN',
  }),
  messageCommand({
    name: 'continue',
    className: 'Lwm2mContinue',
    required: response,
    help: 'Sends a 2.31 Continue, which asks for the next block.',
    example: 'continue 51728 abc options=BLOCK1(0,True,64)',
  }),
  messageCommand({
    name: 'created',
    className: 'Lwm2mCreated',
    required: response,
    help: 'Sends a 2.01 Created to the request with this message id and token, with the location of what is new.',
    example: 'created 51728 abc /rd/demo',
  }),
  messageCommand({
    name: 'deleted',
    className: 'Lwm2mDeleted',
    required: response,
    help: 'Sends a 2.02 Deleted to the request with this message id and token.',
    example: 'deleted 51728 abc',
  }),
  messageCommand({
    name: 'empty',
    className: 'Lwm2mEmpty',
    help: 'Sends an Empty message. A confirmable one is a ping, which a Reset answers.',
    example: 'empty ACKNOWLEDGEMENT 51728',
  }),
  messageCommand({
    name: 'error_response',
    className: 'Lwm2mErrorResponse',
    required: ['code', ...response],
    help: 'Sends a response of class 4 or 5 to the request with this message id and token.',
    example: 'error_response RES_NOT_FOUND 51728 abc',
  }),
  messageCommand({
    name: 'notify',
    className: 'Lwm2mNotify',
    required: ['token'],
    help: 'Sends a notification of the observation with this token. Its sequence number is an option.',
    example: 'notify abc 21.5 TEXT_PLAIN options=OBSERVE(5)',
  }),
  messageCommand({
    name: 'reset',
    className: 'Lwm2mReset',
    help: 'Sends a Reset, which says that a message was not understood.',
    example: 'reset 51728',
  }),
]
