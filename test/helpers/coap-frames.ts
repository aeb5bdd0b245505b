import { FrameReader } from '../../transport/coap/frame.ts'
import { type CoapFrame, Code, noPayload } from '../../transport/coap/message.ts'

export function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex')
}

/** A GET with a token of one byte, unless told otherwise. */
export function frameOf(frame: Partial<CoapFrame>): CoapFrame {
  return { code: Code.get, token: Buffer.from([1]), options: [], payload: noPayload, ...frame }
}

/** A message whose bytes are text, to compare. */
export function plainFrame({ code, token, options, payload }: CoapFrame) {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
  return {
    code,
    token: text(token),
    options: options.map(({ number, value }) => [number, text(value)]),
    payload: text(payload),
  }
}

/** The messages in these chunks, read after each of them. */
export function readAll(chunks: readonly Buffer[], maximumMessageBytes = 65_536): CoapFrame[] {
  const reader = new FrameReader(maximumMessageBytes)
  const frames: CoapFrame[] = []
  for (const chunk of chunks) {
    reader.push(chunk)
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) frames.push(frame)
  }
  return frames
}
