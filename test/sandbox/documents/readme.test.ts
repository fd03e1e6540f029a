import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { commandBlocks } from '../../documents/readme.ts'
import { type Before, inText, type Typed, typed } from '../../documents/typed.ts'
import { ensurePrograms } from '../apt.ts'
import { registry } from '../build-images.ts'
import { deploy, directoryOf, liveVersion, say, scriptEnvironment } from '../harness.ts'
import { removeEnvironment, sandboxRoot } from '../root.ts'
import { ensureSshd, fingerprint, hostKeyFile, keys, sshPort, sshUser } from '../ssh/sshd.ts'
import { layCheckout } from '../workflows/checkout.ts'

/**
 * A new user types what the README says, in its order, in a clean directory. What cannot be typed here is replaced or
 * left out, each by name, in `documents/typed.ts`.
 */

async function testAll(): Promise<void> {
  await ensurePrograms(say, { git: ['git'] })
  const checkout = await layCheckout(() => true, '.')
  const person = join(checkout.directory, '.git', 'person')
  /** A person who opens the file and types real values. */
  const typeSecrets = `#!/bin/sh
for name in DB_PASSWORD JWT_SECRET VIZION_API_KEY DEMO_PASSWORD; do
  sed -i "s/^$name=.*/$name=$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \\n')/" "$1"
done
`
  const reading = suite('README and docs: what they say to type, typed')
  reading.before(async () => {
    await ensureSshd(say)
    await removeEnvironment('production')
    await removeEnvironment('shared')
    await checkout.git('update-ref', 'refs/remotes/origin/main', 'HEAD')
    for (const part of ['backend', 'frontend'])
      for (const [from, to] of [
        ['v1', 'main'],
        ['v2', 'main-3f1c9a0'],
      ] as const)
        await giveTag(`tracehub/tracehub-${part}`, from, to)
    mkdirSync(person)
    writeFileSync(join(person, 'nano'), typeSecrets, { mode: 0o755 })
  })
  reading.after(async () => {
    await removeEnvironment('shared')
    rmSync(checkout.directory, { recursive: true, force: true })
  })

  /** What this machine has in another place than a VPS. */
  const here = (line: string): string =>
    line
      .replaceAll('/home/tracehub', sandboxRoot)
      .replace(
        'tracehub.vibotaj.com PRODUCTION_USER=deploy',
        `127.0.0.1:${sshPort} PRODUCTION_USER=${sshUser}`,
      )
      .replace('~/.ssh/tracehub_production_rsa', keys.client)
      .replace('=…', `=${registry.password}`)

  /** As a person at a terminal answers: what is typed here has none. */
  const answered = (line: string): string => {
    if (/rollback\.ts|cleanup\.ts|secrets\.ts rotate/.test(line)) return `${line} --yes`
    if (!/^make (rollback|cleanup|secrets-rotate)/.test(line)) return line
    const [typed = '', given = ''] = line.split(' ARGS=')
    return `${typed} ARGS='${given} --yes'`
  }

  async function type(line: string, exported: readonly string[], how: Typed): Promise<void> {
    if (how.before) await prepare[how.before]()
    const { code, said } = await inShell([...exported, answered(line)].map(here).join('\n'), how)
    if (!how.endless) assert.ok((how.codes ?? [0]).includes(code ?? -1), `exit code ${code}\n${said}`)
    if (how.says) assert.match(said, how.says)
  }

  async function inShell(
    text: string,
    { endless, says, given }: Typed,
  ): Promise<{ code: number | null; said: string }> {
    const child = spawn('bash', ['-c', text], {
      cwd: checkout.directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: {
        ...process.env,
        ...scriptEnvironment,
        ...given,
        PATH: [person, dirname(process.execPath), process.env['PATH']].join(':'),
        PRODUCTION_HOST_KEY: await fingerprint(hostKeyFile('ed25519')),
        GITHUB_ACTIONS: '',
      },
    })
    let said = ''
    let stopped = false
    const stop = (): void => {
      if (!stopped) process.kill(-Number(child.pid), 'SIGINT') // once: the rest of what it says comes when it is gone
      stopped = true
    }
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk
        if (endless && says?.test(said)) stop()
      })
    const timer = endless && setTimeout(stop, 60_000)
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    clearTimeout(timer)
    return { code, said }
  }

  /** Gives an image of the sandbox's registry one more tag, as a build of a branch does. */
  async function giveTag(repository: string, from: string, to: string): Promise<void> {
    const url = (tag: string): string => `http://${registry.host}/v2/${repository}/manifests/${tag}`
    const type = 'application/vnd.docker.distribution.manifest.v2+json'
    const Authorization = `Basic ${btoa(`${registry.user}:${registry.password}`)}`
    const manifest = await fetch(url(from), { headers: { Authorization, Accept: type } })
    const body = await manifest.text()
    const put = await fetch(url(to), {
      method: 'PUT',
      headers: { Authorization, 'Content-Type': type },
      body,
    })
    assert.is(put.status, 201, body)
  }

  const prepare: Readonly<Record<Before, () => unknown>> = {
    'there is a backup of that name': () => copyNewestBackup('backup_20260103_120000.sql'),
    'the secrets are lost': () => rmSync(join(directoryOf('production'), '.env.production')),
    'v3 is live': () => deploy('production', 'v3'),
  }

  function copyNewestBackup(to: string): void {
    const directory = join(directoryOf('production'), 'backups')
    const newest = readdirSync(directory).filter(file => file.endsWith('.sql'))
    copyFileSync(join(directory, `${newest.sort().at(-1)}`), join(directory, to))
  }

  const blocks = commandBlocks().map(block => {
    const exported = block.filter(line => line.startsWith('export '))
    return block.filter(line => line in typed).map(line => ({ line, exported, how: typed[line] }))
  })
  /** The blocks up to the first deploys; then the text, whose commands want releases to work on; then the rest. */
  const install = blocks.findIndex(block => block.some(({ line }) => line.endsWith('--attach'))) + 1
  const plan = [
    ...blocks.slice(0, install).flat(),
    ...Object.entries(inText).map(([line, how]) => ({ line, exported: [], how })),
    ...blocks.slice(install).flat(),
  ]
  const done = new Set<string>()
  for (const { line, exported, how } of plan) {
    const once = [...exported, line].join('\n')
    if (done.has(once)) continue // two pages say the same
    done.add(once)
    if (how && 'notRun' in how) reading(line, () => say(`not run: ${line}: ${how.notRun}`))
    else if (how)
      reading(exported.length === 0 ? line : `${line}  (${exported.join('; ')})`, () =>
        type(line, exported, how),
      )
  }

  reading('and users are served', async () => {
    assert.match(await liveVersion('production'), /^v\d|main/)
  })

  reading.run()
}

void testAll()
