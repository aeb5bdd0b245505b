import type { Lwm2mClient } from '../../client/client.ts'
import { applyDeviceFile, type DeviceFile } from '../../client/device-file.ts'
import { device } from '../../objects/definitions/device.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import type { Environment } from '../environment.ts'
import type { Log } from '../print.ts'

const sensorStepMs = 2_000

/**
 * Makes a client a device: with what a device file describes, or else with a Temperature that wanders around 21 °C. Its clock
 * runs, and it takes a Reboot lightly. Returns the function that stops it.
 */
export function simulateDevice(
  client: Lwm2mClient,
  file: DeviceFile | undefined,
  log: Log,
  environment: Environment,
): () => void {
  client.objects.onExecute(device, 'reboot', () => log.note('asked to reboot; a simulated device stays up'))
  const stop = file === undefined ? simulateSensor(client, environment) : applyDeviceFile(client, file, environment)
  // A clock that the file describes is its own.
  if (client.objects.get('/3/0/13') === undefined) {
    client.objects.onRead(device, 'currentTime', () => Math.floor(environment.clock.now() / 1_000))
  }
  return stop
}

function simulateSensor(client: Lwm2mClient, { clock, random }: Environment): () => void {
  const sensor = client.objects.create(temperature, 0, { sensorValue: 21, sensorUnits: 'Cel' })
  let celsius = 21
  const step = () => {
    celsius += (21 - celsius) * 0.1 + random.fraction() - 0.5
    if (client.objects.has('/3303/0')) sensor.set({ sensorValue: Math.round(celsius * 100) / 100 })
    timer = clock.setTimeout(step, sensorStepMs)
  }
  let timer = clock.setTimeout(step, sensorStepMs)
  return () => clock.clearTimeout(timer)
}
