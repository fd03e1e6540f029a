import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { docker, dockerMaybe } from '../docker.ts'
import { answerOf } from '../harness.ts'
import { type Arrived, EchoApp, valuesOf } from './echo-app.ts'

/** An environment's own proxy, between the edge and the application. */

const proxy = suite("an environment's proxy behind the TLS edge")
const container = 'tracehub-sandbox-client-address'
const address = 'http://127.0.0.1:8200/api/x'
const shipped = join(import.meta.dirname, '..', '..', '..', 'environments', 'proxy')
let app: EchoApp
let directory = ''

const arrived = async (headers: Record<string, string>): Promise<Arrived> =>
  (await (await fetch(address, { headers })).json()) as Arrived

proxy.before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tracehub-proxy-'))
  cpSync(shipped, join(directory, 'proxy'), { recursive: true })
  writeFileSync(join(directory, 'proxy', 'live.map'), 'live blue\n')
  mkdirSync(join(directory, 'run'))
  const gateway = await docker(
    'network',
    'inspect',
    '--format',
    '{{(index .IPAM.Config 0).Gateway}}',
    'bridge',
  )
  app = new EchoApp([8000], gateway)
  await app.up()
  await dockerMaybe('rm', '--force', container)
  await docker(
    ...['run', '--detach', '--name', container, '--user', '0:0', '--publish', '127.0.0.1:8200:8000'],
    ...['--add-host', `backend-blue:${gateway}`, '--volume', `${directory}/proxy:/usr/local/etc/haproxy:ro`],
    ...['--volume', `${directory}/run:/run/haproxy`, 'tracehub-sandbox/haproxy'],
  )
  for (let tries = 0; tries < 600 && (await answerOf(address))?.status !== 200; tries += 1) await sleep(100)
})

proxy('hands the address on that the edge has told it, as the only one', async () => {
  const told = { 'x-forwarded-for': '198.51.100.7', 'x-forwarded-proto': 'https' }
  assert.equal(valuesOf(await arrived(told), 'x-forwarded-for'), ['198.51.100.7'])
  assert.equal(valuesOf(await arrived(told), 'x-forwarded-proto'), ['https'])
})

proxy('tells whom it sees itself where nobody has told it', async () => {
  const [address, ...more] = valuesOf(await arrived({}), 'x-forwarded-for')
  assert.match(address ?? '', /^\d+\.\d+\.\d+\.\d+$/)
  assert.equal(more, [])
})

proxy.after(async () => {
  app.down()
  await dockerMaybe('rm', '--force', container)
  rmSync(directory, { recursive: true })
})

proxy.run()
