import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { commandBlocks, inlineCommands } from '../../documents/readme.ts'
import { ensurePrograms } from '../apt.ts'
import { registry } from '../build-images.ts'
import { deploy, directoryOf, liveVersion, say, scriptEnvironment } from '../harness.ts'
import { removeEnvironment, sandboxRoot } from '../root.ts'
import { ensureSshd, fingerprint, hostKeyFile, keys, sshPort, sshUser } from '../ssh/sshd.ts'
import { layCheckout } from '../workflows/checkout.ts'

/**
 * A new user types what the README says, in its order, in a clean directory. What cannot be typed here is replaced or
 * left out, each by name; a command that the README gains or loses fails until this file knows of it.
 */

interface Typed {
  /** The exit codes that are right; 0 unless told. */
  readonly codes?: readonly number[]
  readonly says?: RegExp
  readonly before?: () => unknown
  /** Variables that CI has. */
  readonly given?: Readonly<Record<string, string>>
  /** It goes on for ever: Ctrl-C when it has said that. */
  readonly endless?: true
}
type Left = { readonly notRun: string }

const outAndIn = 'is what runs this test, or would run in it'
const example = (of: string): Left => ({ notRun: `${of} is an example` })

const strong = (): string => randomBytes(24).toString('hex')
const ciSecrets = {
  PRODUCTION_DB_PASSWORD: strong(),
  PRODUCTION_JWT_SECRET: strong(),
  VIZION_API_KEY: strong(),
  DEMO_PASSWORD: strong(),
}
/** `--image` is what the tests of migrate-check use. */
const oldAlchemy: Left = { notRun: "Debian 12's SQLAlchemy is too old for the stand-in" }

/** What stands in the blocks. Two blocks may begin alike: then the same holds for both. */
const typed: Readonly<Record<string, Typed | Left>> = {
  'make demo': { notRun: outAndIn },
  'make test': { notRun: outAndIn },
  'mkdir -p /home/tracehub/production': {},
  'cp environments/.env.production.example /home/tracehub/production/.env.production': {},
  'chmod 600 /home/tracehub/production/.env.production': {},
  'nano /home/tracehub/production/.env.production': {},
  'npm ci': {},
  'npx tsx scripts/deploy.ts -e production --dry-run': { says: /main/ },
  'npx tsx scripts/deploy.ts -e production': {},
  'npx tsx scripts/deploy.ts -e production --attach': { says: /nothing to do/ },
  'npx tsx scripts/backup.ts -e production --verify': { says: /proved/ },
  'npx tsx scripts/backup.ts -e production --list': { says: /backup_\d{8}_\d{6}\.sql/ },
  'npx tsx scripts/rollback.ts -e production -t database': {},
  'npx tsx scripts/rollback.ts -e production -t database -b backups/backup_20260103_120000.sql': {
    before: () => copyNewestBackup('backup_20260103_120000.sql'),
  },
  'npx tsx scripts/secrets.ts check -e production': {},
  'npx tsx scripts/secrets.ts rotate all -e production': {},
  'npx tsx scripts/secrets.ts recover -e production': {
    before: () => rmSync(join(directoryOf('production'), '.env.production')),
  },
  'npx tsx scripts/secrets.ts render -e production': {
    given: ciSecrets,
    says: /DB_PASSWORD/,
  },
  'mkdir -p /home/tracehub/shared': {},
  'npx tsx scripts/deploy.ts -e shared': {},
  'npx tsx scripts/maintenance.ts -e production --on': {},
  'docker logs -f tracehub-edge-blue': { endless: true, says: /Loading success/ },
  'npx tsx scripts/status.ts': { codes: [0, 1], says: /production/ },
  'npx tsx scripts/status.ts -e production --watch': { endless: true, says: /production/ },
  'npx tsx scripts/status.ts history -e production': { says: /rollback/ },
  'npx tsx scripts/cleanup.ts -e production --dry-run': {},
  'npx tsx scripts/migrate-check.ts --backend tracehub/backend': oldAlchemy,
  'npx tsx scripts/migrate-check.ts --changed-since origin/main': oldAlchemy,
  'npx tsx scripts/migrate-check.ts --backend tracehub/backend --from-backup backup.sql': oldAlchemy,
  'make migrate-check': {},
  'make sandbox-up': { says: /sandbox is up/ },
  'make sandbox-down': { notRun: 'the tests after this one need what it removes' },
  'npx tsx scripts/deploy.ts -e production --tag v2': {},
}

