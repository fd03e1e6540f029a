import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { run } from '../../../lib/base/shell.ts'
import { withVariables } from '../../lib/fixtures.ts'
import { directoryOf, type Finished, freshEnvironment, say, script } from '../harness.ts'
import { startRelay } from './relay.ts'
import { runnerVariables } from './runner.ts'
import {
  ensureSshd,
  ensureVisitor,
  fingerprint,
  hostKeyFile,
  keys,
  passphrase,
  publicHostKey,
  sshPort,
} from './sshd.ts'

/** Who is not let in, and who does not let himself in: each with the whole message. `--list` changes nothing. */
const refusing = suite('SSH: what is refused, and why')

let home = ''
let variables: Record<string, string> = {}
refusing.before(async () => {
  await ensureSshd(say)
  await freshEnvironment('production')
  home = mkdtempSync(join(tmpdir(), 'tracehub-home-'))
  mkdirSync(join(home, '.ssh'), { mode: 0o700 })
  variables = { ...(await runnerVariables()), HOME: home }
  assert.is((await list()).code, 0, 'the toolkit is there now')
})
refusing.after(() => rmSync(home, { recursive: true, force: true }))

const list = (changes: Record<string, string> = {}, ...more: string[]): Promise<Finished> =>
  script('rollback', ['-e', 'production', '--list', ...more], { ...variables, ...changes })

async function refused(changes: Record<string, string>, code: number, message: string): Promise<void> {
  const ended = await list(changes)
  assert.is(ended.stderr, message)
  assert.equal([ended.code, ended.stdout], [code, ''])
}

async function grantLogin(changes: Record<string, string>, ...more: string[]): Promise<void> {
  const { code, stdout, stderr } = await list(changes, ...more)
  assert.equal([code, stderr], [0, ''])
  assert.match(stdout, 'no release')
}

const knownHosts = (...lines: string[]): void =>
  writeFileSync(join(home, '.ssh', 'known_hosts'), lines.join('\n'))
const address = `[127.0.0.1]:${sshPort}`
const other = `SHA256:${'x'.repeat(43)}`

refusing('a host key that nobody has told us: the fingerprint, and the line to add', async () => {
  const shown = await fingerprint(hostKeyFile('ed25519'))
  await refused(
    { PRODUCTION_HOST_KEY: '' },
    1,
    `the host key of ${address} is not known: ${shown} (ssh-ed25519)
  compare it with what the VPS says at its console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub
→ if it is the same, in GitHub: gh secret set PRODUCTION_HOST_KEY --env production -b '${shown}'
  or on this machine: echo '${address} ${publicHostKey()}' >> ~/.ssh/known_hosts
`,
  )
})

refusing('the printed line makes it known, also hashed, and whatever the type of the key', async () => {
  for (const type of ['ed25519', 'ecdsa', 'rsa'] as const) {
    knownHosts(
      '# a comment',
      `elsewhere.example ${publicHostKey('rsa')}`,
      `${address} ${publicHostKey(type)}`,
      '',
    )
    if (type === 'ecdsa') await run(['ssh-keygen', '-q', '-H', '-f', join(home, '.ssh', 'known_hosts')])
    await grantLogin({ PRODUCTION_HOST_KEY: '' })
  }
  rmSync(join(home, '.ssh', 'known_hosts'))
})

refusing('a pinned fingerprint may be that of any of its keys; a known_hosts line will do, too', async () => {
  await grantLogin({ PRODUCTION_HOST_KEY: await fingerprint(hostKeyFile('rsa')) })
  await grantLogin({ PRODUCTION_HOST_KEY: `${address} ${publicHostKey('ecdsa')}` })
})

