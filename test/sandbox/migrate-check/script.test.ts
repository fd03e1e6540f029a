import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { label } from '../../../lib/docker/throwaway.ts'
import {
  givenServer,
  type ScratchServer,
  throwawayServer,
} from '../../../lib/migrate-check/scratch-server.ts'
import { buildBaseImages } from '../build-images.ts'
import { docker } from '../docker.ts'
import { images, inProject } from './corpus.ts'

const toolkit = join(import.meta.dirname, '..', '..', '..')
const program = join(toolkit, 'scripts', 'migrate-check.ts')

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the script as a person does, on a project's directory. */
function start(backend: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const words = ['--backend', backend, '--image', images.python, '--postgres-image', images.postgres, ...args]
  const child = spawn(program, words, {
    cwd: backend,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, GITHUB_ACTIONS: '', GITHUB_STEP_SUMMARY: '', ...env },
  })
  const said = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (said.stdout += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (said.stderr += chunk))
  const ended = new Promise<Ended>(resolve => child.once('close', code => resolve({ code, ...said })))
  return { child, ended }
}

const migrateCheck = (
  backend: string,
  args: readonly string[] = [],
  env?: Record<string, string>,
): Promise<Ended> => start(backend, args, env).ended

const script = suite('scripts/migrate-check: as it is used')
let server: ScratchServer
script.before(async () => {
  await buildBaseImages(() => {})
  server = await throwawayServer(images.postgres, `script${process.pid}`, { otherwise: '' })
})
script.after(() => server.close())

const databases = async (): Promise<string[]> =>
  (
    await docker(
      'exec',
      `${server.container}`,
      'psql',
      '-U',
      'postgres',
      '-Atc',
      "select datname from pg_database where datname like 'migrate_check%'",
    )
  )
    .split('\n')
    .filter(name => name !== '')
const url = (): string[] => ['--database-url', givenServer(server.url).url]
/** Those that belong to one process: other checks may be at work on this machine. */
async function containersOf(pid: number | undefined): Promise<string[]> {
  const format = `{{.Names}} {{.Label "${label}"}}`
  const lines = (await docker('ps', '--all', '--filter', `label=${label}`, '--format', format)).split('\n')
  return lines.filter(line => line.includes(` ${pid}-`))
}

script('a sound project: exit code 0, and nothing is left', () =>
  inProject('_base', async directory => {
    const { child, ended } = start(directory, [])
    const { code, stdout, stderr } = await ended
    assert.is(code, 0, stdout + stderr)
    assert.match(stdout, /✓ 2 revisions, 0 findings, 0 warnings/)
    assert.equal(await containersOf(child.pid), [])
  }),
)

script('a broken one: exit code 1, file and line, why, and what to do', () =>
  inProject('broken/drops-a-column', async directory => {
    const { code, stdout } = await migrateCheck(directory, url())
    assert.is(code, 1)
    assert.match(
      stdout,
      /✗ safe\.drop-column {2}alembic\/versions\/20260107_0900_cccc3333_change_something\.py:16\n {2}drops the column public\.shipments\.weight\n/,
    )
    assert.match(stdout, /→ first release a version that no longer uses it/)
    assert.equal(await databases(), [])
  }),
)

script('GitHub: annotations, and a summary with what each migration does, its SQL, locks and verdict', () =>
  inProject('broken/drops-a-column', async directory => {
    const summary = join(directory, 'summary.md')
    const { code, stdout } = await migrateCheck(directory, url(), {
      GITHUB_ACTIONS: 'true',
      GITHUB_STEP_SUMMARY: summary,
      GITHUB_WORKSPACE: directory,
    })
    assert.is(code, 1)
    assert.match(
      stdout,
      /^::error file=alembic\/versions\/20260107_0900_cccc3333_change_something\.py,line=16,title=safe\.drop-column::/m,
    )
    const text = readFileSync(summary, 'utf8')
    assert.match(
      text,
      '⛔ blocks | `cccc3333` change something | drops shipments.weight | yes | ACCESS EXCLUSIVE on public.shipments |',
    )
    assert.match(text, /<details><summary>SQL of cccc3333<\/summary>/)
  }),
)

script('--json: one object', () =>
  inProject('_base', async directory => {
    const { code, stdout } = await migrateCheck(directory, [...url(), '--json'])
    assert.is(code, 0)
    const report = JSON.parse(stdout) as {
      exitCode: number
      revisions: { revision: string; verdict: string }[]
    }
    assert.equal(
      [report.exitCode, report.revisions.map(each => `${each.revision} ${each.verdict}`)],
      [0, ['aaaa1111 safe', 'bbbb2222 safe']],
    )
  }),
)

