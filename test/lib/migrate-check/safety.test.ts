import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isAlive } from '../../../lib/docker/throwaway.ts'
import type { Statement } from '../../../lib/migrate-check/facts.ts'
import { annotations } from '../../../lib/migrate-check/report/github.ts'
import { inWords } from '../../../lib/migrate-check/report/verdict.ts'
import { strongestLocks } from '../../../lib/migrate-check/safety/locks.ts'
import { writtenWhole } from '../../../lib/migrate-check/safety.ts'
import { inScope } from '../../../lib/migrate-check/scope.ts'
import { sqlFile } from '../../../lib/migrate-check/squawk.ts'

const writes = suite('migrate-check: writes to whole tables')
const statements: [sql: string, table: string | undefined][] = [
  ['UPDATE customers SET note = name', 'customers'],
  ['  update only public.customers set note = name where note is null', 'customers'],
  ['DELETE FROM "customers"', 'customers'],
  ["UPDATE users SET role = 'admin' WHERE email = 'demo@example.org'", undefined],
  ['DELETE FROM customers WHERE id IN (1, 2, 3)', undefined],
  ['UPDATE customers SET note = $1 WHERE id = $2', undefined],
  ['UPDATE t SET a = 1 WHERE id IN (SELECT id FROM t WHERE a IS NULL LIMIT 1000)', undefined],
  ['INSERT INTO customers VALUES (1)', undefined],
]
for (const [sql, table] of statements) writes(sql, () => assert.is(writtenWhole(sql), table))
writes.run()

const statement = (sql: string, locks: Statement['locks'] = []): Statement => ({
  sql,
  ms: 1,
  rows: 0,
  line: 12,
  transaction: true,
  locks,
})

const reading = suite('migrate-check: what is told')

reading('the strongest lock on each table that was there before', () => {
  const locks = strongestLocks({
    tables: ['public.a', 'public.b'],
    statements: [
      statement('x', [
        ['public.a', 'RowExclusiveLock'],
        ['public.new', 'AccessExclusiveLock'],
      ]),
      statement('y', [
        ['public.a', 'AccessExclusiveLock'],
        ['public.b', 'ShareRowExclusiveLock'],
      ]),
    ],
  })
  assert.equal(locks, [
    ['public.a', 'ACCESS EXCLUSIVE'],
    ['public.b', 'SHARE ROW EXCLUSIVE'],
  ])
})

reading('what a migration does, in words', () => {
  const step = {
    revision: 'a111',
    ms: 1,
    databaseErrors: [],
    statements: [
      '\nCREATE TABLE t (\n id int)',
      'ALTER TABLE t ADD COLUMN c text',
      'CREATE INDEX CONCURRENTLY i ON t (c)',
      'ALTER TABLE t RENAME c TO d',
      'SELECT 1',
      'UPDATE t SET d = 1',
    ].map(sql => statement(sql)),
  }
  assert.is(inWords(step), 'makes the table t; adds t.c; indexes t (i); renames t.c to d; updates t')
  assert.is(inWords(undefined), 'not tried')
})

reading('statements as a file for squawk, and where each begins', () =>
  assert.equal(sqlFile([statement('\nA\nB\n'), statement('C;'), statement('D')]), {
    text: 'A\nB;\nC;\nD;\n',
    starts: [0, 2, 3],
  }),
)

const finding = {
  id: 'data.fails',
  level: 'error',
  file: 'a,b.py',
  line: 3,
  what: '50% of it',
  why: 'x\ny',
  fix: 'z',
} as const

reading('an annotation: nothing in it can be taken for a command', () =>
  assert.equal(annotations([finding], 'app/'), [
    '::error file=app/a%2Cb.py,line=3,title=data.fails::50%25 of it%0Ax%0Ay%0A→ z',
  ]),
)

reading('of a level GitHub shows ten, and drops the others without a word: the tenth place says so', () => {
  const warning = { ...finding, level: 'warning' } as const
  const many = (count: number) => [...Array(count).fill(finding), ...Array(count).fill(warning)]
  const begins = (count: number, level: string) =>
    annotations(many(count), '').filter(line => line.startsWith(`::${level} `))
  for (const level of ['error', 'warning']) {
    assert.is(begins(10, level).length, 10)
    assert.is(begins(10, level).filter(line => line.includes('title=data.fails')).length, 10)
    assert.is(begins(25, level).length, 10)
    assert.is(
      begins(25, level).at(-1),
      `::${level} title=Migrations::16 more are in the summary of this run, and in its log`,
    )
  }
})

reading("a pull request's own findings, and what keeps Alembic from working", () => {
  const changed = new Set(['new.py'])
  const at = (id: string, file: string, also: string[] = []): boolean =>
    inScope({ ...finding, level: 'error', id, file, also }, changed)
  assert.equal(
    [
      at('data.fails', 'new.py'),
      at('data.fails', 'old.py'),
      at('graph.heads', 'old.py'),
      at('graph.missing-parent', 'old.py'),
      at('load.env', 'alembic/env.py'),
      at('graph.docstring', 'old.py'),
      at('graph.ignored-file', 'old.py'),
      at('drift.schema', 'app/old.py'),
      at('drift.schema', 'app/old.py', ['new.py']),
    ],
    [true, false, true, true, true, false, false, false, true],
  )
})

reading('the owner of a leftover: alive only with the same start, and where nobody can tell', () => {
  const processes = { namespace: '99', startOf: (pid: number) => (pid === 7 ? '1234' : undefined) }
  const owners = {
    '7-1234-99': true,
    '7-999-99': false,
    '8-1234-99': false,
    '8-0-99': true,
    '8-1234-42': true,
  }
  for (const [owner, alive] of Object.entries(owners)) assert.is(isAlive(owner, processes), alive, owner)
})
reading.run()
