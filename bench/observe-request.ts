/** CON GET with Observe 0 and Accept text/plain, of one path: what a server sends to observe it. */
export function observeRequest(path: readonly number[], messageId: number): Buffer {
  const head = Buffer.from([0x44, 0x01, 0, 0, 0, 0, 0, 0, 0x60])
  head.writeUInt16BE(messageId, 2)
  head.writeUInt32BE(messageId, 4)
  const segments = path.map((id, index) => {
    const digits = Buffer.from(String(id))
    return Buffer.concat([Buffer.from([((index === 0 ? 5 : 0) << 4) | digits.length]), digits])
  })
  // Accept (17) is 6 after Uri-Path (11); its value 0 has no bytes.
  return Buffer.concat([head, ...segments, Buffer.from([0x60])])
}
