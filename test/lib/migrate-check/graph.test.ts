import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RevisionFile } from '../../../lib/migrate-check/facts.ts'
import { checkGraph } from '../../../lib/migrate-check/graph.ts'
import { inOrder, revisionsOf } from '../../../lib/migrate-check/history.ts'
import { checkNames } from '../../../lib/migrate-check/names.ts'
import { parseNaming } from '../../../lib/migrate-check/naming.ts'
import { pending } from '../../../lib/migrate-check/rehearsal.ts'
import {
  applySuppressions,
  checkIrreversible,
  parseIrreversible,
} from '../../../lib/migrate-check/suppressions.ts'

const assigned = (value: string | readonly string[] | null, line: number) => ({ value, line, lines: [line] })

/** A revision's file as the Python half reports it. */
const file = (
  id: string,
  down: string | readonly string[] | null,
  more: Partial<RevisionFile> & { name?: string } = {},
): RevisionFile => ({
  file: `alembic/versions/${more.name ?? `20260101_0900_${id}_x.py`}`,
  ignored: false,
  revision: assigned(id, 7),
  down_revision: assigned(down, 8),
  branch_labels: null,
  depends_on: null,
  ...more,
})

const graph = suite('migrate-check: the graph, from the files alone')

const cases: [what: string, files: RevisionFile[], ids: string[]][] = [
  ['a line', [file('a111', null), file('b222', 'a111')], []],
  [
    'a merge',
    [file('a111', null), file('b222', 'a111'), file('c333', 'a111'), file('d444', ['b222', 'c333'])],
    [],
  ],
  ['nothing', [], ['graph.empty']],
  ['two heads', [file('a111', null), file('b222', 'a111'), file('c333', 'a111')], ['graph.heads']],
  [
    'what another only depends on is a head',
    [file('a111', null), file('b222', 'a111'), file('c333', 'a111', { depends_on: assigned('b222', 9) })],
    ['graph.heads'],
  ],
  ['two bases', [file('a111', null), file('b222', null), file('c333', ['a111', 'b222'])], ['graph.bases']],
  [
    'a second base with a label is meant',
    [
      file('a111', null),
      file('b222', null, { branch_labels: assigned('other', 9) }),
      file('c333', ['a111', 'b222']),
    ],
    [],
  ],
  ['itself', [file('a111', 'a111')], ['graph.cycle']],
  ['a circle of three', [file('a111', 'c333'), file('b222', 'a111'), file('c333', 'b222')], ['graph.cycle']],
  [
    'the same revision twice',
    [file('a111', null), file('b222', 'a111'), file('b222', 'a111', { name: '20260102_0900_b222_y.py' })],
    ['graph.duplicate'],
  ],
  ['a parent that does not exist', [file('a111', null), file('b222', 'zzzz')], ['graph.missing-parent']],
  [
    'the beginning of a parent is no parent',
    [file('aaaa1111', null), file('b222', 'aaaa')],
    ['graph.missing-parent'],
  ],
  [
    'assigned twice',
    [file('a111', null, { revision: { value: 'a111', line: 9, lines: [7, 9] } })],
    ['graph.assigned-twice'],
  ],
  [
    'an expression',
    [file('a111', null, { down_revision: { value: { unknown: 'f()' }, line: 8, lines: [8] } })],
    ['graph.no-revision'],
  ],
  ['an ignored file', [file('a111', null), file('b222', 'a111', { ignored: true })], ['graph.ignored-file']],
  [
    'a docstring that is right',
    [file('a111', null, { docstring: { title: '', revises: { value: '', line: 4 } } })],
    [],
  ],
  [
    'a docstring that is wrong',
    [file('a111', null, { docstring: { title: '', revises: { value: 'b222', line: 4 } } })],
    ['graph.docstring'],
  ],
]
for (const [what, files, ids] of cases)
  graph(what, () =>
    assert.equal(
      checkGraph(files).map(({ id }) => id),
      ids,
    ),
  )

graph(
  'an archive beside the versions is told, and fails nothing; one that follows the history is lost work',
  () => {
    const archived = { ignored: true, name: '../versions_archive/20250101_0900_old2_x.py' }
    const files = [file('a111', null), file('old1', null, archived), file('old2', 'old1', archived)]
    const levels = (all: RevisionFile[]): string[] => checkGraph(all).map(({ id, level }) => `${level} ${id}`)
    assert.equal(levels(files), ['note graph.ignored-file', 'note graph.ignored-file'])
    assert.equal(
      levels([...files, file('b222', 'a111', { ignored: true })]).at(-1),
      'error graph.ignored-file',
    )
  },
)

graph('a file name instead of a revision: the message says which revision is meant', () => {
  const [found] = checkGraph([file('a111', null), file('b222', '20260101_0900_a111_x')])
  assert.is(
    found?.what,
    'down_revision of b222 is the name of a file, "20260101_0900_a111_x"; the revision in it is a111',
  )
  assert.is(found?.fix, 'write down_revision = "a111"')
})

graph('parents come first, also where names sort otherwise', () => {
  const files = [
    file('c333', 'b222', { name: '1.py' }),
    file('b222', 'a111', { name: '2.py' }),
    file('a111', null, { name: '3.py' }),
  ]
  assert.equal(
    inOrder(revisionsOf(files)).map(({ id }) => id),
    ['a111', 'b222', 'c333'],
  )
})

