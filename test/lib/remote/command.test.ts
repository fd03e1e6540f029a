import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import ssh2 from 'ssh2'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Disconnected, hear, open, runScript } from '../../../lib/remote/command.ts'
import type { Connection } from '../../../lib/remote/connect.ts'
import { newHostKey } from '../../host-key.ts'

const commands = suite('a command over SSH')
const hostKey = newHostKey()

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

let client = new ssh2.Client()
commands.before(async () => {
  for (const server of [sshd, network])
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
})
commands.before.each(async () => {
  client = new ssh2.Client()
  client.on('error', () => {})
  client.connect({ host: '127.0.0.1', port: portOf(network), username: 'deploy', password: 'any' })
  await once(client, 'ready')
})
commands.after.each(() => void client.destroy())
commands.after(() => {
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

const heard = async (wanted: string) => {
  const channel = await open({ client } as unknown as Connection, 'true')
  return { channel, ...(await hear(channel, stdout => stdout.includes(wanted), 10_000)) }
}

commands(
  'that is heard until it has said what is wanted goes on, and nothing it says later is lost',
  async () => {
    answer = channel => {
      channel.write('a word')
      channel.on('data', (asked: Buffer) => {
        channel.write(`more of ${asked}`)
        channel.exit(0)
        channel.end()
      })
    }
    const { channel, stdout } = await heard('word')
    assert.is(stdout, 'a word')
    channel.write('that')
    await new Promise(resolve => setTimeout(resolve, 100)) // the answer is here before anybody listens
    let rest = ''
    channel.on('data', (text: string) => {
      rest += text
    })
    channel.resume()
    await Promise.race([once(channel, 'close'), sleep(10_000)]) // it never closes when its words were lost
    assert.is(rest, 'more of that')
  },
)

commands('that ends before it has said what is wanted is heard to its end', async () => {
  answer = channel => {
    channel.stderr.write('not here')
    channel.exit(1)
    channel.end()
  }
  const { stdout, stderr } = await heard('word')
  assert.equal([stdout, stderr], ['', 'not here'])
})

commands('whose connection is lost before it has said what is wanted may or may not go on', async () => {
  answer = (_, lose) => lose()
  assert.instance(await heard('word').catch((reason: unknown) => reason), Disconnected)
})

commands.run()
