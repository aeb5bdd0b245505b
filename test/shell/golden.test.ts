import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Lwm2mClient } from '../../client/client.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import { simulatedWorld } from '../helpers/simulated-world.ts'
import { pace, startShell, withoutNumbers } from '../helpers/testing-shell.ts'
import { type DriverEvent, parseTranscript, splitAtPrompts, type Transcript } from '../replay/transcript.ts'

/** Sessions of our own shell. To record them again: `npx vitest run --project unit test/shell/golden.test.ts --update`. */
const folder = new URL('golden/', import.meta.url)

/** Of the device: those of the shell count from 4920, and stay. */
const messageId = /(msg_id: |\bid=)\d{5}\b/g

/** A device that registers with a shell on port 9000. */
function deviceSite() {
  const world = simulatedWorld()
  const device = new Lwm2mClient({
    ...world,
    endpoint: 'my_endpoint',
    servers: [{ uri: 'coap://0.0.0.0:9000', shortServerId: 1, lifetimeSeconds: 86_400 }],
    objects: [temperature],
    versions: ['1.1'],
    device: { manufacturer: 'Maker', modelNumber: 'demo-client' },
  })
  device.objects.create(temperature, 0, { sensorValue: 21.5 })
  device.start()
  return { ...world, device }
}

function happen(device: Lwm2mClient, event: DriverEvent): void {
  if (event.kind === 'device stopped') void device.stop()
  else if (event.kind === 'device' && event.command === 'send-update') device.update()
  else throw new Error(`there is no ${JSON.stringify(event)} in a world in memory`)
}

/** Types the lines of a transcript again and writes down what comes of it, its notes where they were. */
async function recordAgain({ options, steps }: Transcript): Promise<string> {
  const site = deviceSite()
  const typed = steps.flatMap(step => [
    ...(step.event ? [() => happen(site.device, step.event as DriverEvent)] : []),
    ...(step.typed === undefined ? [] : [step.typed]),
  ])
  const shell = startShell(site, typed, options)
  const exitCode = await pace(site, shell.exitCode)
  await pace(site, site.device.stop())
  const { opening, answers } = splitAtPrompts(withoutNumbers(shell.output).replaceAll(messageId, '$1…'))
  const parts = answers.map(({ prompt, text }, at) => prompt + noteOf(steps[at]?.event) + text)
  const heading = ['### started with:', ...options].join(' ')
  return `${heading}\n${opening}${parts.join('')}\n### process ended rc=${exitCode}\n`
}

function noteOf(event: DriverEvent | undefined): string {
  if (event?.kind === 'device') return `\n### meanwhile: typed into demo stdin: ${event.command}\n`
  return event?.kind === 'device stopped' ? '\n### meanwhile: closing the demo\n' : ''
}

test.each(readdirSync(folder))('%s', async name => {
  const file = new URL(name, folder)
  const again = await recordAgain(parseTranscript(name, readFileSync(file, 'utf8')))
  await expect(again).toMatchFileSnapshot(file.pathname)
})
