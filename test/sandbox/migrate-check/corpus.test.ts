import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { removeLeftovers } from '../../../lib/docker/throwaway.ts'
import type { Finding } from '../../../lib/migrate-check/finding.ts'
import { type ScratchServer, throwawayServer } from '../../../lib/migrate-check/scratch-server.ts'
import { buildBaseImages, buildCurrentPython } from '../build-images.ts'
import { say } from '../harness.ts'
import { checkDirectory, checkProject, images, lineOf } from './corpus.ts'

const third = 'alembic/versions/20260107_0900_cccc3333_change_something.py'

/**
 * Each broken project: its finding, the file and the text of the line that it must point at, and, where a fault shows
 * in more than one way, what else may be found.
 */
const broken: readonly (readonly [
  project: string,
  id: string,
  file: string | undefined,
  line: string,
  ...also: string[],
])[] = [
  ['env-does-not-import', 'load.env', 'alembic/env.py', 'from app.modles import Base'],
  ['models-do-not-import', 'load.models', 'app/models.py', 'from app.settings import gone'],
  ['setting-is-missing', 'load.env', 'alembic/env.py', 'raise SystemExit("JWT_SECRET is not set")'],
  ['revision-does-not-import', 'load.revision', third, 'from app.helpers import gone'],
  ['script-location-is-wrong', 'load.config', 'alembic.ini', '[alembic]'],
  ['env-runs-nothing', 'load.env', 'alembic/env.py', 'import os'],
  [
    'two-heads',
    'graph.heads',
    'alembic/versions/20260108_0900_dddd4444_add_phone.py',
    'down_revision = "bbbb2222"',
  ],
  ['two-bases', 'graph.bases', third, 'down_revision = None'],
  ['cycle', 'graph.cycle', undefined, 'down_revision = '],
  [
    'duplicate-revision',
    'graph.duplicate',
    'alembic/versions/20260107_0900_bbbb2222_add_a_note.py',
    'revision = "bbbb2222"',
  ],
  ['revision-assigned-twice', 'graph.assigned-twice', third, 'revision = "cccc3333"'],
  [
    'parent-is-a-file-name',
    'graph.missing-parent',
    third,
    'down_revision = "20260106_0900_bbbb2222_create_shipments"',
  ],
  ['parent-is-a-branch-label', 'graph.missing-parent', third, 'down_revision = "shipping"'],
  ['parent-does-not-exist', 'graph.missing-parent', third, 'down_revision = "bbbb2223"'],
  ['docstring-disagrees', 'graph.docstring', third, 'Revises: aaaa1111'],
  ['file-is-ignored', 'graph.ignored-file', `${third}.orig`, '"""change something'],
  [
    'directory-is-ignored',
    'graph.ignored-file',
    'alembic/versions/2026/20260107_0900_cccc3333_change_something.py',
    '"""change something',
  ],
  ['syntax-error', 'graph.unreadable', third, '    if True'],
  ['helper-among-revisions', 'graph.no-revision', 'alembic/versions/naming.py', 'def column(name):'],
  [
    'named-after-another',
    'name.revision',
    'alembic/versions/20260107_0900_dddd4444_change_something.py',
    'revision = "cccc3333"',
  ],
  [
    'impossible-date',
    'name.date',
    'alembic/versions/20260230_0900_cccc3333_change_something.py',
    '"""change something',
  ],
  [
    'date-in-the-future',
    'name.date',
    'alembic/versions/20990107_0900_cccc3333_change_something.py',
    '"""change something',
  ],
  [
    'name-without-a-date',
    'name.pattern',
    'alembic/versions/cccc3333_change_something.py',
    '"""change something',
  ],
  [
    'baseline-of-todays-models',
    'fresh.todays-models',
    'alembic/versions/20260105_0900_aaaa1111_create_customers.py',
    'Base.metadata.create_all(op.get_bind())',
  ],
  [
    'baseline-by-a-helper',
    'fresh.todays-models',
    'alembic/versions/20260105_0900_aaaa1111_create_customers.py',
    'make_tables(op.get_bind())',
  ],
  ['column-nobody-made', 'fresh.fails', third, 'op.create_index("ix_customers_city", "customers", ["city"])'],
  ['enum-value-used-at-once', 'step.fails', third, 'op.execute("UPDATE shipments SET status'],
  [
    'enum-default-in-wrong-case',
    'fresh.fails',
    third,
    'op.alter_column("shipments", "status", server_default="DRAFT")',
  ],
  ['table-made-twice', 'fresh.fails', third, 'op.create_table("customers"'],
  ['concurrently-in-a-transaction', 'fresh.fails', third, 'postgresql_concurrently=True'],
  ['downgrade-does-nothing', 'reversible.noop', third, 'def downgrade() -> None:'],
  ['downgrade-forgets-rows', 'reversible.noop', third, 'def downgrade() -> None:'],
  ['downgrade-refuses', 'reversible.refuses', third, 'def downgrade() -> None:'],
  ['downgrade-is-missing', 'reversible.missing', third, '"""change something', 'load.revision'],
  ['downgrade-fails', 'reversible.fails', third, 'op.drop_column("customers", "notes")'],
  ['downgrade-leaves-its-type', 'reversible.again-fails', third, 'op.create_table("parcels"'],
  ['downgrade-leaves-an-index', 'reversible.different', third, 'def downgrade() -> None:'],
  ['downgrade-drops-too-much', 'reversible.different', third, 'def downgrade() -> None:'],
  ['downgrade-narrows-a-column', 'reversible.different', third, 'def downgrade() -> None:'],
  ['irreversible-without-a-reason', 'allowed.no-reason', 'alembic/irreversible.txt', 'cccc3333'],
  ['not-null-on-rows', 'data.fails', third, 'op.alter_column("shipments", "weight", nullable=False'],
  ['rows-do-not-convert', 'data.fails', third, 'TYPE integer USING weight::integer', 'safe.type-change'],
  [
    'enum-rewritten-behind-a-circle',
    'data.fails',
    'alembic/versions/20260108_0900_dddd4444_lower_the_roles.py',
    'USING role::text::user_role',
    'safe.type-change',
    'safe.enum-value-removed',
    'safe.rewrite',
  ],
  ['required-column-on-rows', 'data.fails', third, 'op.add_column("customers"', 'safe.required-column'],
  [
    'downgrade-fails-on-rows',
    'data.downgrade-fails',
    third,
    'op.alter_column("customers", "name", nullable=False)',
  ],
  ['rows-are-lost', 'data.lost', third, 'def downgrade() -> None:'],
  ['values-are-lost', 'data.lost', third, 'def downgrade() -> None:'],
  ['column-without-a-migration', 'drift.schema', 'app/models.py', '__tablename__ = '],
  ['model-is-not-imported', 'drift.not-imported', 'app/note.py', '__tablename__ = "notes"'],
  [
    'enum-array-in-another-case',
    'data.fails',
    third,
    'USING flags::text[]::shipment_flag[]',
    ...['data.downgrade-fails', 'safe.type-change'],
  ],
  ['enum-in-another-case', 'drift.enum-case', 'app/models.py', '__tablename__ = "shipments"'],
  ['enum-value-without-a-migration', 'drift.enum-values', 'app/models.py', '__tablename__ = "shipments"'],
  ['drops-a-column', 'safe.drop-column', third, 'op.drop_column("shipments", "weight")'],
  ['drops-a-table', 'safe.drop-table', third, 'op.drop_table("shipments")'],
  ['renames-a-column', 'safe.rename-column', third, 'op.alter_column("shipments", "weight", new_column_name'],
  ['renames-a-table', 'safe.rename-table', third, 'op.rename_table("shipments", "consignments")'],
  ['required-by-trick', 'safe.required-column', third, 'op.add_column("customers", sa.Column("country"'],
  ['becomes-required', 'safe.becomes-required', third, 'weight'],
  ['changes-a-type', 'safe.type-change', third, 'op.alter_column("shipments", "id", type_=sa.BigInteger)'],
  ['rewrites-for-a-default', 'safe.rewrite', third, 'op.add_column("customers", sa.Column("token"'],
  [
    'takes-an-enum-value-away',
    'safe.enum-value-removed',
    third,
    'shipment_status',
    'data.lost',
    'safe.rewrite',
  ],
  ['empties-a-table', 'safe.truncate', third, 'op.execute("TRUNCATE shipments")', 'data.lost'],
  ['swallows-errors', 'safe.swallowed', third, 'except Exception:'],
  ['swallows-errors-elsewhere', 'safe.swallowed', third, 'optional(op.get_bind()'],
  ['update-of-everything', 'safe.unbatched-write', third, 'op.execute("UPDATE customers SET note = name")'],
  [
    'index-that-blocks-writes',
    'squawk.require-concurrent-index-creation',
    third,
    'op.create_index("ix_shipments_weight"',
  ],
  ['foreign-key-that-blocks-writes', 'squawk.adding-foreign-key-constraint', third, 'op.create_foreign_key('],
  [
    'allowed-without-a-reason',
    'suppression.no-reason',
    third,
    '# migrate-check: allow safe.drop-column',
    'safe.drop-column',
  ],
]