refusing('a host key that is not the pinned one: loudly', async () => {
  const shown = await fingerprint(hostKeyFile('ed25519'))
  await refused(
    { PRODUCTION_HOST_KEY: other },
    1,
    `STOP: the host key of ${address} has CHANGED; somebody may be listening in between
  expected ${other}, from PRODUCTION_HOST_KEY
  it shows ${shown} (ssh-ed25519)
→ on the VPS, at its console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub
  only if that prints ${shown}, put the new key into PRODUCTION_HOST_KEY
`,
  )
})

refusing('a host key that is not the one of known_hosts: loudly', async () => {
  const shown = await fingerprint(hostKeyFile('ed25519'))
  const stranger = readFileSync(`${keys.stranger}.pub`, 'utf8').split(' ').slice(0, 2).join(' ')
  knownHosts(`${address} ${stranger}`)
  await refused(
    { PRODUCTION_HOST_KEY: '' },
    1,
    `STOP: the host key of ${address} has CHANGED; somebody may be listening in between
  expected ${await fingerprint(keys.stranger)}, from ${join(home, '.ssh', 'known_hosts')}
  it shows ${shown} (ssh-ed25519)
→ on the VPS, at its console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub
  only if that prints ${shown}, put the new key into ${join(home, '.ssh', 'known_hosts')}
`,
  )
  rmSync(join(home, '.ssh', 'known_hosts'))
})

const notLetIn = async (user: string, key: string): Promise<string> =>
  `${address} does not let ${user} in with this key
  offered: PRODUCTION_SSH_KEY, ${await fingerprint(key)}
→ is the user right? PRODUCTION_USER says who logs in
  is the key there? ssh-copy-id -i the_key.pub -p ${sshPort} ${user}@127.0.0.1
`

refusing('the wrong user, and the wrong key', async () => {
  await refused({ PRODUCTION_USER: 'nobody-here' }, 1, await notLetIn('nobody-here', keys.client))
  const stranger = readFileSync(keys.stranger, 'utf8')
  await refused(
    { PRODUCTION_SSH_KEY: stranger },
    1,
    await notLetIn(variables['PRODUCTION_USER'] ?? '', keys.stranger),
  )
})

refusing('an encrypted key without its passphrase, with a wrong one and with the right one', async () => {
  const encrypted = readFileSync(keys.encrypted, 'utf8')
  await refused(
    { PRODUCTION_SSH_KEY: encrypted },
    2,
    `the private key of PRODUCTION_SSH_KEY is encrypted, and PRODUCTION_SSH_PASSPHRASE is not set
→ gh secret set PRODUCTION_SSH_PASSPHRASE --env production, or export it; or load the key into the SSH agent: ssh-add
`,
  )
  await refused(
    { PRODUCTION_SSH_KEY: encrypted, PRODUCTION_SSH_PASSPHRASE: 'sesame' },
    2,
    `PRODUCTION_SSH_PASSPHRASE does not open the private key of PRODUCTION_SSH_KEY
→ check the passphrase
`,
  )
  await grantLogin({ PRODUCTION_SSH_KEY: encrypted, PRODUCTION_SSH_PASSPHRASE: passphrase })
})

refusing('a key may be given by its path, be RSA, or lie in ~/.ssh under its documented name', async () => {
  await grantLogin({ PRODUCTION_SSH_KEY: keys.rsa })
  writeFileSync(join(home, '.ssh', 'tracehub_production_rsa'), readFileSync(keys.rsa), { mode: 0o600 })
  await grantLogin({ PRODUCTION_SSH_KEY: '' })
  rmSync(join(home, '.ssh', 'tracehub_production_rsa'))
  await refused(
    { PRODUCTION_SSH_KEY: '' },
    1,
    `there is no key to log in to ${variables['PRODUCTION_USER']}@${address} with
→ set PRODUCTION_SSH_KEY to a private key or its path, or load one into the SSH agent: ssh-add
`,
  )
})

