import { type FileHandle, open, stat } from 'node:fs/promises'
import { ContentFormat } from '../../objects/formats/format.ts'
import {
  type Block,
  blockOption,
  findBlock,
  isBert,
  largestBlockBytes,
  largestBody,
  unitBytes,
} from '../../transport/coap/block.ts'
import { Code, isSuccess } from '../../transport/coap/message.ts'
import { OptionNumber } from '../../transport/coap/options.ts'
import type { Packet } from '../../transport/coap/packet.ts'
import { ConsoleError } from './console-error.ts'
import { systemText } from './console-failure.ts'
import { stringLiteral } from './python-text.ts'
import { write } from './requests.ts'
import type { MessageTemplate } from './template.ts'

/** A file to write into a client by PUTs with Block1 (RFC 7959 §2.5). */
export interface FileWrite {
  readonly fileName: string
  /** Of the place in the client. */
  readonly path: string
  /** Default: application/octet-stream. */
  readonly contentFormat?: number | undefined
  /** 16, 32, … 1,024; over a stream also 2,048, two blocks in a message (RFC 8323 §6). Default 1,024. */
  readonly blockBytes?: number | undefined
  /** For the answer to each block. Default: that of the console. */
  readonly timeoutMs?: number | undefined
}

export interface FileWriteProgress {
  /** What the client has acknowledged. */
  readonly writtenBytes: number
  readonly totalBytes: number
}

export interface FileWriteResult extends FileWriteProgress {
  /** The answer to the last block that was sent; undefined: none came. */
  readonly answer: Packet | undefined
}

export interface BlockSending {
  readonly send: (template: MessageTemplate) => Promise<Packet | undefined>
  readonly isStream: boolean
}

/**
 * Writes a file block by block, each as a request of its own, and goes on for as long as the client continues (2.31). A
 * client that asks for smaller blocks gets them (RFC 7959 §2.3, §2.9.3). Rejects with ConsoleError.
 */
export async function writeFile(
  { fileName, path, contentFormat = ContentFormat.opaque, blockBytes = largestBlockBytes }: FileWrite,
  { send, isStream }: BlockSending,
  onProgress: (progress: FileWriteProgress) => void = () => undefined,
): Promise<FileWriteResult> {
  checkBlockSize(blockBytes, isStream)
  const file = await openFile(fileName)
  try {
    const { size: totalBytes } = await file.stat()
    let bytes = blockBytes
    for (let offset = 0; ; ) {
      if (totalBytes > largestBody(bytes)) {
        throw new ConsoleError(`${fileName} is too large for blocks of ${bytes} bytes: ${totalBytes} bytes`)
      }
      const payload = await readBlock(file, offset, Math.min(bytes, totalBytes - offset), fileName)
      const end = offset + payload.length
      const block: Block = { number: offset / unitBytes(bytes), more: end < totalBytes, bytes }
      const options = [blockOption(OptionNumber.block1, block)]
      const answer = await send(write({ path, payload, contentFormat, options }))
      const wanted = answer && sizeWanted(answer, bytes)
      if (answer?.code === Code.requestEntityTooLarge && offset === 0 && wanted !== undefined && wanted < bytes) {
        bytes = wanted
        continue
      }
      const isAccepted = answer !== undefined && isSuccess(answer.code)
      const progress = { writtenBytes: isAccepted ? end : offset, totalBytes }
      if (isAccepted) onProgress(progress)
      if (answer?.code !== Code.continue || !block.more) return { ...progress, answer }
      offset = end
      bytes = wanted ?? bytes
    }
  } finally {
    await file.close()
  }
}

/** The size that an answer names, where it is a smaller one. */
function sizeWanted(answer: Packet, bytes: number): number | undefined {
  const block = findBlock(answer, OptionNumber.block1, isBert(bytes))
  return block === undefined || block === 'invalid' ? undefined : Math.min(block.bytes, bytes)
}

function checkBlockSize(bytes: number, isStream: boolean): void {
  if (isStream && bytes === 2 * largestBlockBytes) return
  if (bytes >= 16 && bytes <= largestBlockBytes && Number.isInteger(Math.log2(bytes))) return
  const ofStreams = bytes === 2 * largestBlockBytes ? ', and over TCP 2048' : ''
  throw new ConsoleError(
    `invalid arguments: blocks have 16, 32, 64, 128, 256, 512 or 1024 bytes${ofStreams}, not ${bytes}`,
  )
}

async function openFile(fileName: string): Promise<FileHandle> {
  try {
    // First: to open a pipe would wait for somebody to write into it.
    if ((await stat(fileName)).isFile()) return await open(fileName)
  } catch (error) {
    throw new ConsoleError(`${systemText(error) ?? String(error)}: ${stringLiteral(fileName)}`, { cause: error })
  }
  throw new ConsoleError(`no file: ${stringLiteral(fileName)}`)
}

async function readBlock(file: FileHandle, offset: number, length: number, fileName: string): Promise<Buffer> {
  const payload = Buffer.alloc(length)
  for (let filled = 0; filled < length; ) {
    const { bytesRead } = await file.read(payload, filled, length - filled, offset + filled)
    if (bytesRead === 0) throw new ConsoleError(`${fileName} has become shorter while it was written`)
    filled += bytesRead
  }
  return payload
}
