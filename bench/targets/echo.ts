import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { target } from './target.ts'

/** The floor: what it costs Node.js to receive a datagram and to send one. */
target(async () => {
  const socket = createSocket('udp4')
  socket.on('message', (datagram, from) => socket.send(datagram, from.port, from.address))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket.address().port
})
