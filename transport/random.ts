import { randomFillSync } from 'node:crypto'

/** The only source of randomness in the engine. */
export interface Random {
  /** Uniform in [0, 1). */
  fraction(): number
  /** Uniform in 0 … 2^32−1. */
  uint32(): number
  /** `length` fresh bytes. */
  bytes(length: number): Buffer
}

const poolBytes = 4096
const pool = Buffer.allocUnsafeSlow(poolBytes)
let poolOffset = poolBytes

/** Takes `length` bytes from the pool and returns their offset; one system call serves hundreds of tokens. */
function take(length: number): number {
  if (poolOffset + length > poolBytes) {
    randomFillSync(pool)
    poolOffset = 0
  }
  const offset = poolOffset
  poolOffset += length
  return offset
}

/** Cryptographically strong randomness. */
export const systemRandom: Random = {
  fraction: () => pool.readUInt32LE(take(4)) / 2 ** 32,
  uint32: () => pool.readUInt32LE(take(4)),
  bytes(length) {
    if (length > poolBytes) return randomFillSync(Buffer.allocUnsafe(length))
    const offset = take(length)
    return Buffer.from(pool.subarray(offset, offset + length))
  },
}

/** The same sequence for the same seed (mulberry32): simulations replay from their seed. Never for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const uint32 = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  return {
    fraction: () => uint32() / 2 ** 32,
    uint32,
    bytes(length) {
      const bytes = Buffer.allocUnsafe(length)
      for (let index = 0; index < length; index++) bytes[index] = uint32() & 0xff
      return bytes
    },
  }
}