script('--changed-since: old faults are history; what the running version uses must stay', () =>
  inProject('broken/drops-a-column', async directory => {
    const git = (...words: string[]): void =>
      void execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...words], {
        cwd: directory,
        stdio: 'pipe',
      })
    const revision = (name: string, text: string): void =>
      writeFileSync(join(directory, 'alembic', name), text)
    mkdirSync(join(directory, 'alembic/versions_archive'))
    revision('versions_archive/20240101_0001_old.py', addPhone('20240101_0001', '20231231_0001'))
    const second = join(directory, 'alembic/versions/20260106_0900_bbbb2222_create_shipments.py')
    writeFileSync(second, readFileSync(second, 'utf8').replace('Revises: aaaa1111', 'Revises: 9999ffff'))
    writeFileSync(join(directory, 'app/old.py'), 'class Old:\n    __tablename__ = "old"\n')
    git('init', '--quiet')
    git('add', '.')
    git('commit', '--quiet', '-m', 'all')
    const old = await migrateCheck(directory, [...url(), '--changed-since', 'HEAD'])
    assert.is(old.code, 0, old.stdout)
    revision('versions/20260301_0001_add_phone.py', addPhone('20260301_0001', 'cccc3333'))
    const models = join(directory, 'app/models.py')
    const withPhone = (text: string): string =>
      text.replace(
        '    email: Mapped',
        '    phone: Mapped[str | None] = mapped_column(String(40))\n    email: Mapped',
      )
    writeFileSync(models, withPhone(readFileSync(models, 'utf8')))
    const clean = await migrateCheck(directory, [...url(), '--changed-since', 'HEAD'])
    assert.is(clean.code, 0, clean.stdout)
    assert.match(clean.stdout, /, 0 findings, 0 warnings/)
    revision('versions/20260108_0900_dddd4444_drop_the_name.py', dropTheName)
    const used = await migrateCheck(directory, [...url(), '--changed-since', 'HEAD'])
    assert.is(used.code, 1)
    assert.match(used.stdout, /It is used in app\/models\.py:\d+/)
    assert.not.match(used.stdout, 'shipments.weight')
  }),
)

script('--changed-since: a model is also what it inherits, and the enums that it has from another file', () =>
  inProject('_base', async directory => {
    const git = (...words: string[]): void =>
      void execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...words], {
        cwd: directory,
        stdio: 'pipe',
      })
    const file = (name: string): string => join(directory, 'app', name)
    const parts = (columns: string, values: string): string =>
      `import enum\n\nfrom sqlalchemy.orm import Mapped, mapped_column\n\n\nclass Kept:\n    ${columns}\n\n\nStatus = enum.Enum("Status", "${values}", module=__name__)\n`
    const models = readFileSync(file('models.py'), 'utf8')
      .replace('\n\n\nclass Base', '\n\nfrom app.parts import Kept, Status\n\n\nclass Base')
      .replace('class Customer(Base)', 'class Customer(Kept, Base)')
      .replace('Enum("draft", "booked", ', 'Enum(Status, ')
    writeFileSync(file('models.py'), models)
    writeFileSync(file('parts.py'), parts('pass', 'draft booked'))
    git('init', '--quiet')
    git('add', '.')
    git('commit', '--quiet', '-m', 'all')
    writeFileSync(file('parts.py'), parts('kept: Mapped[int] = mapped_column()', 'draft booked lost'))
    const { code, stdout } = await migrateCheck(directory, [...url(), '--changed-since', 'HEAD'])
    assert.is(code, 1, stdout)
    assert.match(stdout, /drift\.schema .*\n .*in customers: column kept INTEGER/)
    assert.match(stdout, /drift\.enum-values .*\n .*draft, booked, lost in the models/)
  }),
)

const addPhone = (id: string, parent: string): string => `"""add phone"""

import sqlalchemy as sa
from alembic import op

revision = "${id}"
down_revision = "${parent}"


def upgrade() -> None:
    op.add_column("customers", sa.Column("phone", sa.String(40)))


def downgrade() -> None:
    op.drop_column("customers", "phone")
`

const dropTheName = `"""drop the name"""

import sqlalchemy as sa
from alembic import op

revision = "dddd4444"
down_revision = "20260301_0001"


def upgrade() -> None:
    op.drop_column("customers", "name")


def downgrade() -> None:
    op.add_column("customers", sa.Column("name", sa.String(200), server_default="", nullable=False))
    op.alter_column("customers", "name", server_default=None)
`

script('killed with SIGKILL, it leaves no container, and the next run drops its databases', () =>
  inProject('correct/op-execute-text', async directory => {
    const own = start(directory, [])
    while ((await containersOf(own.child.pid)).length < 2) await sleep(50)
    own.child.kill('SIGKILL')
    await own.ended
    for (let tries = 0; (await containersOf(own.child.pid)).length > 0; tries += 1) {
      assert.ok(tries < 600, 'its containers end by themselves')
      await sleep(100)
    }
    await docker('exec', `${server.container}`, 'createdb', '-U', 'postgres', 'migrate_check_gone1_1')
    const { code } = await migrateCheck(directory, url())
    assert.is(code, 0)
    assert.equal(await databases(), [])
  }),
)

