import { createPrivateKey } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { JavaProgram } from './java-program.ts'

// npm run leshan -- [--models DIR] [--certs DIR]: the Leshan server of the tests on its usual ports, until Ctrl-C. It knows the
// objects of the definition files in one folder, and shows the server's certificate of another one that `lwm2m certs` has made.

const values = readArguments()
const [httpPort, coapPort, coapsPort] = [8080, 5683, 5684]
const [awakeTimeMs, connectionIdLength] = ['93000', '6']
for (const wanted of [values.models, values.certs && join(values.certs, 'server.key')]) {
  if (wanted === undefined || existsSync(wanted)) continue
  console.error(`error: there is no ${resolve(wanted)}`)
  process.exit(2)
}
const folder = mkdtempSync(join(tmpdir(), 'leshan-key-'))
process.on('exit', () => rmSync(folder, { recursive: true }))

/** Ends the process with a line for arguments that are none. */
function readArguments(): { readonly models?: string; readonly certs?: string } {
  try {
    return parseArgs({ options: { models: { type: 'string' }, certs: { type: 'string' } } }).values
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`)
    console.error('usage: npm run leshan -- [--models DIR] [--certs DIR]')
    process.exit(2)
  }
}

/** What Leshan proves itself with, and whom it believes: its key in DER, its certificate, the one of the authority. */
function credentials(directory: string): string[] {
  const key = join(folder, 'server.der')
  const pem = readFileSync(join(directory, 'server.key'))
  writeFileSync(key, createPrivateKey(pem).export({ format: 'der', type: 'pkcs8' }), { mode: 0o600 })
  return [key, resolve(directory, 'server.pem'), resolve(directory, 'ca.pem')]
}

console.log('starting Leshan; the first time its libraries are fetched through Maven')
const parameters = [awakeTimeMs, connectionIdLength, ...(values.certs === undefined ? [] : credentials(values.certs))]
const leshan = await JavaProgram.start('server', parameters, {
  httpPort,
  coapPort,
  coapsPort,
  ...(values.models !== undefined && { models: resolve(values.models) }),
})
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => void leshan.close().then(() => process.exit(0)))
const api = `http://127.0.0.1:${httpPort}/api`
console.log(`Leshan listens: ${leshan.coapUri} and ${leshan.coapsUri}

  curl ${api}/clients                                    who is registered
  curl ${api}/clients/EP/3303/0/5700                     Read
  curl -X PUT -d '{"/3/0/14":"+02:00"}' ${api}/clients/EP/3/0/14
  curl -X POST ${api}/clients/EP/3303/0/5700/observe     Observe
  curl -N ${api}/event?ep=EP                             what happens to a client
  curl -X PUT -d '{"identity":"me","key":"00112233"}' ${api}/security/EP    the key of a client
  curl -X PUT -d '{}' ${api}/key-pairs/EP                lets a client come with a certificate

EP is the endpoint name. Ctrl-C ends it.`)
