import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'coap'
import { target } from './target.ts'

/** The `coap` package from npm, answering every request with the same text. */
target(async () => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const server = createServer((_request, response) => {
    response.setOption('Content-Format', 'text/plain')
    response.end('lwm2m-engine')
  })
  server.listen(socket)
  return socket.address().port
})
