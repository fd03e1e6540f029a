import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseHistory, pendingAt, unknownTo } from '../../../lib/database/revision-graph.ts'

const linear = `c3 -> d4 (head), add carriers
b2 -> c3, add index, and drop another
a1 -> b2, create shipments -> customers
<base> -> a1, create customers
`

/** a1 splits into b2 and c3, which d4 joins again. */
const merged = `d4 -> e5 (head), after the merge
b2, c3 -> d4 (mergepoint), merge
a1 -> c3, right
a1 -> b2, left
<base> -> a1 (branchpoint), create
`

const twoHeads = `a1 -> c3 (head), right
a1 -> b2 (head), left
<base> -> a1 (branchpoint), create
`

const reading = suite('revision-graph: alembic history')

reading('a line', () => {
  const { heads, parents, titles } = parseHistory(linear)
  assert.equal(heads, ['d4'])
  assert.equal(Object.fromEntries(parents), { d4: ['c3'], c3: ['b2'], b2: ['a1'], a1: [] })
  assert.equal(Object.fromEntries(titles), {
    d4: 'add carriers',
    c3: 'add index, and drop another',
    b2: 'create shipments -> customers',
    a1: 'create customers',
  })
})

reading('a merge', () => {
  const { heads, parents } = parseHistory(merged)
  assert.equal(heads, ['e5'])
  assert.equal(parents.get('d4'), ['b2', 'c3'])
})

reading('two heads', () => assert.equal(parseHistory(twoHeads).heads, ['c3', 'b2']))

const lines: [line: string, revision: string, parents: string[], title: string, head: boolean][] = [
  ['<base> -> a1 (head), only', 'a1', [], 'only', true],
  ['<base> -> a1 (shop) (head), with a branch label', 'a1', [], 'with a branch label', true],
  ['a1 (dep1) -> b2 (effective head), depends on another', 'b2', ['a1'], 'depends on another', true],
  ['a1 -> b2 (branchpoint), (head) in its title', 'b2', ['a1'], '(head) in its title', false],
  ['a1, b2, c3 -> d4 (head) (mergepoint), three', 'd4', ['a1', 'b2', 'c3'], 'three', true],
  ['a1 -> b2 (head), ', 'b2', ['a1'], '', true],
  ['a1 -> b2 (head), 追加 🚢', 'b2', ['a1'], '追加 🚢', true],
]
for (const [line, revision, parents, title, head] of lines)
  reading(line, () => {
    const graph = parseHistory(`${line}\r\n`)
    assert.equal([...graph.parents], [[revision, parents]])
    assert.equal([...graph.titles], [[revision, title]])
    assert.equal(graph.heads, head ? [revision] : [])
  })

for (const text of [
  '',
  '\n\n',
  'INFO  [alembic.runtime.migration] Context impl PostgresqlImpl.\n',
  'Traceback',
])
  reading(`${JSON.stringify(text).slice(0, 40)} has no revisions`, () =>
    assert.equal(parseHistory(text).heads, []),
  )

reading.run()

const pending = suite('revision-graph: what an upgrade would apply')

const upgrades: [what: string, history: string, at: string | null, pending: string[]][] = [
  ['an empty database', linear, null, ['a1', 'b2', 'c3', 'd4']],
  ['half-way', linear, 'b2', ['c3', 'd4']],
  ['at the head', linear, 'd4', []],
  ['a merge, from nothing: each after those that it builds on', merged, null, ['a1', 'b2', 'c3', 'd4', 'e5']],
  ['a merge, from one side', merged, 'b2', ['c3', 'd4', 'e5']],
  ['a merge, from both sides', merged, 'b2,c3', ['d4', 'e5']],
  ['a merge, behind it', merged, 'd4', ['e5']],
  ['two heads', twoHeads, 'a1', ['c3', 'b2']],
]
for (const [what, history, at, expected] of upgrades)
  pending(what, () => assert.equal(pendingAt(parseHistory(history), at), expected))

pending('every revision once, its parents first, also where branches cross', () => {
  const history = `d, e -> f (head), x
b, c -> e, x
b, c -> d, x
a -> c, x
a -> b, x
<base> -> a, x`
  const graph = parseHistory(history)
  const order = pendingAt(graph, null)
  assert.equal([...order].sort(), ['a', 'b', 'c', 'd', 'e', 'f'])
  for (const [revision, parents] of graph.parents)
    for (const parent of parents) assert.ok(order.indexOf(parent) < order.indexOf(revision))
})

pending('a history of two thousand', () => {
  const names = Array.from({ length: 2000 }, (_, i) => `r${i}`)
  const history = names.map(
    (name, i) => `${names[i - 1] ?? '<base>'} -> ${name}${i === 1999 ? ' (head)' : ''}, x`,
  )
  assert.equal(pendingAt(parseHistory(history.reverse().join('\n')), 'r9'), names.slice(10))
})

pending.run()

const unknown = suite('revision-graph: a schema that an image does not know')

const schemas: [what: string, at: string | null, unknown: string[]][] = [
  ['an empty database is known to every image', null, []],
  ['an older revision', 'a1', []],
  ['the head', 'd4', []],
  ['a newer one', 'f6', ['f6']],
  ['one of several', 'b2,f6', ['f6']],
  ['a part of a name is no name', 'a', ['a']],
  ['<base> is no revision', '<base>', ['<base>']],
]
for (const [what, at, expected] of schemas)
  unknown(what, () => assert.equal(unknownTo(parseHistory(linear), at), expected))

unknown.run()
