import { expect, test } from 'vitest'
import { type PortfolioOptions, portfolio } from '../../../client/behaviours/portfolio.ts'
import { OperationError } from '../../../objects/errors.ts'
import { behaviourSite } from '../../helpers/behaviour-site.ts'
import { endpoint } from '../../helpers/site.ts'

const [identity, getAuthData, authData, authStatus] = [0, 1, 2, 3].map(id => `/16/0/${id}`) as [
  string,
  string,
  string,
  string,
]

async function portfolioSite(options: PortfolioOptions) {
  const site = await behaviourSite()
  const behaviour = portfolio(site.client, options)
  return { ...site, behaviour }
}

test('identities are read and written, within their bounds', async () => {
  const { read, update, clock, server } = await portfolioSite({
    identities: { 0: 'host-1', 1: 'ACME' },
    maximumIdentities: 4,
    maximumIdentityBytes: 8,
  })
  const write = (values: Readonly<Record<number, string>>) => {
    const resources = Object.entries(values).map(([id, value]) => ({ path: [16, 0, 0, Number(id)], value }))
    return clock.until(server.write(endpoint, '/16/0', resources, { mode: 'update' }))
  }
  expect(await read(identity)).toEqual({ 0: 'host-1', 1: 'ACME' })
  await write({ 1: 'Acme', 3: '12345678' })
  expect(await read(identity)).toEqual({ 0: 'host-1', 1: 'Acme', 3: '12345678' })
  for (const values of [{ 4: 'x' }, { 2: '123456789' }, { 0: 'ok', 2: 'ääääa' }]) {
    await expect(write(values)).rejects.toMatchObject({ responseCode: 0x80 })
  }
  expect(await read(identity)).toEqual({ 0: 'host-1', 1: 'Acme', 3: '12345678' })
  expect(await update('/16/0', {})).toBe('done')
})

test('GetAuthData: the data is there when it is made, can be read once, and is not stored', async () => {
  const asked: unknown[] = []
  let made: (data: Uint8Array[]) => void = () => undefined
  const { client, clock, server, read, observe, seconds } = await portfolioSite({
    identities: { 0: 'host-1' },
    authenticate: ({ args, identities }) => {
      asked.push([...args], identities)
      return new Promise(resolve => {
        made = resolve
      })
    },
  })
  const told = await observe(authStatus)
  await clock.until(server.execute(endpoint, getAuthData, "0='nonce',1"))
  expect(asked).toEqual([
    [
      [0, 'nonce'],
      [1, undefined],
    ],
    { 0: 'host-1' },
  ])
  expect(await read(authStatus)).toBe(0)
  made([Buffer.from('signed'), Buffer.from('again')])
  await seconds(1)
  expect(await read(authStatus)).toBe(1)
  expect(client.objects.has(authData)).toBe(false)
  expect(await read(authData)).toEqual({
    0: new Uint8Array(Buffer.from('signed')),
    1: new Uint8Array(Buffer.from('again')),
  })
  expect(await read(authStatus)).toBe(0)
  expect(await read(authData)).toEqual({})
  await seconds(1)
  expect(told.map(line => line.split('=')[1])).toEqual(['1', '0'])
})

test('data that is observed is returned by the notification', async () => {
  const { execute, read, observe, seconds } = await portfolioSite({ authenticate: () => [Buffer.from('signed')] })
  const told = await observe(authData)
  await execute(getAuthData)
  await seconds(1)
  expect(told).toHaveLength(1)
  expect(await read(authStatus)).toBe(0)
})

test('a newer request takes the place of one under way', async () => {
  const makers: ((data: Uint8Array[]) => void)[] = []
  const { execute, read, seconds } = await portfolioSite({
    authenticate: () => new Promise(resolve => void makers.push(resolve)),
  })
  await execute(getAuthData)
  await execute(getAuthData)
  makers[1]?.([Buffer.from('new')])
  await seconds(1)
  makers[0]?.([Buffer.from('old')])
  await seconds(1)
  expect(await read(authData)).toEqual({ 0: new Uint8Array(Buffer.from('new')) })
})

test('what is refused at once is the answer, a failure later is AuthStatus 2 and told to onError alone', async () => {
  let outcome = () => Promise.reject<Uint8Array[]>(new Error('key 31337 is broken'))
  const { execute, read, seconds, failures, errors } = await portfolioSite({ authenticate: () => outcome() })
  expect(await execute(getAuthData)).toBe('done')
  await seconds(1)
  expect(await read(authStatus)).toBe(2)
  expect(failures()).toMatchObject([{ path: '/16/0', cause: { code: 'SOURCE_FAILED' } }])
  expect(errors.splice(0)).toHaveLength(1)
  outcome = () => {
    throw new OperationError('BAD_REQUEST', 'no such service')
  }
  expect(await execute(getAuthData)).toBe('4.00')
  expect(await read(authStatus)).toBe(2)
  outcome = () => Promise.resolve([])
  expect(await execute(getAuthData)).toBe('done')
  expect(await read(authStatus)).toBe(1)
})

test('without `authenticate` GetAuthData is 4.04; after `unsubscribe` too', async () => {
  const plain = await portfolioSite({})
  expect(await plain.execute(getAuthData)).toBe('4.04')
  const { behaviour, execute, read } = await portfolioSite({ identities: { 0: 'host-1' }, authenticate: () => [] })
  behaviour.unsubscribe()
  expect(await execute(getAuthData)).toBe('4.04')
  expect(await read(identity)).toEqual({ 0: 'host-1' })
})
