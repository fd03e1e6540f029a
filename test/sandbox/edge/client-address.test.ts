import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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
const [silent, frontend, network] = [`${container}-silent`, `${container}-frontend`, container]
const users = 'http://127.0.0.1:8200/api/x'
const shipped = join(import.meta.dirname, '..', '..', '..', 'environments', 'proxy')
let app: EchoApp
let directory = ''

const arrived = async (headers: Record<string, string>): Promise<Arrived> =>
  (await (await fetch(users, { headers })).json()) as Arrived

const takesAll = `
import socket
port = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
port.bind(("", 53))
while True: port.recvfrom(4096)`

async function remove(): Promise<void> {
  for (const name of [container, silent, frontend]) await dockerMaybe('rm', '--force', name)
  await dockerMaybe('network', 'rm', network)
}

async function untilServed(address: string): Promise<void> {
  for (let tries = 0; tries < 600 && (await answerOf(address))?.status !== 200; tries += 1) await sleep(100)
}

proxy.before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tracehub-proxy-'))
  cpSync(shipped, join(directory, 'proxy'), { recursive: true })
  writeFileSync(join(directory, 'proxy', 'live.map'), 'live blue\n')
  mkdirSync(join(directory, 'run'))
  await remove()
  await docker('network', 'create', network)
  const gateway = await docker(
    ...['network', 'inspect', '--format', '{{(index .IPAM.Config 0).Gateway}}', network],
  )
  app = new EchoApp([8000], gateway)
  await app.up()
  const config = join(directory, 'proxy', 'haproxy.cfg')
  const text = readFileSync(config, 'utf8').replace('backend-blue:8000', `${gateway}:8000`)
  writeFileSync(config, text)
  // The machine's name server takes questions and never answers; whoever waits for it waits for minutes.
  const on = ['run', '--detach', '--network', network]
  const python = ['tracehub-sandbox/python', 'python3', '-c']
  await docker(...on, '--name', silent, ...python, takesAll)
  const address = await docker(
    'inspect',
    '--format',
    '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}',
    silent,
  )
  const files = ['python3', '-m', 'http.server', '80']
  await docker(
    ...on,
    '--name',
    frontend,
    '--network-alias',
    'frontend-blue',
    'tracehub-sandbox/python',
    ...files,
  )
  await docker(
    ...[...on, '--name', container, '--user', '0:0'],
    ...['--publish', '127.0.0.1:8200:8000', '--publish', '127.0.0.1:8201:3000'],
    ...['--dns', address, '--dns-option', 'timeout:30', '--dns-option', 'attempts:5'],
    ...['--volume', `${directory}/proxy:/usr/local/etc/haproxy:ro`],
    ...['--volume', `${directory}/run:/run/haproxy`, 'tracehub-sandbox/haproxy'],
  )
  await untilServed(users)
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

proxy("serves by Docker's own names alone, where the machine's name server is silent", async () => {
  const address = 'http://127.0.0.1:8201/'
  await untilServed(address)
  assert.is((await answerOf(address))?.status, 200)
})

proxy.after(async () => {
  app.down()
  await remove()
  rmSync(directory, { recursive: true })
})

proxy.run()
