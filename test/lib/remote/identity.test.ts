import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { accessTo } from '../../../lib/remote/connect.ts'
import { identitiesOf, passedOver } from '../../../lib/remote/identity.ts'
import { failureOf, inTemporary, withVariables } from '../fixtures.ts'

const identity = suite('remote/identity: what ~/.ssh/config lets us offer')

identity('an agent of its own, and of its keys the named one alone', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'agent-'))
  const socket = join(directory, 'own.sock')
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    await once(agent.stdout, 'data')
    const keys = ['one', 'two'].map(name => join(directory, name))
    for (const key of keys) {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
      execFileSync('ssh-add', ['-q', key], {
        env: { ...process.env, SSH_AUTH_SOCK: socket },
        stdio: 'ignore',
      })
    }
    const pinned = `${keys[1]}.pub`
    await withVariables({ SSH_AUTH_SOCK: '', PRODUCTION_SSH_KEY: '', HOME: directory }, async () => {
      const settings = { keys: [pinned], agent: socket, onlyKeys: true }
      const offered = identitiesOf('production', settings)
      assert.equal(
        offered.map(({ name }) => name),
        [`the SSH agent at ${socket}, keys of ~/.ssh/config alone`],
      )
      const chosen = offered[0]?.proof.agent
      assert.ok(typeof chosen === 'object')
      const listed = await new Promise<number>((resolve, reject) =>
        chosen.getIdentities((error, found) => (error ? reject(error) : resolve(found?.length ?? 0))),
      )
      assert.is(listed, 1, 'of the two that the agent has')
      const names = identitiesOf('production', { ...settings, onlyKeys: false }).map(({ name }) => name)
      assert.ok(names.includes(`the SSH agent at ${socket}`), names.join())
      assert.equal(identitiesOf('production', { ...settings, agent: 'none' }), [])
    })
  } finally {
    agent.kill()
    rmSync(directory, { recursive: true, force: true })
  }
})

identity('a key with a certificate beside it, and one that is encrypted, are named as what they are', () =>
  inTemporary(async directory => {
    const [plain, locked] = ['plain', 'locked'].map(name => join(directory, name)) as [string, string]
    for (const [key, words] of [
      [plain, ''],
      [locked, 'open sesame'],
    ] as const)
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', words, '-f', key])
    execFileSync('ssh-keygen', ['-q', '-s', plain, '-I', 'ada', '-n', 'root', `${plain}.pub`])
    await withVariables({ SSH_AUTH_SOCK: '', PRODUCTION_SSH_KEY: '', HOME: directory }, async () => {
      const settings = { keys: [plain, locked, join(directory, 'none')] }
      const [only, ...others] = identitiesOf('production', settings)
      assert.match(
        only?.name ?? '',
        /plain, SHA256:\S+, without its certificate, which the toolkit cannot use$/,
      )
      assert.equal(others, [])
      assert.equal(passedOver('production', settings), [
        `the private key of ${locked} is encrypted, and PRODUCTION_SSH_PASSPHRASE is not set`,
      ])
      const access = { user: 'root', host: 'vps.test', port: 22 }
      const { detail } = await failureOf(() => accessTo('production', access, { keys: [locked] }))
      assert.match(detail ?? '', /locked is encrypted/)
    })
  }),
)

identity.run()
