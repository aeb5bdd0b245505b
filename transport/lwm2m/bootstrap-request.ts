import { type CoapMessage, Code, noPayload } from '../coap/message.ts'
import { OptionNumber, pathOptions, stringOption } from '../coap/options.ts'
export function encodeBootstrapRequest(p: { endpoint: string; preferredFormat?: number }): CoapMessage {
  const q = [`ep=${p.endpoint}`, ...(p.preferredFormat === undefined ? [] : [`pct=${p.preferredFormat}`])]
  return {
    code: Code.post,
    options: [...pathOptions(OptionNumber.uriPath, ['bs']), ...q.map(x => stringOption(OptionNumber.uriQuery, x))],
    payload: noPayload,
  }
}
export function encodeBootstrapPackRequest(p: { endpoint: string; accept: number }): CoapMessage {
  return {
    code: Code.get,
    options: [
      ...pathOptions(OptionNumber.uriPath, ['bspack']),
      stringOption(OptionNumber.uriQuery, `ep=${p.endpoint}`),
    ],
    payload: noPayload,
  }
}
