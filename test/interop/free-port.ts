import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** Below what systems give to sockets that do not ask for one, or any other could take it before it is used. */
const lowest = 20_000
const highest = 29_999

/** Another process begins elsewhere. */
let next = lowest + (process.pid % (highest - lowest))

/** A UDP port of 127.0.0.1 that nobody has, and that is told only once. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = next
    next = port === highest ? lowest : port + 1
    if (await isFree(port)) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const socket = createSocket('udp4')
  try {
    socket.bind(port, '127.0.0.1')
    await once(socket, 'listening')
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false
    throw error
  } finally {
    socket.close()
    await once(socket, 'close')
  }
}