graph('what a database at a revision has not got', () => {
  const revisions = inOrder(
    revisionsOf([
      file('a111', null),
      file('b222', 'a111'),
      file('c333', 'a111'),
      file('d444', ['b222', 'c333']),
    ]),
  )
  const ids = (revision: string | null): string[] => pending(revisions, revision).map(({ id }) => id)
  assert.equal(ids(null), ['a111', 'b222', 'c333', 'd444'])
  assert.equal(ids('b222'), ['c333', 'd444'])
  assert.equal(ids('b222,c333'), ['d444'])
  assert.equal(ids('d444'), [])
})

graph.run()

const names = suite('migrate-check: file names')
const now = Date.UTC(2026, 5, 1)
const nameCases: [name: string, ids: string[]][] = [
  ['20260103_1430_a111_add_user_roles.py', []],
  ['20260103_1430_a111.py', ['name.pattern']],
  ['a111_add_user_roles.py', ['name.pattern']],
  ['20260103_1430_b222_add_user_roles.py', ['name.revision']],
  ['20260103_1430_a1112_add_user_roles.py', ['name.revision']],
  ['20260230_1430_a111_add_user_roles.py', ['name.date']],
  ['20260103_2460_a111_add_user_roles.py', ['name.date']],
  ['20270103_1430_a111_add_user_roles.py', ['name.date']],
  ['19700103_1430_a111_add_user_roles.py', ['name.date']],
]
const named = (id: string, name: string, pattern?: string): string[] =>
  checkNames(revisionsOf([file(id, null, { name })]), parseNaming(pattern), now).map(found => found.id)
names('ids that begin with a date order the files by themselves', () => {
  assert.equal(named('20260301_0001', '20260301_0001_add_weight.py'), [])
  assert.equal(named('20260301_0001', '20260301_0002_add_weight.py'), ['name.revision'])
  assert.equal(named('20260230_0001', '20260230_0001_add_weight.py'), ['name.date'])
  assert.equal(named('20260301_0001', '20260301_0930_20260301_0001_add_weight.py'), [])
})
names('another pattern, or none', () => {
  assert.equal(named('a111', 'a111_add_weight.py', '{revision}_{description}'), [])
  assert.equal(named('a111', 'b222_add_weight.py', '{revision}_{description}'), ['name.revision'])
  assert.equal(named('a111', 'V0001__a111.py', 'VNNNN__{revision}'), [])
  assert.equal(named('a111', 'whatever.py', 'VNNNN__{revision}'), ['name.pattern'])
  assert.equal(named('a111', 'whatever.py', 'off'), [])
})
names('a pattern that nothing can be compared with', () => {
  for (const pattern of [
    '',
    'YYYYMMDD',
    '{id}_{revision}',
    '{revision}_{revision}',
    '{revision}.py',
    'a/{revision}',
  ])
    assert.throws(() => parseNaming(pattern), /is no pattern of file names/, pattern)
})
for (const [name, ids] of nameCases)
  names(name, () =>
    assert.equal(
      checkNames(revisionsOf([file('a111', null, { name })]), parseNaming(), now).map(({ id }) => id),
      ids,
    ),
  )
names.run()

const allowing = suite('migrate-check: what is allowed, and why')

const finding = {
  id: 'safe.drop-column',
  level: 'blocks',
  file: file('a111', null).file,
  line: 20,
  what: 'x',
  why: 'y',
  fix: 'z',
} as const
const withComment = (id: string, reason: string): RevisionFile =>
  file('a111', null, { suppressions: [{ id, reason, line: 19 }] })

allowing('a comment with a reason', () => {
  const { findings, allowed } = applySuppressions(
    [finding],
    [withComment('safe.drop-column', 'nobody reads it')],
  )
  assert.equal([findings, allowed], [[], [{ finding, reason: 'nobody reads it' }]])
})
allowing('one without a reason allows nothing', () => {
  const { findings } = applySuppressions([finding], [withComment('safe.drop-column', '')])
  assert.equal(
    findings.map(({ id }) => id),
    ['safe.drop-column', 'suppression.no-reason'],
  )
})
allowing('one about something else is told, and allows nothing', () => {
  const { findings } = applySuppressions([finding], [withComment('safe.drop-table', 'because')])
  assert.equal(
    findings.map(({ id }) => id),
    ['safe.drop-column', 'suppression.unused'],
  )
})
allowing('a name', () => {
  const misnamed = { ...finding, id: 'name.revision', level: 'error' } as const
  const { findings } = applySuppressions([misnamed], [withComment('name.revision', 'released under it')])
  assert.equal(findings, [])
})
allowing('a broken graph cannot be allowed', () => {
  const heads = { ...finding, id: 'graph.heads', level: 'error' } as const
  const { findings } = applySuppressions([heads], [withComment('graph.heads', 'because')])
  assert.equal(
    findings.map(({ id }) => id),
    ['graph.heads', 'suppression.unused'],
  )
})
allowing('irreversible.txt: a reason for each, and only revisions that exist', () => {
  const entries = parseIrreversible('# why\n\na111  the paper is gone\nb222\nc333 x\n')
  assert.equal(
    [...entries],
    [
      ['a111', { reason: 'the paper is gone', line: 3 }],
      ['b222', { reason: '', line: 4 }],
      ['c333', { reason: 'x', line: 5 }],
    ],
  )
  const found = checkIrreversible(
    entries,
    revisionsOf([file('a111', null), file('b222', 'a111')]),
    'irreversible.txt',
  )
  assert.equal(
    Array.from(found, ({ id, line }) => `${id} ${line}`),
    ['allowed.no-reason 4', 'allowed.unknown 5'],
  )
})
allowing.run()
