import { device } from '../../client/behaviours/device.ts'
import type { Lwm2mClient } from '../../client/client.ts'
import { applyDeviceFile, type DeviceFile } from '../../client/device-file.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import type { Environment } from '../environment.ts'
import type { Log } from '../print.ts'

const sensorStepMs = 2_000

/**
 * Makes a client a device: with what a device file describes, or else with a Temperature that wanders around 21 °C. Its clock
 * runs and can be set, and it takes a Reboot lightly. Returns the function that stops it.
 */
export function simulateDevice(
  client: Lwm2mClient,
  file: DeviceFile | undefined,
  log: Log,
  environment: Environment,
): () => void {
  const stop = file === undefined ? simulateSensor(client, environment) : applyDeviceFile(client, file, environment)
  // After the device file, whose time is where the clock begins.
  const living = device(client, { reboot: () => log.note('asked to reboot; a simulated device stays up') })
  return () => {
    living.unsubscribe()
    stop()
  }
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
