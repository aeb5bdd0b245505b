import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { ContentFormat } from '../../../objects/index.ts'
import { findStrings, OptionNumber, uintOption } from '../../../transport/coap/options.ts'
import { type CoapMessage, Code, type PeerRequest } from '../../../transport/index.ts'
import {
  decodeRegistered,
  encodeRegister,
  encodeUpdate,
  type RegistrationLocation,
} from '../../../transport/lwm2m/uplink.ts'
import { describePeer } from '../peer-suite.ts'
import { changed, content } from './answers.ts'
import { type Leshan, leshanInstall, leshanPrograms, startLeshan } from './leshan.ts'
import { connectPeer } from './peer.ts'

const sensorValue = '/3303/0/5700'

/** What the tests of the lifecycle need of Leshan, shown with a client by hand: it has one value, and anything can be executed. */
describePeer('Leshan 2.0.0-M18 and clients that sleep or are forgotten', leshanPrograms, leshanInstall, () => {
  let leshan: Leshan
  let cleanUp: (() => void)[] = []
  let count = 0

  beforeAll(async () => {
    leshan = await startLeshan({ awakeTimeMs: 1_000 })
  })
  afterEach(() => {
    for (const step of cleanUp.toReversed()) step()
    cleanUp = []
  })
  afterAll(() => leshan?.close())

  async function site({ queueMode = true } = {}) {
    const endpoint = `urn:dev:os:queue-${++count}`
    const events = await leshan.events(endpoint)
    const asked: string[] = []
    const peer = await connectPeer(leshan.coapUri, ({ message }: PeerRequest): CoapMessage => {
      asked.push(`/${findStrings(message, OptionNumber.uriPath).join('/')}`)
      if (message.code === Code.post) return { code: Code.changed, options: [], payload: Buffer.alloc(0) }
      const format = uintOption(OptionNumber.contentFormat, ContentFormat.text)
      return { code: Code.content, options: [format], payload: Buffer.from('21.5') }
    })
    cleanUp.push(() => peer.close())
    const register = async () => {
      const objectLinks = '</1/0>,</3/0>,</3303/0>'
      const message = encodeRegister({ endpoint, version: '1.1', lifetimeSeconds: 60, queueMode, objectLinks })
      return decodeRegistered(await peer.request(message).response) as RegistrationLocation
    }
    const update = async (location: RegistrationLocation) =>
      (await peer.request(encodeUpdate(location, {})).response).code
    return { endpoint, events, asked, register, update }
  }

  it('a Read of a sleeping client is answered after its Update', async () => {
    const { endpoint, events, asked, register, update } = await site()
    const location = await register()
    await events.next('AWAKE')
    expect(await leshan.client(endpoint)).toMatchObject({ queuemode: true, sleeping: false })
    expect(await leshan.read(endpoint, sensorValue)).toEqual(content({ [sensorValue]: 21.5 }))

    await events.next('SLEEPING')
    expect(await leshan.client(endpoint)).toMatchObject({ queuemode: true, sleeping: true })
    const delayed = leshan.read(endpoint, sensorValue)
    expect((await events.next('DELAYED')).data.path).toBe(sensorValue)
    expect(asked).toEqual([sensorValue])

    expect(await update(location)).toBe(Code.changed)
    await events.next('AWAKE')
    expect(await delayed).toEqual(content({ [sensorValue]: 21.5 }))
    expect(asked).toEqual([sensorValue, sensorValue])
  })

  it('a Read of a client that is forgotten while it sleeps has no answer', async () => {
    const { endpoint, events, register } = await site()
    await register()
    await events.next('SLEEPING')
    const refused = expect(leshan.read(endpoint, sensorValue)).rejects.toMatchObject({ httpStatus: 404 })
    await events.next('DELAYED')
    await leshan.forget(endpoint)
    await refused
  })

  it('Update of a registration that Leshan has forgotten is 4.04, and the client registers anew', async () => {
    const { endpoint, events, register, update } = await site({ queueMode: false })
    const location = await register()
    expect(await leshan.client(endpoint)).toMatchObject({ queuemode: false })

    await leshan.forget(endpoint)
    await events.next('DEREGISTRATION')
    await expect(leshan.client(endpoint)).rejects.toMatchObject({ httpStatus: 404 })
    expect(await update(location)).toBe(Code.notFound)

    expect(await update(await register())).toBe(Code.changed)
    await events.next('UPDATED')
  })

  it('Execute of Disable, Registration Update Trigger and Bootstrap-Request Trigger', async () => {
    const { endpoint, asked, register } = await site({ queueMode: false })
    await register()
    const triggers = ['/1/0/4', '/1/0/8', '/1/0/9']
    for (const path of triggers) expect(await leshan.execute(endpoint, path)).toEqual(changed)
    expect(asked).toEqual(triggers)
  })
})
