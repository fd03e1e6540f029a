import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Step } from '../../../lib/migrate-check/facts.ts'
import type { Finding } from '../../../lib/migrate-check/finding.ts'
import { rehearsalTable } from '../../../lib/migrate-check/rehearsal.ts'
import { summary } from '../../../lib/migrate-check/report/github.ts'
import { terminalReport } from '../../../lib/migrate-check/report/terminal.ts'
import type { Verdict } from '../../../lib/migrate-check/report/verdict.ts'

const file = 'alembic/versions/20260107_0900_cccc3333_change_something.py'

const drops: Finding = {
  id: 'safe.drop-column',
  level: 'blocks',
  file,
  line: 16,
  revision: 'cccc3333',
  what: 'drops the column public.shipments.weight',
  why: 'The running version still uses it: its requests fail from the migration to the switch.',
  fix: 'first release a version that no longer uses it, then remove it in the next one',
  detail: 'SQL: ALTER TABLE shipments DROP COLUMN weight',
}

const allowed = [{ finding: { ...drops, line: 20 }, reason: 'no release since January | reads it' }]

const verdict = (sql: string): Verdict => ({
  revision: {
    ...{ id: 'cccc3333', parents: ['bbbb2222'], dependsOn: [], labels: [], title: 'change something' },
    file: { file, ignored: false },
  },
  isNew: false,
  step: {
    ...{ revision: 'cccc3333', ms: 52, databaseErrors: [] },
    statements: [{ sql, ms: 1, rows: 0, line: 16, transaction: true, locks: [] }],
  } satisfies Step,
  locks: [['public.shipments', 'ACCESS EXCLUSIVE']],
  reversible: 'yes',
  says: 'blocks',
})

const text = (colour: boolean, width: number): string =>
  terminalReport(
    {
      title: 'migrate-check /srv/backend: 1 revision (Alembic 1.13.2, Python 3.13.5)',
      findings: [drops],
      allowed,
      verdicts: [verdict('ALTER TABLE shipments DROP COLUMN weight')],
      ms: 5100,
      scope: 'all',
    },
    { colour, width },
  )

const report = suite('migrate-check: the report')

report('80 columns: broken between words, the rest of a line below its beginning', () => {
  assert.is(
    text(false, 80),
    `migrate-check /srv/backend: 1 revision (Alembic 1.13.2, Python 3.13.5)

✗ safe.drop-column
  alembic/versions/20260107_0900_cccc3333_change_something.py:16
  drops the column public.shipments.weight
  The running version still uses it: its requests fail from the migration to the
  switch.
    SQL: ALTER TABLE shipments DROP COLUMN weight
  → first release a version that no longer uses it, then remove it in the next
    one

– safe.drop-column
  alembic/versions/20260107_0900_cccc3333_change_something.py:20
  allowed: no release since January | reads it

  revision  verdict  way back    took   what it does, and what it locks
  cccc3333  blocks   reversible  52 ms  change something
                                        [ACCESS EXCLUSIVE on shipments]

✗ 1 revision, 1 finding, 0 warnings (5.1 s)
`,
  )
})

report('piped: no line is broken, and nothing is coloured', () => {
  const lines = text(false, Number.POSITIVE_INFINITY).split('\n')
  assert.is(lines[2], `✗ safe.drop-column  ${file}:16`)
  assert.match(lines.join('\n'), 'change something [ACCESS EXCLUSIVE on shipments]')
  assert.not.match(lines.join('\n'), '\x1b')
})

report('on a terminal the sign and the sum are coloured, and say the same without it', () => {
  const coloured = text(true, 80)
  assert.match(coloured, '\x1b[31m✗ safe.drop-column\x1b[0m')
  assert.is(coloured.replace(/\x1b\[\d+m/g, ''), text(false, 80))
})

report("GitHub's summary: what is allowed stands there with its reason", () => {
  const page = summary('Migrations', [verdict('select 1')], { findings: [drops], allowed })
  assert.match(page, /^## ❌ Migrations\n/)
  assert.match(page, `- ❌ **safe.drop-column** \`${file}:16\` drops the column`)
  assert.match(page, `- ☑️ **safe.drop-column** \`${file}:20\` drops the column public.shipments.weight.`)
  assert.match(page, 'Allowed in the migration: no release since January \\| reads it')
})

report("GitHub's summary: SQL without end leaves it below the size that GitHub takes", () => {
  const sql = `INSERT INTO t VALUES ('${'x'.repeat(2_000_000)}')`
  const page = summary('Migrations', [verdict(sql), verdict(sql)], { findings: [], allowed: [] })
  assert.ok(Buffer.byteLength(page) < 1024 * 1024)
  assert.match(page, '-- … the rest is in the migration')
})

report('a rehearsal: times, rows, locks with sizes, then what is another in the schema', () => {
  const wrote = { sql: 'UPDATE t', ms: 1, rows: 3, line: 1, transaction: true }
  const step = {
    ...{ revision: 'bbbb2222', ms: 1200, sizes: { 'public.customers': 16384 } },
    statements: [{ ...wrote, locks: [['public.customers', 'AccessExclusiveLock'] as const] }],
  }
  const table = rehearsalTable({
    ...{ revision: 'aaaa1111', restoreMs: 562, done: [step], revisions: [] },
    before: { 'public.customers': 8192 },
    schema: [
      { kind: 'column', name: 'public.customers.note', before: null, after: 'text' },
      { kind: 'column', name: 'public.customers.name', before: 'text', after: 'text NOT NULL' },
      { kind: 'column', name: 'public.old.id', before: 'integer', after: null },
      { kind: 'table', name: 'public.old', before: 'r p', after: null },
      { kind: 'table', name: 'public.notes', before: null, after: 'r p' },
      { kind: 'index', name: 'public.notes.ix', before: null, after: 'btree (id)' },
    ],
  })
  assert.is(
    table,
    `restored in 562 ms, at aaaa1111; 1 pending revision
  bbbb2222  1.2 s  3 rows  ACCESS EXCLUSIVE on public.customers (8.0 KiB)
the schema after:
  + column public.customers.note text
  ~ column public.customers.name: was text, is text NOT NULL
  - table public.old
  + table public.notes
  public.customers: 16.0 KiB, was 8.0 KiB`,
  )
})

report.run()
