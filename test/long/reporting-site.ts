import { Lwm2mClient } from '../../client/client.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import { type Path, parsePath } from '../../objects/path.ts'
import type { Network } from '../../transport/connection.ts'
import { type Random, seededRandom } from '../../transport/random.ts'
import { failingNetwork } from '../helpers/failing-server.ts'
import { ObservingServer, type Wanted } from '../helpers/observing-server.ts'
import { ReportingWatch } from '../helpers/reporting-watch.ts'
import { simulatedWorld } from '../helpers/simulated-world.ts'

const host = '10.0.0.2'
const resources = ['/3303/0/5700', '/3303/0/5601', '/3303/0/5602', '/3303/1/5700', '/3303/1/5601'] as const
const places = [...resources, '/3303/0', '/3303/1', '/3303'] as const

/** Draws from a seed. */
class Fate {
  readonly #random: Random

  constructor(seed: number) {
    this.#random = seededRandom(seed)
  }

  happens(probability: number): boolean {
    return this.#random.fraction() < probability
  }

  of<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#random.fraction() * choices.length)] as T
  }

  /** Spread over all orders of magnitude in between. */
  between(least: number, most: number): number {
    return Math.round(least * (most / least) ** this.#random.fraction())
  }

  some<T>(choices: readonly T[], most: number): T[] {
    const count = 1 + Math.floor(this.#random.fraction() * most)
    return [...new Set(Array.from({ length: count }, () => this.of(choices)))]
  }
}

function settingsOf(fate: Fate) {
  return {
    confirmable: fate.happens(0.5),
    stores: fate.happens(0.6),
    sleeps: fate.happens(0.5),
    whileAsleep: fate.of(['close', 'keep', 'listen'] as const),
    awakeSeconds: fate.of([20, 93]),
    lifetimeSeconds: fate.of([300, 3600]),
    maximumHeld: fate.happens(0.3) ? fate.between(3, 20) : 1000,
    unacknowledgedEnds: fate.happens(0.2) ? ('observation' as const) : ('connection' as const),
    pmin: fate.happens(0.3) ? fate.between(1, 30) : 0,
    pmax: fate.happens(0.3) ? fate.between(10, 600) : 0,
    isLossy: fate.happens(0.7),
    usesHqmax: fate.happens(0.3),
    usesConditions: fate.happens(0.4),
  }
}

type Settings = ReturnType<typeof settingsOf>

/** Attributes as a Write-Attributes has them; now and then one is unset. */
function attributesOf(fate: Fate, { usesHqmax, usesConditions }: Settings, place: string): string[] {
  const numeric = place.split('/').length === 4
  const all = [
    `pmin=${fate.between(1, 200)}`,
    `pmax=${fate.between(5, 1000)}`,
    `con=${fate.of([0, 1])}`,
    ...(usesHqmax ? [`hqmax=${fate.between(1, 8) - 1}`] : []),
    ...(usesConditions && numeric
      ? [`gt=${fate.between(1, 1000)}`, `lt=${fate.between(1, 1000)}`, `st=${fate.between(1, 30)}`]
      : []),
  ]
  const some = fate.some(all, 3)
  return some.map(text => (fate.happens(0.25) ? (text.split('=')[0] as string) : text))
}

function wantedBy(fate: Fate, settings: Settings): Wanted {
  const { senmlCbor, senmlJson, text } = ContentFormat
  const several = fate.some(places, 3)
  const isComposite = fate.happens(0.3) && several.length > 1
  const texts = isComposite ? several : [fate.of(fate.happens(0.6) ? resources : places)]
  const paths = texts.map(parsePath)
  const isResource = !isComposite && paths[0]?.length === 3
  // Conditions do not go with an observation here, so that it is known where they hold.
  const queries = fate.happens(0.2)
    ? attributesOf(fate, { ...settings, usesConditions: false }, '/').filter(query => query.includes('='))
    : []
  // A composite cannot bring that along (LwM2M Core 1.2.2 §6.4.4).
  const fitting = isComposite ? queries.filter(query => !query.startsWith('hqmax')) : queries
  return {
    paths: paths.sort(inTreeOrder),
    isComposite,
    accept: fate.of(isResource ? [senmlCbor, senmlJson, text] : [senmlCbor, senmlJson]),
    queries: fitting,
  }
}

function inTreeOrder(a: Path, b: Path): number {
  const index = a.findIndex((id, level) => id !== b[level])
  return index < 0 ? a.length - b.length : (a[index] as number) - (b[index] ?? -1)
}

/** A client, its server and what comes between, all drawn from a seed. */
export async function reportingSite(seed: number) {
  const world = simulatedWorld({ seed })
  const { clock, network, random } = world
  const fate = new Fate(seed + 1e6)
  const settings = settingsOf(fate)
  const server = new ObservingServer({ ...world, random: seededRandom(seed + 2e6) })
  await server.listen(host)
  const watch = new ReportingWatch({
    ...settings,
    clock,
    restsUnread: settings.whileAsleep === 'keep',
    defaults: {
      ...(settings.pmin > 0 && { pmin: settings.pmin }),
      ...(settings.pmax > 0 && { pmax: settings.pmax }),
    },
  })
  const wire = {
    reachable: true,
    sent: (bytes: Uint8Array) => watch.sent(bytes),
    received: (bytes: Uint8Array) => watch.received(bytes),
  }
  const failing = failingNetwork(network, new Map([[host, wire]]))
  const watched: Network = {
    connect: (remote, options) => {
      watch.connected()
      return failing.connect(remote, options)
    },
    listen: (local, accept) => failing.listen(local, accept),
  }
  const errors: unknown[] = []
  const client = new Lwm2mClient({
    endpoint: 'urn:dev:os:1',
    servers: [
      {
        uri: `coap://${host}`,
        shortServerId: 1,
        lifetimeSeconds: settings.lifetimeSeconds,
        storesNotifications: settings.stores,
        ...(settings.pmin > 0 && { defaultPminSeconds: settings.pmin }),
        ...(settings.pmax > 0 && { defaultPmaxSeconds: settings.pmax }),
      },
    ],
    objects: [temperature],
    confirmableNotifications: settings.confirmable,
    unacknowledgedEnds: settings.unacknowledgedEnds,
    maximumHeldNotifications: settings.maximumHeld,
    queueMode: settings.sleeps && { awakeSeconds: settings.awakeSeconds, whileAsleep: settings.whileAsleep },
    retry: { initialDelaySeconds: 2, maximumDelaySeconds: 60 },
    clock,
    random,
    network: watched,
    onError: error => errors.push(error),
  })
  let value = 0
  const values = new Map<string, number>()
  client.objects.create(temperature, 0, { sensorValue: 0, minMeasuredValue: 0, maxMeasuredValue: 0 })
  client.objects.create(temperature, 1, { sensorValue: 0, minMeasuredValue: 0 })
  client.events$.subscribe(event => watch.announced(event))
  client.observations$.subscribe(event => watch.observed(event))
  client.start()
  await clock.advance(1_000)

  const counts = { writes: 0, writtenAttributes: 0, absences: 0, outages: 0, losses: 0 }
  let away: { readonly untilMs: number; readonly comeBack: () => void } | undefined
  let bad: { readonly untilMs: number; readonly heal: () => void } | undefined
  /** When the network last lost or held something. */
  let badUntilMs = 0

  const write = () => {
    const paths = fate.some(resources, fate.happens(0.3) ? 4 : 1)
    const written = paths.map(path => ({ path, value: ++value, atMs: undefined }))
    counts.writes++
    watch.wrote(written)
    client.objects.batch(() => {
      for (const one of written) {
        client.objects.set(one.path, one.value)
        values.set(one.path, one.value)
      }
    })
  }

  const leave = () => {
    if (away !== undefined) return
    counts.absences++
    const untilMs = clock.now() + fate.between(1_000, 1_200_000)
    const way = fate.of(['suspend', 'offline', 'disable'] as const)
    if (way === 'suspend') {
      client.suspend()
      away = { untilMs, comeBack: () => client.resume() }
    } else if (way === 'offline') {
      client.enterOffline()
      away = { untilMs, comeBack: () => client.exitOffline() }
    } else {
      client.disable(1)
      away = { untilMs, comeBack: () => client.enable(1) }
      // It is still told until the De-register leaves.
      return
    }
    watch.hold(way)
  }

  const spoil = () => {
    if (bad !== undefined || !settings.isLossy) return
    const before = network.conditions
    const untilMs = clock.now() + fate.between(5_000, 600_000)
    if (fate.happens(0.4)) {
      counts.outages++
      wire.reachable = false
    } else {
      counts.losses++
      network.conditions = {
        loss: fate.of([0.1, 0.3, 0.6]),
        duplication: fate.of([0, 0.3]),
        delayMs: fate.of([
          [0, 100],
          [10, 2_000],
        ]),
      }
    }
    bad = {
      untilMs,
      heal: () => {
        network.conditions = before
        wire.reachable = true
      },
    }
  }

  const recover = (nowMs: number) => {
    if (away !== undefined && away.untilMs <= nowMs) {
      const { comeBack } = away
      away = undefined
      comeBack()
    }
    if (bad !== undefined) badUntilMs = nowMs + 5_000
    if (bad !== undefined && bad.untilMs <= nowMs) {
      bad.heal()
      bad = undefined
    }
  }

  const act = () => {
    const serverActs = watch.isActive || fate.happens(0.1)
    const what = fate.of([
      'write',
      'write',
      'write',
      'write',
      'write',
      'write',
      'attributes',
      'observe',
      'leave',
      'spoil',
    ])
    if (what === 'write') write()
    else if (what === 'leave') leave()
    else if (what === 'spoil') spoil()
    else if (!serverActs) return
    else if (what === 'attributes') {
      counts.writtenAttributes++
      const place = fate.of(places)
      server.writeAttributes(parsePath(place), attributesOf(fate, settings, place))
    } else {
      const wanted = fate.of([...server.wanted, undefined])
      if (server.wanted.length < 5 && fate.happens(0.6)) server.observe(wantedBy(fate, settings))
      else if (wanted === undefined || fate.happens(0.4)) return
      else if (fate.happens(0.5)) server.cancel(wanted, fate.happens(0.5))
      else server.observe(wanted)
    }
    if (serverActs) server.catchUp()
  }

  return {
    settings,
    watch,
    counts,
    errors,
    clock,
    /** Things happen for so long. */
    async live(durationMs: number) {
      const endMs = clock.now() + durationMs
      server.observe(wantedBy(fate, settings))
      server.observe(wantedBy(fate, settings))
      while (clock.now() < endMs && watch.violation === undefined) {
        await clock.advance(fate.between(100, 120_000))
        recover(clock.now())
        act()
      }
    },
    /** Nothing stands in the way any more; looks at what has arrived in the end. */
    async settle() {
      recover(Number.POSITIVE_INFINITY)
      await clock.advance(200_000)
      server.catchUp()
      await clock.advance(1_300_000)
      watch.finish()
      for (const observed of watch.current) {
        const newest = server.newest(observed.key)
        if (newest === undefined) continue
        const pmax = watch.pmax(observed)
        for (const [path, told] of newest) {
          const isSure = pmax !== undefined || (!watch.isConditioned(path) && observed.hasArrived(badUntilMs))
          if (isSure && told !== (values.get(path) ?? 0)) {
            watch.fail(`${observed.key}: the server was told ${path}=${told} last, and it is ${values.get(path)}`)
          }
        }
      }
    },
    async stop() {
      await clock.until(client.stop())
      await server.close()
      network.clear()
    },
  }
}

export type ReportingSite = Awaited<ReturnType<typeof reportingSite>>