const corpus = suite('migrate-check: each fault is found by its own finding')
let server: ScratchServer
corpus.before(async () => {
  await buildBaseImages(() => {})
  await buildCurrentPython(say)
  await removeLeftovers()
  server = await throwawayServer(images.postgres, `test${process.pid}`, { otherwise: '' })
})
corpus.after(() => server.close())

const brief = ({ id, file, line, what }: Finding): string => `${id} ${file}:${line} ${what}`
const bad = (findings: readonly Finding[]): Finding[] =>
  findings.filter(({ level }) => level === 'error' || level === 'blocks')

/** Those that make every use of Alembic's own API once more, with today's Alembic: its types change. */
const withCurrentAlembic: ReadonlySet<string> = new Set([
  'env-does-not-import',
  'script-location-is-wrong',
  'file-is-ignored',
  'directory-is-ignored',
  'downgrade-leaves-its-type',
  'column-without-a-migration',
  'model-is-not-imported',
  'baseline-of-todays-models',
  '_base',
  'correct/batch-operations',
  'correct/merge-revision',
  'correct/several-version-locations',
  'correct/version-table-elsewhere',
])
const pythonsFor = (project: string): string[] =>
  withCurrentAlembic.has(project) ? [images.python, images.current] : [images.python]

for (const [project, id, file, line, ...also] of broken)
  for (const python of pythonsFor(project))
    corpus(`${project} (${python})`, async () => {
      const { findings } = await checkProject(server, `broken/${project}`, python)
      const told = findings.map(brief).join('\n')
      const found = findings.find(finding => finding.id === id)
      assert.ok(found, `expected ${id}, found:\n${told}`)
      if (file) assert.is(found.file, file, told)
      if (found.file) assert.match(lineOf(`broken/${project}`, found.file, found.line ?? 1), line)
      const others = bad(findings).filter(finding => finding.id !== id && !also.includes(finding.id))
      assert.equal(others.map(brief), [], 'nothing else is wrong with it')
      for (const { what, why, fix } of findings) assert.ok(what !== '' && why !== '' && fix !== '', told)
    })

corpus('every broken project of the corpus is in the table', () => {
  const projects = readdirSync(join(import.meta.dirname, 'corpus', 'broken'))
  assert.equal(broken.map(([project]) => project).sort(), projects.sort())
})

for (const project of [
  '_base',
  ...readdirSync(join(import.meta.dirname, 'corpus', 'correct')).map(name => `correct/${name}`),
])
  for (const python of pythonsFor(project))
    corpus(`${project} (${python}): no finding`, async () => {
      const { findings, versions } = await checkProject(server, project, python)
      assert.match(versions, python === images.python ? /^Alembic 1\.13\./ : /^Alembic 1\.(1[6-9]|[2-9]\d)\./)
      assert.equal(findings.filter(({ level }) => level !== 'note').map(brief), [])
    })

corpus("the stand-in application's own history is clean", async () => {
  const { findings, steps } = await checkDirectory(
    server,
    join(import.meta.dirname, '..', 'tracehub', 'backend'),
  )
  assert.equal(findings.map(brief), [])
  assert.is(steps.length, 10)
})

corpus.run()