script('two at once on one server leave each other alone', () =>
  inProject('correct/merge-revision', async directory => {
    const both = await Promise.all([migrateCheck(directory, url()), migrateCheck(directory, url())])
    assert.equal(
      both.map(({ code }) => code),
      [0, 0],
      both.map(({ stdout, stderr }) => stdout + stderr).join(),
    )
    assert.equal(await databases(), [])
  }),
)

script(
  '--from-backup: exactly what is pending, with times, rows, locks and sizes, and the schema after',
  () =>
    inProject('correct/batch-operations', async directory => {
      const older = join(directory, 'backup_20260106_120000.sql')
      writeFileSync(older, backup)
      const { code, stdout, stderr } = await migrateCheck(directory, ['--from-backup', older])
      assert.is(code, 0, stdout + stderr)
      assert.match(stdout, /^restored in .*, at aaaa1111; 2 pending revisions$/m)
      assert.match(stdout, /bbbb2222 .* SHARE ROW EXCLUSIVE on public\.customers/)
      assert.match(stdout, /cccc3333 .* ACCESS EXCLUSIVE on public\.customers/)
      assert.match(stdout, /\nthe schema after:\n {2}\+ column public\.customers\.note text\n/)
      assert.match(stdout, /\n {2}\+ table public\.shipments\n/)
    }),
)

script('--from-backup: what fails on real rows', () =>
  inProject('broken/required-column-on-rows', async directory => {
    const older = join(directory, 'backup_20260106_120000.sql')
    writeFileSync(older, backup)
    const { code, stderr } = await migrateCheck(directory, ['--from-backup', older])
    assert.is(code, 1)
    assert.match(stderr, /cccc3333 fails on the data of the backup: column "country" .* contains null values/)
  }),
)

for (const [what, line, refused] of [
  ['a command of psql', String.raw`\! touch /tmp/reached`, /at byte \d+ it has a command for psql/],
  [
    'a program',
    `COPY public.customers (name) FROM PROGRAM 'touch /tmp/reached; echo a';`,
    /only a superuser may do/,
  ],
  ['a superuser', 'CREATE ROLE me SUPERUSER LOGIN;', /only a superuser may do/],
] as const)
  script(`--from-backup: ${what} in the file is refused, for it has no rights of a superuser’s`, () =>
    inProject('correct/batch-operations', async directory => {
      const hostile = join(directory, 'backup_20260106_120000.sql')
      writeFileSync(hostile, backup.replace(end, `${line}\n${end}`))
      const { code, stdout, stderr } = await migrateCheck(directory, ['--from-backup', hostile])
      assert.is(code, 1, stdout)
      assert.match(stderr, refused)
    }),
  )

const end = '--\n-- PostgreSQL database dump complete\n--\n'
const backup = `CREATE TABLE public.alembic_version (version_num character varying(32) NOT NULL PRIMARY KEY);
ALTER TABLE public.alembic_version OWNER TO tracehub;
CREATE TABLE public.customers (id serial PRIMARY KEY, name character varying(200) NOT NULL, email character varying(200) UNIQUE);
ALTER TABLE public.customers OWNER TO tracehub;
INSERT INTO public.alembic_version VALUES ('aaaa1111');
GRANT SELECT ON public.customers TO "readers of it", anybody;
INSERT INTO public.customers (name) VALUES ('Atlas Cocoa Traders');
${end}`

for (const later of [0, 50, 100, 200, 350])
  script(`Ctrl-C ${later} ms after its first database: it cleans up and ends`, () =>
    inProject('_base', async directory => {
      const { child, ended } = start(directory, url())
      while ((await databases()).length === 0) await sleep(50)
      await sleep(later)
      child.kill('SIGINT')
      const { code, stderr } = await ended
      assert.is(code, 1)
      assert.match(stderr, 'stopped by SIGINT')
      assert.equal(await databases(), [])
    }),
  )

for (const [args, message] of [
  [['--backend', '/nowhere/at/all'], '"/nowhere/at/all" is not here'],
  [['--backend', '.', '--all', '--changed-since', 'main'], '--all and --changed-since exclude each other'],
  [['--backend', '.', '--changed-since', 'no-such-ref'], 'git knows no way from "no-such-ref" to here'],
  [['--backend', '.', '--settings', '/nowhere'], '--settings "/nowhere" is not here'],
] as const)
  script(`wrong usage: ${args.join(' ')}`, async () => {
    const child = spawn(program, [...args, '--postgres-image', images.postgres], {
      cwd: toolkit,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const code = await new Promise(resolve => child.once('close', resolve))
    assert.is(code, 2, said)
    assert.match(said, message)
  })

script.run()
