import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import ssh2 from 'ssh2'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Disconnected, runScript } from '../../../lib/remote/command.ts'
import type { Connection } from '../../../lib/remote/connect.ts'

const commands = suite('a command over SSH')
const hostKey = ssh2.utils.generateKeyPairSync('ed25519').private

/** What the VPS does with the command. */
let answer: (channel: ssh2.ServerChannel, lose: () => void) => void = () => {}
const sshd = new ssh2.Server({ hostKeys: [hostKey] }, visitor => {
  ;(visitor as unknown as Socket).setNoDelay(true) // its types leave it out; without it, answers come one by one
  visitor.on('authentication', attempt => attempt.accept()).on('error', () => {})
  visitor.on('session', accept => {
    accept().on('exec', accepted => answer(accepted(), () => visitor.end()))
  })
})

/** A network that brings what the VPS sends within 30 ms in one piece, as a busy client finds it. */
const network: Server = createServer(near => {
  const far = connect(portOf(sshd), '127.0.0.1')
  const held: Buffer[] = []
  let timer: NodeJS.Timeout | undefined
  const deliver = (): void => void near.write(Buffer.concat(held.splice(0)))
  near.on('data', chunk => far.write(chunk)).on('close', () => far.destroy())
  far.on('data', chunk => {
    held.push(chunk)
    clearTimeout(timer)
    timer = setTimeout(deliver, 30)
  })
  far.on('close', () => setTimeout(() => near.destroy(), 60))
  for (const socket of [near, far]) socket.on('error', () => {}) // 'close' follows
})
const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port

const client = new ssh2.Client()
commands.before(async () => {
  for (const server of [sshd, network])
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  client.on('error', () => {})
  client.connect({ host: '127.0.0.1', port: portOf(network), username: 'deploy', password: 'any' })
  await once(client, 'ready')
})
commands.after(() => {
  client.destroy()
  sshd.close()
  network.close()
})

const ran = () => runScript({ client } as unknown as Connection, 'true', { timeout: 10_000 })

commands('that has ended before anybody looks is known with its output and its exit code', async () => {
  answer = channel => {
    channel.stderr.write('oh')
    channel.write('all')
    channel.exit(3)
    channel.end()
  }
  assert.equal(await ran(), { ok: false, code: 3, stdout: 'all', stderr: 'oh' })
})

commands('that a signal ended has no exit code', async () => {
  answer = channel => {
    channel.exit('KILL')
    channel.end()
  }
  assert.is((await ran()).code, null)
})

commands('whose connection is lost may or may not have happened', async () => {
  answer = (_, lose) => lose()
  const error = await ran().catch((reason: unknown) => reason)
  assert.instance(error, Disconnected)
})

commands.run()
