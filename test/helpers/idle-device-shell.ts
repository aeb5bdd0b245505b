import * as fc from 'fast-check'
import { expect } from 'vitest'
import { Lwm2mClient } from '../../client/client.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import { Device } from '../../shell/device/device.ts'
import { DeviceShell } from '../../shell/device/device-shell.ts'
import { Output } from '../../shell/device/output.ts'
import { simulatedWorld } from './simulated-world.ts'

/** A shell of a device that nobody has started, on a network that notes who would be spoken to. */
export function idleShell() {
  const { clock, random, network } = simulatedWorld()
  const connects: unknown[] = []
  const lines: string[] = []
  const device = new Device({
    endpoint: 'dev1',
    keepsAccounts: false,
    makeClient: (endpoint = 'unnamed') =>
      new Lwm2mClient({
        endpoint,
        servers: [{ uri: 'coap://10.0.0.2', shortServerId: 1 }],
        objects: [temperature],
        clock,
        random,
        network: {
          connect: remote => {
            connects.push(remote)
            return network.connect(remote)
          },
          listen: (local, accept) => network.listen(local, accept),
        },
      }),
    equip: client => {
      client.objects.create(temperature, 0, { sensorValue: 21, sensorUnits: 'Cel' })
      return () => {}
    },
    onStart: () => {},
    onEvent: () => {},
    now: () => clock.now(),
  })
  const shell = new DeviceShell(device, new Output(line => lines.push(line), false), clock)
  return { device, shell, lines, connects }
}

const names = `read write exec ls create delete cache lock unlock objects
  send stop update pause resume disable enable offline online reconnect bootstrap
  wait state obs attributes events help get_error`.split(/\s+/)

const words = `/ /3303 /3303/1 /3303/0/5700 /3/0/11 /3/0/11/0 /0/0/0 /1/0/1 /9/9
  -s -x -u8 -b -f -crc32 registered add 1 -5 18446744073709551616 1e400 "`.split(/\s+/)

/** Runs random lines: none may fail otherwise than with one line, nor may anybody be spoken to. */
export async function fuzz(lineCount: number): Promise<void> {
  const { shell, lines, connects, device } = idleShell()
  const word = fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'binary', maxLength: 12 }))
  const line = fc
    .tuple(fc.oneof(fc.constantFrom(...names), fc.string({ maxLength: 4 })), fc.array(word, { maxLength: 4 }))
    .map(([name, rest]) => [name, ...rest].join(' '))
    // Those do what was asked for: they speak to somebody, take their time, or leave.
    .filter(text => !/^\s*(?:lwm2m\s+)?(?:st|sta|star|start|sl|sle|slee|sleep|e|ex|exi|exit)\s/.test(`${text} `))
  await fc.assert(
    fc.asyncProperty(line, async text => {
      lines.length = 0
      const isGood = await shell.execute(text, new AbortController().signal)
      if (!isGood) expect(lines).toEqual([expect.any(String)])
      for (const shown of lines) expect(shown).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
      shell.complete(text, text.length)
    }),
    { seed: 1, numRuns: lineCount },
  )
  expect(connects).toEqual([])
  expect(device.isRunning).toBe(false)
}
