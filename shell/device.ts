import type { Lwm2mClient } from '../client/client.ts'
import { device } from '../objects/definitions/device.ts'
import { temperature } from '../objects/definitions/temperature.ts'
import type { Environment } from './environment.ts'
import type { Log } from './print.ts'

const sensorStepMs = 2_000

/**
 * Makes a client a device: its Temperature wanders around 21 °C, its clock runs, and it takes a Reboot lightly. Returns
 * the function that stops it.
 */
export function simulateDevice(client: Lwm2mClient, log: Log, { clock, random }: Environment): () => void {
  const sensor = client.objects.create(temperature, 0, { sensorValue: 21, sensorUnits: 'Cel' })
  client.objects.onRead(device, 'currentTime', () => Math.floor(clock.now() / 1_000))
  client.objects.onExecute(device, 'reboot', () => log.note('asked to reboot; a simulated device stays up'))
  let celsius = 21
  const step = () => {
    celsius += (21 - celsius) * 0.1 + random.fraction() - 0.5
    sensor.set({ sensorValue: Math.round(celsius * 100) / 100 })
    timer = clock.setTimeout(step, sensorStepMs)
  }
  let timer = clock.setTimeout(step, sensorStepMs)
  return () => clock.clearTimeout(timer)
}
