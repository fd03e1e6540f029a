import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Fact } from '../../../lib/migrate-check/facts.ts'
import { revisionsOf } from '../../../lib/migrate-check/history.ts'
import { beforeTodaysModels } from '../../../lib/migrate-check/todays-models.ts'

const at = (value: string | null) => ({ value, line: 1, lines: [1] })
const revisions = revisionsOf(
  ['a1', 'b2', 'c3'].map((id, number, all) => ({
    ...{ file: `versions/${id}.py`, ignored: false },
    ...{ revision: at(id), down_revision: at(all[number - 1] ?? null) },
  })),
)
const step = (revision: string): Fact => ({
  ...{ type: 'revision', revision },
  ...{ ms: 1, statements: [], databaseErrors: [] },
})
const steps = revisions.map(({ id }) => step(id))
const failed = (revision: string): Fact => ({ type: 'fresh', ok: false, revision })
const makes = (revision: string, line: number): Fact => ({ type: 'todays-models', revision, line })

const models = suite('migrate-check: a history that depends on what the models are today')

models('one that does not is judged as it is', () => {
  const facts = [...steps, failed('b2')]
  assert.equal(beforeTodaysModels(facts, revisions), { facts, findings: [], written: revisions })
})

models('one finding, with its place, instead of all that comes of it', () => {
  const comes: Fact[] = [
    failed('b2'),
    { type: 'stopped', revision: 'b2', left: 1 },
    { type: 'drift', models: true },
    { type: 'no-rows', table: 'public.customers', why: 'it has no columns' },
  ]
  const { facts, findings, written } = beforeTodaysModels([...steps, ...comes, makes('a1', 14)], revisions)
  assert.equal(
    facts.filter(({ type }) => type !== 'todays-models'),
    [],
  )
  const [finding, ...more] = findings
  assert.equal(more, [])
  assert.equal(
    [finding?.id, finding?.file, finding?.line, finding?.level],
    ['fresh.todays-models', 'versions/a1.py', 14, 'error'],
  )
  assert.equal(finding?.also, ['versions/b2.py', 'versions/c3.py'], 'they could not be tried')
  assert.equal(
    written.map(({ id }) => id),
    ['b2', 'c3'],
  )
})

models('what stands before it is judged; others of its kind are named with it', () => {
  const stated = [...steps, failed('a1'), makes('c3', 9), makes('b2', 7)]
  const { facts, findings } = beforeTodaysModels(stated, revisions)
  assert.equal(facts.slice(0, 2), [step('a1'), failed('a1')])
  assert.is(findings.length, 1)
  assert.is(findings[0]?.revision, 'b2')
  assert.match(`${findings[0]?.detail}`, 'versions/c3.py:9')
})
models.run()