/** What stands in the text and in the tables, where no block has it; in an order in which each makes sense. */
const inText: Readonly<Record<string, Typed | Left>> = {
  './scripts/deploy.ts -e production': {},
  'npx tsx scripts/deploy.ts -e production --build': {},
  'npx tsx scripts/rollback.ts -e production -t deployment': {},
  'npx tsx scripts/rollback.ts -e production --list': { says: /^\* live/m },
  'make deploy-production TAG=main-3f1c9a0': {},
  // The version that is live needs the column which goes: so it comes back, and the way out is named.
  'npx tsx scripts/rollback.ts -e production -t migration': { codes: [4], says: /--with-migrations/ },
  'make rollback E=production': { before: () => deploy('production', 'v3') },
  'make rollback E=production TO=12': example('release 12'),
  'npx tsx scripts/rollback.ts -e production -t migration [--steps 2 | --to <revision>]':
    example('--steps 2'),
  'npx tsx scripts/backup.ts -e production': {},
  'make secrets-rotate E=production': {},
  'npx tsx scripts/backup.ts -e production --drill': { says: /recovery/ },
  'make rollback-db E=production ARGS=--emergency-backup': {},
  'npx tsx scripts/rollback.ts -e production -t database [-b FILE]': example('[-b FILE]'),
  'npx tsx scripts/repair.ts -e production': {},
  'make repair E=production': {},
  'make repair E=production ARGS=--wait': {},
  'npx tsx scripts/cleanup.ts -e production': {},
  'make cleanup E=production': {},
  'npx tsx scripts/status.ts -e production --db': { codes: [0, 1], says: /largest|tables/ },
  'make status': { codes: [0, 2], says: /production/ },
  'npx tsx scripts/enter.ts psql -e production': {}, // its input ends at once
  'make logs E=staging': { notRun: 'staging is not up in this test' },
  'make help': { says: /make deploy-production/ },
  'make reference': {},
  'npx tsx scripts/deploy.ts -e <staging|production>': example('<staging|production>'),
  'make campaign': { notRun: outAndIn },
  'make chaos': { notRun: 'it takes hours: chaos.test runs a short one' },
  'make bench': { notRun: 'it takes most of an hour, and proves nothing on a busy machine' },
  'make test-unit': { notRun: outAndIn },
  'make check': { notRun: outAndIn },
}

/** Needs a certificate authority that knows the domain: the edge's own tests renew certificates. */
const ofOthers = /^(certbot|acme\.sh) /

await ensurePrograms(say, { git: ['git'] })
const checkout = await layCheckout(() => true)
const person = join(checkout.directory, '.git', 'person')
/** A person who opens the file and types real values. */
const typeSecrets = `#!/bin/sh
for name in DB_PASSWORD JWT_SECRET VIZION_API_KEY DEMO_PASSWORD; do
  sed -i "s/^$name=.*/$name=$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \\n')/" "$1"
done
`
const reading = suite('README: what it says to type, typed')
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
    .replace('tracehub.vibotaj.com PRODUCTION_USER=deploy', `127.0.0.1:${sshPort} PRODUCTION_USER=${sshUser}`)
    .replace('~/.ssh/tracehub_production_rsa', keys.client)
    .replace('=…', `=${registry.password}`)

async function type(line: string, exported: readonly string[], how: Typed): Promise<void> {
  await how.before?.()
  const { code, said } = await inShell([...exported, line].map(here).join('\n'), how)
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
  const put = await fetch(url(to), { method: 'PUT', headers: { Authorization, 'Content-Type': type }, body })
  assert.is(put.status, 201, body)
}

function copyNewestBackup(to: string): void {
  const directory = join(directoryOf('production'), 'backups')
  const newest = readdirSync(directory).filter(file => file.endsWith('.sql'))
  copyFileSync(join(directory, `${newest.sort().at(-1)}`), join(directory, to))
}

reading('this test knows each of its commands, and no other', () => {
  const inBlocks = commandBlocks()
    .flat()
    .filter(line => !line.startsWith('export ') && !ofOthers.test(line))
  assert.equal(Object.keys(typed).sort(), [...new Set(inBlocks)].sort())
  assert.equal(
    Object.keys(inText).sort(),
    inlineCommands()
      .filter(line => !(line in typed))
      .sort(),
  )
})

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
for (const { line, exported, how } of plan)
  if (how && 'notRun' in how) reading(line, () => say(`not run: ${line}: ${how.notRun}`))
  else if (how)
    reading(exported.length === 0 ? line : `${line}  (${exported.join('; ')})`, () =>
      type(line, exported, how),
    )

reading('and users are served', async () => {
  assert.match(await liveVersion('production'), /^v\d|main/)
})

reading.run()
