import { isatty } from 'node:tty'
import { inspect } from 'node:util'
import { formatPath, type PathValue } from 'lwm2m-engine/objects'
import { Code, describeMessage, isRequest, type Trace } from 'lwm2m-engine/transport'
import pc from 'picocolors'

const colors = pc.createColors(isatty(1) && !process.env['NO_COLOR'])

/** Shows the messages of a client as they pass, and counts them. */
export class WireLog implements Trace {
  operations = 0
  bytes = 0

  message(...[direction, message, bytes]: Parameters<Trace['message']>): void {
    this.bytes += bytes
    if (message.code === Code.empty) return
    if (isRequest(message.code)) this.operations++
    const arrow = direction === 'sent' ? colors.cyan('client → server') : colors.green('client ← server')
    console.log(`  ${arrow}  ${describeMessage(message)} ${colors.dim(`${bytes} B`)}`)
  }

  step(text: string): void {
    console.log(colors.bold(text))
  }

  values(values: readonly PathValue[]): void {
    for (const { path, value } of values) console.log(`    ${formatPath(path)} = ${colors.yellow(inspect(value))}`)
  }
}
