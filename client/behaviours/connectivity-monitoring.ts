import type { Observable } from 'rxjs'
import { connectivityMonitoring as monitoring } from '../../objects/definitions/connectivity-monitoring.ts'
import type { Lwm2mClient } from '../client.ts'
import { definitionInUse } from './definition-in-use.ts'
import { type Behaviour, LivingInstance } from './living-instance.ts'
import { indexed, replaceValues } from './replace-values.ts'

/** How a device is connected at the moment (LwM2M Core 1.2.2 §E.5). */
export interface Connectivity {
  /** 0–50: 0–20 cellular, 21–40 wireless, 41–50 wireline: 6 LTE-FDD, 7 NB-IoT, 21 WLAN, 23 IEEE 802.15.4, 41 Ethernet… */
  readonly networkBearer: number
  /** Default: the one in use. */
  readonly availableNetworkBearers?: readonly number[]
  /** dBm, whole. */
  readonly radioSignalStrength: number
  /** Whole, as the bearer counts it, such as RSRQ for LTE. */
  readonly linkQuality?: number
  readonly ipAddresses: readonly string[]
  readonly routerIpAddresses?: readonly string[]
  /** Percent, whole, 0 to 100. */
  readonly linkUtilization?: number
  /** dB, whole; from version 1.1 of the object on. */
  readonly signalSnr?: number
  /** Told while the bearer is cellular. */
  readonly cell?: Cell
}

/** Of a cellular network. */
export interface Cell {
  /** Access Point Names. */
  readonly apn?: readonly string[]
  /** Serving Cell ID. */
  readonly cellId?: number
  /** Serving Mobile Network Code, 0–999. */
  readonly smnc?: number
  /** Serving Mobile Country Code, 0–999. */
  readonly smcc?: number
  /** Location Area Code; from version 1.2 of the object on. */
  readonly lac?: number
  /** 0–4; from version 1.3 of the object on. */
  readonly coverageEnhancementLevel?: number
}

const lastCellularBearer = 20

/**
 * Brings Connectivity Monitoring (4) to life: each value of the source is all that there is to tell, and what it does not name is
 * absent from then on; so is the cell while the bearer is not cellular. What the version of the object that the client has does
 * not know is left out.
 */
export function connectivityMonitoring(
  client: Lwm2mClient,
  connectivity$: Observable<Connectivity>,
): Behaviour<typeof monitoring> {
  const living = new LivingInstance(client, definitionInUse(client, monitoring))
  living.feedWith(connectivity$, connectivity => replaceValues(client, living.instance, resourcesOf(connectivity)))
  return living
}

function resourcesOf(connectivity: Connectivity) {
  const { networkBearer, availableNetworkBearers = [networkBearer], radioSignalStrength, linkQuality } = connectivity
  const { ipAddresses, routerIpAddresses, linkUtilization, signalSnr } = connectivity
  const cell = networkBearer <= lastCellularBearer ? connectivity.cell : undefined
  return {
    networkBearer,
    availableNetworkBearer: indexed(availableNetworkBearers),
    radioSignalStrength,
    linkQuality,
    ipAddresses: indexed(ipAddresses),
    routerIpAddresses: routerIpAddresses && indexed(routerIpAddresses),
    linkUtilization,
    signalSnr,
    apn: cell?.apn && indexed(cell.apn),
    cellId: cell?.cellId,
    smnc: cell?.smnc,
    smcc: cell?.smcc,
    lac: cell?.lac,
    coverageEnhancementLevel: cell?.coverageEnhancementLevel,
  }
}