refusing('a name of ~/.ssh/config is what it is for ssh; what is said explicitly counts more', async () => {
  const config = (text: string): void => writeFileSync(join(home, '.ssh', 'config'), text)
  const user = variables['PRODUCTION_USER'] ?? ''
  writeFileSync(join(home, '.ssh', 'a key'), readFileSync(keys.client), { mode: 0o600 })
  writeFileSync(
    join(home, '.ssh', 'others'),
    `Host tracehub-prod\n  HostName 127.0.0.1\n  Port ${sshPort}\n  User ${user}\n  IdentityFile "~/.ssh/a key"\n`,
  )
  config(`Include ${join(home, '.ssh', 'others')}\nHost *-prod\n  User somebody\n  Port 9\n`)
  const alias = { PRODUCTION_HOST: 'tracehub-prod', PRODUCTION_USER: '', PRODUCTION_SSH_KEY: '' }
  await grantLogin(alias)
  await refused(
    { ...alias, PRODUCTION_HOST: 'tracehub-prod:9' },
    1,
    `127.0.0.1 refuses connections on port 9
→ is sshd running there, and on this port? PRODUCTION_HOST may name another: host:port
`,
  )
  await refused(
    { ...alias, PRODUCTION_USER: 'nobody-here', PRODUCTION_SSH_KEY: keys.client },
    1,
    await notLetIn('nobody-here', keys.client),
  )
  config('Host tracehub-prod\n  HostName vps.example\n  ProxyJump ada@bastion\n')
  await refused(
    alias,
    1,
    `~/.ssh/config leads to tracehub-prod by ProxyJump ada@bastion, and the toolkit goes to it directly alone
→ open the way in another terminal: ssh -N -L 2222:127.0.0.1:22 tracehub-prod
  then with PRODUCTION_HOST=127.0.0.1:2222, and PRODUCTION_HOST_KEY='SHA256:…' as ssh-keygen -lf prints it on vps.example
`,
  )
  config('Host tracehub-prod\n  Hostname\n')
  const broken = await list(alias)
  assert.is(broken.code, 2)
  assert.match(
    broken.stderr,
    /^ssh cannot read .*\.ssh\/config: .*line 2: [\s\S]*→ fix it: ssh -G tracehub-prod/,
  )
  rmSync(join(home, '.ssh', 'config'))
  const { code, stderr } = await list({ ...alias, PRODUCTION_SSH_KEY: keys.client })
  assert.is(code, 1)
  assert.match(stderr, /tracehub-prod/)
})

refusing('the key of an SSH agent', async () => {
  const socket = join(home, 'agent')
  const pid = /SSH_AGENT_PID=(\d+)/.exec(await run(['ssh-agent', '-a', socket]))?.[1]
  try {
    await withVariables({ SSH_AUTH_SOCK: socket }, () => run(['ssh-add', '-q', keys.client]))
    await grantLogin({ PRODUCTION_SSH_KEY: '', SSH_AUTH_SOCK: socket })
  } finally {
    process.kill(Number(pid))
  }
})

refusing('an agent that is gone keeps no key of a file from being tried', async () => {
  const socket = join(home, 'gone')
  await run(['python3', '-c', `import socket; socket.socket(socket.AF_UNIX).bind('${socket}')`])
  const documented = join(home, '.ssh', 'tracehub_production_rsa')
  writeFileSync(documented, readFileSync(keys.rsa), { mode: 0o600 })
  await grantLogin({ PRODUCTION_SSH_KEY: '', SSH_AUTH_SOCK: socket })
  rmSync(documented)
  const { code, stderr } = await list({ PRODUCTION_SSH_KEY: '', SSH_AUTH_SOCK: socket })
  assert.is(code, 1)
  assert.match(stderr, /offered: the SSH agent, which does not answer$/m)
})

