import { largestBlockBytes } from './block.ts'
import type { MessageLimits } from './message-layer.ts'
import type { CoapParameters } from './parameters.ts'
import { baseSettings, type Settings } from './signaling.ts'

/** Of a message without settings 1,024 bytes are payload (RFC 8323 §5.3.1); larger messages have as much room for options, or more. */
const headBytes = baseSettings.maximumMessageBytes - largestBlockBytes
const longestHeadBytes = 512

/** Blocks above this would keep other messages waiting. */
const largestBertBytes = 64 * largestBlockBytes

/** What messages to a peer with these settings may carry. */
export function messageLimits(
  { maximumMessageBytes, isBlockwise }: Settings,
  { blockBytes }: Pick<CoapParameters, 'blockBytes'>,
): MessageLimits {
  // Whoever wants smaller blocks has a reason, such as a peer with little memory.
  if (blockBytes < largestBlockBytes) return { wholeBytes: blockBytes, blockBytes, acceptsBert: true }
  const head = Math.min(
    longestHeadBytes,
    Math.ceil((maximumMessageBytes * headBytes) / baseSettings.maximumMessageBytes),
  )
  const wholeBytes = maximumMessageBytes - head
  const blocks = Math.floor(Math.min(wholeBytes, largestBertBytes) / largestBlockBytes)
  // RFC 8323 §5.3.2, §6: BERT is for a peer that says it does block-wise transfers, of messages above the base size.
  return { wholeBytes, blockBytes: (isBlockwise ? Math.max(1, blocks) : 1) * largestBlockBytes, acceptsBert: true }
}
