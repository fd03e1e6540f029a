import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { homedir, hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { describeProblem } from '../../../lib/base/failure.ts'
import { followSshConfig, settingsIn, usual } from '../../../lib/remote/ssh-config.ts'
import { failureOf, inTemporary, withVariables } from '../fixtures.ts'

const config = suite('remote/ssh-config: what ssh -G answers')

const named = { host: 'prod', user: undefined, port: undefined }
const read = (...lines: string[]) => settingsIn(`${lines.join('\n')}\n`, named, 'PRODUCTION_HOST')

config('where the name leads, and with which keys', () =>
  assert.equal(
    read(
      ...['user deploy', 'hostname vps.example', 'port 2222', 'identityfile ~/.ssh/a key'],
      'identityfile %d/.ssh/%h-%n-%p-%r-100%%-%z',
    ),
    {
      destination: { user: 'deploy', host: 'vps.example', port: 2222 },
      keys: [`${homedir()}/.ssh/a key`, `${homedir()}/.ssh/vps.example-prod-2222-deploy-100%-%z`],
      onlyKeys: false,
      agent: undefined,
      hostKeyAlias: undefined,
    },
  ),
)

config('whom to believe, and with what to log in', async () => {
  const { agent, onlyKeys, hostKeyAlias, knownHosts } = read(
    ...['identityagent ~/.ssh/agent.sock', 'identitiesonly yes', 'hostkeyalias vps.firm.test'],
    ...['userknownhostsfile ~/.ssh/known_hosts.firm /srv/known', 'globalknownhostsfile none'],
  )
  assert.equal(
    { agent, onlyKeys, hostKeyAlias, knownHosts },
    {
      agent: `${homedir()}/.ssh/agent.sock`,
      onlyKeys: true,
      hostKeyAlias: 'vps.firm.test',
      knownHosts: [`${homedir()}/.ssh/known_hosts.firm`, '/srv/known'],
    },
  )
  assert.is(read('identityagent none').agent, 'none')
  assert.is(read('identityagent SSH_AUTH_SOCK').agent, undefined)
  assert.is(
    await withVariables({ OWN_SOCK: '/run/own' }, () => read('identityagent $OWN_SOCK').agent),
    '/run/own',
  )
})

config('what cannot be followed is refused in words, and not passed over', async () => {
  for (const [line, how] of [
    ['certificatefile ~/.ssh/deploy-cert.pub', 'CertificateFile ~/.ssh/deploy-cert.pub'],
    ['pkcs11provider /usr/lib/opensc.so', 'PKCS11Provider /usr/lib/opensc.so'],
    ['knownhostscommand /bin/keys %H', 'KnownHostsCommand /bin/keys %H'],
    ['revokedhostkeys /etc/ssh/revoked', 'RevokedHostKeys /etc/ssh/revoked'],
  ]) {
    const { what } = await failureOf(() => read('hostname vps.example', `${line}`))
    assert.is(what, `~/.ssh/config has ${how} for prod, which the toolkit cannot use`)
  }
  const key = { PRODUCTION_SSH_KEY: '/root/the_key' } // the certificate is not what logs in, then
  assert.is((await withVariables(key, () => read('certificatefile a'))).destination.host, 'prod')
})

config('variables, and paths with blanks in them', () =>
  inTemporary(directory =>
    withVariables({ KEYS: directory, GONE: undefined }, () => {
      writeFileSync(join(directory, 'known hosts'), '')
      const { keys, agent, knownHosts } = read(
        ...[`identityfile \${KEYS}/deploy`, `identityfile \${GONE}/x`, `identityfile ~/.ssh/%i-%k`],
        ...[
          `identityagent \${KEYS}/agent.sock`,
          `userknownhostsfile /none ${directory}/known hosts /srv/known`,
        ],
      )
      assert.equal(keys, [
        `${directory}/deploy`,
        `\${GONE}/x`,
        `${homedir()}/.ssh/${process.getuid?.()}-prod`,
      ])
      assert.is(agent, `${directory}/agent.sock`)
      assert.equal(knownHosts, ['/none', `${directory}/known hosts`, '/srv/known'])
    }),
  ),
)

/** What a stand-in for ssh is asked, with this HOME, and what of our environment it sees. */
const asked = (home: string, variables: Readonly<Record<string, string>> = {}): Promise<string> =>
  inTemporary(async directory => {
    const answer = 'echo "hostname $(echo "$*" | tr " " _)$ADDED"'
    writeFileSync(join(directory, 'ssh'), `#!/bin/sh\n${answer}\n`, { mode: 0o755 })
    const own = { HOME: home, PATH: `${directory}:${process.env['PATH']}`, ...variables }
    return withVariables(own, async () => (await followSshConfig('production', named)).destination.host)
  })

config("the system's file is asked, too, and sees our variables", async () => {
  assert.is(await asked(userInfo().homedir, { ADDED: '-seen' }), '-G_prod-seen')
})

config('where HOME is another one than the system knows, its file alone', () =>
  inTemporary(async home => {
    assert.is(await asked(home), 'prod', 'there is none')
    mkdirSync(join(home, '.ssh'))
    writeFileSync(join(home, '.ssh', 'config'), '')
    assert.is(await asked(home), `-G_-F_${home}/.ssh/config_prod`)
  }),
)

config('what it leaves out is as usual', () => {
  assert.equal(read().destination, { user: userInfo().username, host: 'prod', port: 22 })
  assert.equal(usual({ host: 'vps', user: 'ada', port: 2222 }), { host: 'vps', user: 'ada', port: 2222 })
})

config('a way through another host is not gone past', async () => {
  for (const [line, how] of [
    ['proxyjump a@b:1', 'ProxyJump a@b:1'],
    ['proxycommand nc %h %p', 'ProxyCommand nc %h %p'],
  ]) {
    const { what } = await failureOf(() => read('hostname vps.example', `${line}`))
    assert.is(
      what,
      `~/.ssh/config leads to prod by ${how}, and the toolkit goes to it directly alone`,
      describeProblem({ what }),
    )
  }
  assert.is(read('proxyjump none', 'proxycommand none', 'proxyusefdpass no').destination.host, 'prod')
})

config('%C is the digest that ssh_config(5) says', () => {
  const name = createHash('sha1').update(`${hostname()}vps.example2222deploy`).digest('hex')
  const { knownHosts } = read(
    ...['user deploy', 'hostname vps.example', 'port 2222', 'userknownhostsfile /srv/%C'],
  )
  assert.equal(knownHosts, [`/srv/${name}`])
})

config.run()
