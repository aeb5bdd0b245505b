import { expect, test } from 'vitest'
import { Code, describeCode, formatCode, isRequest, isResponse, isSuccess } from '../../../transport/coap/message.ts'

test('a code is written as class and detail', () => {
  expect([Code.content, Code.notFound, Code.get, 0xff].map(formatCode)).toEqual(['2.05', '4.04', '0.01', '7.31'])
})

test('a code is described by its method or phrase, an unknown one by its number', () => {
  expect([Code.get, Code.iPatch, Code.content, Code.methodNotAllowed, 0x1f, 0x9f].map(describeCode)).toEqual([
    'GET',
    'iPATCH',
    '2.05 Content',
    '4.05 Method Not Allowed',
    '0.31',
    '4.31',
  ])
})

test('what is a request, a response, a success', () => {
  expect([Code.empty, Code.get, Code.content, Code.notFound, Code.internalServerError, 0xe1].map(isRequest)).toEqual([
    false,
    true,
    false,
    false,
    false,
    false,
  ])
  expect([Code.empty, Code.get, Code.content, 0x60, Code.notFound, 0xe1].map(isResponse)).toEqual([
    false,
    false,
    true,
    false,
    true,
    false,
  ])
  expect([Code.continue, Code.notFound].map(isSuccess)).toEqual([true, false])
})
