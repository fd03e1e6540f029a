import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Report } from '../../../lib/migrate-check/check.ts'
import { type ScratchServer, throwawayServer } from '../../../lib/migrate-check/scratch-server.ts'
import { failureOf } from '../../lib/fixtures.ts'
import { buildBaseImages } from '../build-images.ts'
import { checkDirectory, images, inProject } from './corpus.ts'

const odd = suite('migrate-check: projects as others write them')
let server: ScratchServer
odd.before(async () => {
  await buildBaseImages(() => {})
  server = await throwawayServer(images.postgres, `odd${process.pid}`, { otherwise: '' })
})
odd.after(() => server.close())

const indented = (lines: readonly string[]): string => lines.map(line => `    ${line}\n`).join('')
const revision = (id: string, parent: string, up: readonly string[], down: readonly string[]): string =>
  `"""change something\n\nRevision ID: ${id}\nRevises: ${parent}\n"""\n\nfrom alembic import op\n\n` +
  `revision = "${id}"\ndown_revision = "${parent}"\n\n\n` +
  `def upgrade() -> None:\n${indented(up)}\n\ndef downgrade() -> None:\n${indented(down)}`
const sql = (statement: string): string => `op.execute('''${statement}''')`

/** The base project with one more revision, or two. */
const checkWith = (
  steps: readonly (readonly [up: readonly string[], down: readonly string[]])[],
  { env, variables }: { env?: (text: string) => string; variables?: Record<string, string> } = {},
): Promise<Report> =>
  inProject('_base', async directory => {
    const write = (name: string, text: string): void => {
      mkdirSync(dirname(join(directory, name)), { recursive: true })
      writeFileSync(join(directory, name), text)
    }
    const ids = ['bbbb2222', 'cccc3333', 'dddd4444']
    for (const [index, [up, down]] of steps.entries()) {
      const id = `${ids[index + 1]}`
      const name = `alembic/versions/2026010${7 + index}_0900_${id}_change_something.py`
      write(name, revision(id, `${ids[index]}`, up, down))
    }
    const file = join(directory, 'alembic', 'env.py')
    if (env) write('alembic/env.py', env(readFileSync(file, 'utf8')))
    return checkDirectory(server, directory, images.python, variables)
  })

/** What is told of the schema and its safety; the models know nothing of what these cases make. */
const told = ({ findings }: Report): string[] =>
  findings
    .filter(({ id, level }) => level !== 'note' && !id.startsWith('drift.'))
    .map(({ id, what }) => `${id}: ${what}`)

const dotted = '"my.shop"."o.rders"'
odd('a schema, a table and a column with a dot in their names: rows are made there, too', async () => {
  const report = await checkWith([
    [
      [
        sql('CREATE SCHEMA "my.shop"'),
        sql(`CREATE TABLE ${dotted} (id serial primary key, "a.b" text not null)`),
      ],
      [sql(`DROP TABLE ${dotted}`), sql('DROP SCHEMA "my.shop"')],
    ],
    [
      [sql(`ALTER TABLE ${dotted} ALTER "a.b" TYPE int USING "a.b"::int`)],
      [sql(`ALTER TABLE ${dotted} ALTER "a.b" TYPE text`)],
    ],
  ])
  assert.ok(told(report).some(text => /^data\.fails: dddd4444 fails as soon as there are rows/.test(text)))
})

const view = (columns: string) => sql(`CREATE VIEW overview AS SELECT ${columns} FROM shipments`)
odd('a view that is made anew with fewer columns, and a sequence that is dropped', async () => {
  const drop = sql('DROP VIEW overview')
  const [sequence, without] = [sql('CREATE SEQUENCE invoices'), sql('DROP SEQUENCE invoices')]
  const report = await checkWith([
    [
      [view('id, weight'), sequence],
      [drop, without],
    ],
    [
      [drop, view('id'), without],
      [drop, view('id, weight'), sequence],
    ],
  ])
  assert.equal(told(report), [
    'safe.drop-column: drops the column public.overview.weight',
    'safe.drop-sequence: drops the sequence public.invoices',
  ])
})

odd('a column goes with its own sequence, which is one finding', async () => {
  const added = sql('ALTER TABLE customers ADD number serial')
  const dropped = sql('ALTER TABLE customers DROP number')
  const report = await checkWith([
    [[added], [dropped]],
    [[dropped], [added]],
  ])
  assert.equal(
    told(report).filter(text => /sequence/.test(text)),
    [],
  )
})

const nothing = [[['pass'], ['pass']]] as const
odd('env.py asks what command it serves, and has a driver of its own in DATABASE_URL', async () => {
  const asks = [
    'assert context.config.cmd_opts.cmd[0].__name__ == "upgrade"',
    'assert context.get_x_argument(as_dictionary=True) == {}',
    'assert os.environ["DATABASE_URL"].startswith("postgresql+psycopg2://")',
  ].join('\n')
  const report = await checkWith(nothing, {
    env: text => text.replace('engine =', `${asks}\nengine =`),
    variables: { DATABASE_URL: 'postgresql+psycopg2://' },
  })
  assert.equal(told(report), [])
})

odd('a migration that reads its standard input finds none, as in a deploy', async () => {
  const report = await checkWith([[['import sys', 'assert sys.stdin.read() == ""'], ['pass']]])
  assert.equal(told(report), [])
  assert.is(report.steps.length, 3)
})

odd('one that waits for itself fails, and what to do is said', async () => {
  const add = sql('ALTER TABLE shipments ADD note text')
  const reads = [
    'with op.get_bind().engine.connect() as other:',
    '    other.exec_driver_sql("SELECT FROM shipments")',
  ]
  const report = await checkWith([[[add, ...reads], [sql('ALTER TABLE shipments DROP note')]]], {
    env: text => text.replace('configure(', 'configure(transaction_per_migration=True, '),
  })
  const found = report.findings.find(({ id }) => id === 'fresh.fails')
  assert.match(`${found?.what}`, 'canceling statement due to lock timeout')
  assert.match(`${found?.fix}`, 'it waits for itself')
})

odd('one that ends the process is no clean one', async () => {
  const { what } = await failureOf(() => checkWith([[['import os', 'os._exit(0)'], ['pass']]]))
  assert.match(what, 'env.py or a migration ends the whole process')
})

odd.run()
