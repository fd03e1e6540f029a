import { execFileSync, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ParsedKey } from 'ssh2'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { accessTo } from '../../../lib/remote/connect.ts'
import { type Identity, identitiesOf, passedOver } from '../../../lib/remote/identity.ts'
import { publicKeysIn } from '../../../lib/remote/public-keys.ts'
import { failureOf, inTemporary, withVariables } from '../fixtures.ts'

const identity = suite('remote/identity: what ~/.ssh/config lets us offer')

/** The public keys that an agent is made to offer, in Base64 and in their order. */
async function listedBy(offered: Identity | undefined): Promise<string[]> {
  const agent = offered?.proof.agent
  assert.ok(typeof agent === 'object')
  return new Promise((resolve, reject) =>
    agent.getIdentities((error, found = []) =>
      error
        ? reject(error)
        : resolve((found as ParsedKey[]).map(key => key.getPublicSSH().toString('base64'))),
    ),
  )
}

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
      const publicKey = readFileSync(pinned, 'utf8').split(' ')[1]
      assert.equal(await listedBy(offered[0]), [publicKey], 'of the two that the agent has')
      const [all] = identitiesOf('production', { ...settings, onlyKeys: false })
      assert.is(all?.name, `the SSH agent at ${socket}`)
      const [first, ...others] = await listedBy(all)
      assert.equal([first, others.length], [publicKey, 1], 'that one first, then the other')
      assert.equal(identitiesOf('production', { ...settings, agent: 'none' }), [])
    })
  } finally {
    agent.kill()
    rmSync(directory, { recursive: true, force: true })
  }
})

identity('an agent that is gone offers nothing, and is named as such once it was asked', () =>
  inTemporary(async directory => {
    const socket = join(directory, 'gone.sock')
    execFileSync('python3', ['-c', `import socket; socket.socket(socket.AF_UNIX).bind('${socket}')`])
    await withVariables({ SSH_AUTH_SOCK: socket, PRODUCTION_SSH_KEY: '', HOME: directory }, async () => {
      const [agent] = identitiesOf('production', {})
      assert.is(agent?.name, 'the SSH agent')
      assert.equal(await listedBy(agent), [])
      assert.is(agent?.name, 'the SSH agent, which does not answer')
    })
  }),
)

identity(
  'a key of the agent is known by its file, also where that is encrypted and nothing is beside it',
  () =>
    inTemporary(async directory => {
      const key = join(directory, 'locked')
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'open sesame', '-f', key])
      const [, blob] = readFileSync(`${key}.pub`, 'utf8').split(' ')
      rmSync(`${key}.pub`)
      assert.equal(publicKeysIn([key, directory, join(directory, 'none')]), [blob])
      writeFileSync(key, readFileSync(key, 'utf8').slice(0, 80))
      assert.equal(publicKeysIn([key]), [])
    }),
)

identity(
  'a directory in the place of a key is passed over, as ssh does; PKCS #8 is named, with the way out',
  () =>
    inTemporary(async directory => {
      const key = join(directory, 'foreign')
      const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
      writeFileSync(key, pem)
      await withVariables({ SSH_AUTH_SOCK: '', PRODUCTION_SSH_KEY: '', HOME: directory }, async () => {
        assert.equal(identitiesOf('production', { keys: [directory] }), [])
        assert.equal(passedOver('production', { keys: [directory] }), [])
        assert.match(`${passedOver('production', { keys: [key] })}`, /foreign is a private key in PKCS #8/)
      })
      await withVariables({ PRODUCTION_SSH_KEY: key }, async () => {
        const { what, fix } = await failureOf(() => identitiesOf('production', {}))
        assert.match(what, /PRODUCTION_SSH_KEY is a private key in PKCS #8/)
        assert.match(fix ?? '', /ssh-keygen -p -f/)
      })
    }),
)

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
