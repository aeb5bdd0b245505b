import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readCertificates, readPrivateKey, readPublicKey } from '../../transport/dtls/certificate/pem.ts'
import { verifyRawKey } from '../../transport/dtls/certificate/raw-key.ts'
import { verifyCertificates } from '../../transport/dtls/certificate/verify.ts'
import { seededRandom } from '../../transport/random.ts'
import { SimulatedClock } from '../../transport/simulated-clock.ts'
import { startCommand } from '../helpers/terminal.ts'

const directory = mkdtempSync(join(tmpdir(), 'lwm2m-certs-'))
afterAll(() => rmSync(directory, { recursive: true }))

const clock = new SimulatedClock(Date.UTC(2026, 5, 1))
const network = { connect: () => Promise.reject(new Error('no network')), listen: () => Promise.reject(new Error()) }

async function certs(command: string) {
  const started = startCommand({ clock, random: seededRandom(1), network }, `certs ${command}`)
  return { exitCode: await started.exitCode, output: started.output, errors: started.errors }
}

const read = (...path: string[]) => readFileSync(join(directory, ...path))

test('lwm2m certs writes what a server and devices need', async () => {
  const target = join(directory, 'new', 'test')
  const { exitCode, output, errors } = await certs(`${target} --endpoint urn:dev:os:1 second`)
  expect([exitCode, errors]).toEqual([0, []])
  const names = ['ca', 'server', 'urn-dev-os-1', 'second']
  const certificates = names.flatMap(name => [`${name}.pem`, `${name}.key`])
  const rawKeys = names.slice(1).flatMap(name => [`${name}-rpk.pub`, `${name}-rpk.key`])
  expect(readdirSync(target).sort()).toEqual([...certificates, ...rawKeys].sort())
  for (const name of readdirSync(target)) {
    expect(output).toContain(join(target, name))
    expect(statSync(join(target, name)).mode & 0o777).toBe((name.endsWith('.key') ? 0o600 : 0o644) & ~process.umask())
  }
  const nowMs = clock.now()
  const trustStore = [read('new/test/ca.pem')]
  for (const host of ['localhost', '127.0.0.1', '::1']) {
    const chain = readCertificates(read('new/test/server.pem'))
    expect(verifyCertificates(chain, { purpose: 'server', nowMs, trustStore, hosts: [host] }).identity).toBe(
      'localhost',
    )
  }
  for (const [name, endpoint] of [
    ['urn-dev-os-1', 'urn:dev:os:1'],
    ['second', 'second'],
  ] as const) {
    const chain = readCertificates(read('new/test', `${name}.pem`))
    expect(verifyCertificates(chain, { purpose: 'client', nowMs, trustStore }).identity).toBe(endpoint)
    const key = readPrivateKey(read('new/test', `${name}.key`))
    expect(new X509Certificate(chain[0] as Buffer).checkPrivateKey(key)).toBe(true)
    const rawKey = readPublicKey(read('new/test', `${name}-rpk.pub`))
    expect(verifyRawKey(rawKey).publicKey.asymmetricKeyType).toBe('ec')
    readPrivateKey(read('new/test', `${name}-rpk.key`))
  }
})

test('lwm2m certs prints the commands that use them', async () => {
  const { output } = await certs(`${directory}/it's`)
  const at = (name: string) => String.raw`'${directory}/it'\''s/${name}'`
  expect(output.slice(output.indexOf(''))).toEqual([
    '',
    '# certificates',
    `lwm2m server --listen 5684 --cert ${at('server.pem')} --key ${at('server.key')} --ca ${at('ca.pem')}`,
    `lwm2m client --server coaps://localhost --endpoint urn:dev:os:1 --cert ${at('urn-dev-os-1.pem')}` +
      ` --key ${at('urn-dev-os-1.key')} --server-cert ${at('ca.pem')} --usage 2`,
    '',
    '# raw public keys',
    `lwm2m server --listen 5684 --rpk-key ${at('server-rpk.key')} --rpk-peer ${at('urn-dev-os-1-rpk.pub')}`,
    'lwm2m client --server coaps://localhost --endpoint urn:dev:os:1' +
      ` --rpk-key ${at('urn-dev-os-1-rpk.key')} --rpk-peer ${at('server-rpk.pub')}`,
  ])
})

test('lwm2m certs overwrites nothing, and leaves nothing behind then', async () => {
  const target = mkdtempSync(join(directory, 'used-'))
  writeFileSync(join(target, 'server.key'), 'precious')
  expect(await certs(target)).toEqual({
    exitCode: 1,
    output: [],
    errors: [`error: ${target}/server.key: file already exists`],
  })
  expect(readdirSync(target)).toEqual(['server.key'])
  expect(readFileSync(join(target, 'server.key'), 'utf8')).toBe('precious')
})

test('a directory that is a file gives one line and exit code 1', async () => {
  const target = join(directory, 'file')
  writeFileSync(target, '')
  expect(await certs(target)).toMatchObject({ exitCode: 1, errors: [`error: ${target}: file already exists`] })
})

test('directories that were made for nothing are gone again', async () => {
  // More than file systems take.
  const target = join(directory, 'made', 'for', 'n'.repeat(256))
  const { exitCode, errors } = await certs(target)
  expect([exitCode, errors]).toEqual([1, [expect.stringMatching(/^error: .*n: name too long$/)]])
  expect(readdirSync(directory)).not.toContain('made')
})

test.runIf(process.platform === 'linux')(
  'a directory that takes no other one, and says that it is not there',
  async () => {
    expect(await certs('/proc/new/test')).toEqual({
      exitCode: 1,
      output: [],
      errors: ['error: /proc/new/test: no such file or directory'],
    })
  },
)

test('no endpoint name: refused as for a device', async () => {
  const target = join(directory, 'never')
  expect(await certs(`${target} --endpoint=`)).toEqual({
    exitCode: 1,
    output: [],
    errors: ['error: the endpoint name must have 1 to 200 bytes'],
  })
  expect(readdirSync(directory)).not.toContain('never')
})

test.each(['server', 'a:b a-b', 'a a-rpk'])('names whose files would be the same are refused: %s', async names => {
  const target = join(directory, 'never')
  const { exitCode, errors } = await certs(`${target} --endpoint ${names}`)
  expect([exitCode, errors]).toEqual([1, [expect.stringMatching(/^error: two files would have the name \S+$/)]])
  expect(readdirSync(directory)).not.toContain('never')
})
