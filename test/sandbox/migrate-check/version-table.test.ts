import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { run } from '../../../lib/base/shell.ts'
import { recordingScript, revisionScript } from '../../../lib/database/version-table.ts'
import { type ScratchServer, throwawayServer } from '../../../lib/migrate-check/scratch-server.ts'
import { buildBaseImages } from '../build-images.ts'
import { images } from './corpus.ts'

const finding = suite('the revision is found wherever env.py keeps it')
let server: ScratchServer
finding.before(async () => {
  await buildBaseImages(() => {})
  server = await throwawayServer(images.postgres, `versions${process.pid}`, { otherwise: '' })
})
finding.after(() => server.close())

let number = 0
/** What the script prints in a new database with these statements in it. */
async function found(
  statements: readonly string[],
  settings?: Parameters<typeof revisionScript>[0],
): Promise<string> {
  number += 1
  const psql = (database: string, input: string): Promise<string> =>
    run(
      [
        ...[
          'docker',
          'exec',
          '--interactive',
          `${server.container}`,
          'psql',
          '-U',
          'postgres',
          '-d',
          database,
        ],
        ...['-XqAt', '-v', 'ON_ERROR_STOP=1', '-f', '-'],
      ],
      { input },
    )
  await psql('postgres', `create database d${number};`)
  await psql(`d${number}`, `create table orders (id int); ${statements.join(';')};`)
  return psql(`d${number}`, revisionScript(settings))
}

const table = (name: string, ...revisions: readonly string[]): string =>
  [
    `create table ${name} (version_num varchar(32) primary key)`,
    ...revisions.map(revision => `insert into ${name} values ('${revision}')`),
  ].join(';')
const [ops, own] = ['create schema ops', 'create schema "Own Things"']

const cases: readonly (readonly [
  string,
  readonly string[],
  string,
  Parameters<typeof revisionScript>[0]?,
])[] = [
  ['a database without any', ['create table numbers (version_num int, what text)'], ''],
  ['the usual table', [table('alembic_version', 'a1')], 'a1'],
  ['the usual table, empty', [table('alembic_version')], ''],
  ['several heads', [table('alembic_version', 'b2', 'a1')], 'a1,b2'],
  ['version_table_schema', [ops, table('ops.alembic_version', 'a1')], 'a1'],
  ['version_table', [table('revisions', 'a1')], 'a1'],
  ['both, with names that need quotes', [own, table('"Own Things"."My Revisions"', 'a1')], 'a1'],
  [
    "another application's beside the usual one",
    [ops, table('ops.alembic_version', 'z9'), table('alembic_version', 'a1')],
    'a1',
  ],
  [
    'the one that the settings name',
    [ops, table('ops.alembic_version', 'z9'), table('alembic_version', 'a1')],
    'z9',
    { versionTable: 'ops.alembic_version' },
  ],
  [
    'one that the settings name and that is not there',
    [table('alembic_version', 'a1')],
    '',
    { versionTable: 'x.y' },
  ],
]
for (const [what, statements, revision, settings] of cases)
  finding(what, async () => {
    assert.is(await found(statements, settings), revision)
  })

finding('what is recorded in a copy is what is found there', async () => {
  const copy = [ops, table('ops.alembic_version'), table('alembic_version')]
  const settings = { versionTable: 'ops.alembic_version' }
  const record = `\n${recordingScript(settings, 'a1,b2')}\n`
  assert.is(await found([...copy, record], settings), 'a1,b2')
  assert.is(await found([...copy, record]), '')
})

finding.run()