refusing('the key that ~/.ssh/config names is the first that an agent with many offers', async () => {
  const socket = join(home, 'many')
  const pid = /SSH_AGENT_PID=(\d+)/.exec(await run(['ssh-agent', '-a', socket]))?.[1]
  const others = [1, 2, 3, 4, 5, 6, 7].map(n => join(home, `other-${n}`))
  try {
    for (const key of others) await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key])
    await withVariables({ SSH_AUTH_SOCK: socket }, () => run(['ssh-add', '-q', ...others, keys.client]))
    const config = `Host many\n  HostName 127.0.0.1\n  IdentityFile ${keys.client}.pub\n`
    writeFileSync(join(home, '.ssh', 'config'), config)
    const host = { PRODUCTION_HOST: `many:${sshPort}`, PRODUCTION_SSH_KEY: '', SSH_AUTH_SOCK: socket }
    await grantLogin(host)
  } finally {
    rmSync(join(home, '.ssh', 'config'), { force: true })
    process.kill(Number(pid))
  }
})

refusing('a closed port, and one where nobody answers', async () => {
  const silent = createServer(socket => void socket.on('error', () => {}))
  await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
  const port = (silent.address() as { port: number }).port
  await Promise.all([
    refused(
      { PRODUCTION_HOST: '127.0.0.1:9' },
      1,
      `127.0.0.1 refuses connections on port 9
→ is sshd running there, and on this port? PRODUCTION_HOST may name another: host:port
`,
    ),
    refused(
      { PRODUCTION_HOST: `127.0.0.1:${port}` },
      1,
      `127.0.0.1 does not answer on port ${port}
→ is the VPS running (its provider's control panel), and does its firewall let port ${port} in?
`,
    ),
  ])
  silent.close()
})

if (networkInterfaces()['lo']?.some(({ address }) => address === '::1'))
  refusing('an IPv6 address with a port, and --host instead of the variable', async () => {
    const pin = { PRODUCTION_HOST_KEY: variables['PRODUCTION_HOST_KEY'] ?? '' }
    await grantLogin({ ...pin, PRODUCTION_HOST: `[::1]:${sshPort}` })
    await grantLogin(
      { ...pin, PRODUCTION_HOST: 'wrong.example' },
      `--host=${variables['PRODUCTION_USER']}@127.0.0.1:${sshPort}`,
    )
  })

if (process.getuid?.() === 0)
  refusing('a user who may neither use Docker nor write to the directory: both at once', async () => {
    const user = await ensureVisitor()
    const directory = directoryOf('production')
    await refused(
      { PRODUCTION_USER: user },
      1,
      `${user}@${address} is not ready: 2 problems
  ${user} may not use Docker on 127.0.0.1
  → there: sudo usermod -aG docker ${user}; it counts from the next login on
  ${user} may not write to ${directory} on 127.0.0.1
  → there: sudo chown -R ${user} ${directory}
`,
    )
  })

refusing(
  'an upload that breaks off leaves no half toolkit, and the next one goes on where it was',
  async () => {
    const toolkit = join(directoryOf('production'), '.toolkit')
    const blobs = (): number =>
      existsSync(join(toolkit, 'blobs')) ? readdirSync(join(toolkit, 'blobs')).length : 0
    for (const name of ['blobs', 'sets', 'current']) rmSync(join(toolkit, name), { recursive: true })
    const relay = await startRelay(20)
    const running = list({ PRODUCTION_HOST: `127.0.0.1:${relay.port}` })
    for (const since = Date.now(); blobs() < 20 && Date.now() - since < 60_000; )
      await new Promise(resolve => setTimeout(resolve, 2))
    relay.close()
    const { code, stderr, stdout } = await running
    assert.is(code, 1, stderr)
    assert.is(stdout, '')
    assert.match(stderr, /→ (start|try) again/)
    assert.not.ok(existsSync(join(toolkit, 'current')))
    const arrived = blobs()
    assert.ok(arrived >= 20)
    await grantLogin({})
    assert.ok(existsSync(join(toolkit, 'current', 'scripts', 'deploy.ts')))
    assert.equal(readdirSync(join(toolkit, 'sets')).length, 1)
  },
)

refusing.run()
