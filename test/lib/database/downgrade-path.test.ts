import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { backTo, backToKnown, parseHistory, stepsBack } from '../../../lib/database/revision-graph.ts'
import { failureOf } from '../fixtures.ts'

const line = parseHistory(`c3 -> d4 (head), four
b2 -> c3, three
a1 -> b2, two
<base> -> a1, one
`)
/** a1 splits into b2 and c3, which d4 joins again. */
const diamond = parseHistory(`d4 -> e5 (head), after the merge
b2, c3 -> d4 (mergepoint), merge
a1 -> c3, right
a1 -> b2, left
<base> -> a1 (branchpoint), create
`)

const steps = suite('way-back: so many revisions')
steps('newest first, and where that leads', () =>
  assert.equal(stepsBack(line, 'd4', 2), { from: 'd4', to: 'b2', revisions: ['d4', 'c3'] }),
)
steps('down to an empty schema', () => assert.is(stepsBack(line, 'b2', 2).to, null))
for (const [graph, from, count, message] of [
  [line, 'b2', 3, 'there are only 2 revisions below b2, not 3'],
  [diamond, 'e5', 2, 'd4 joins b2 and c3: a number of steps does not say which way to go'],
] as const)
  steps(message, async () => assert.is((await failureOf(() => stepsBack(graph, from, count))).what, message))
steps.run()

const named = suite('way-back: to a revision')
named('by its id, or by its beginning', () => {
  assert.equal(backTo(line, 'd4', 'b2').revisions, ['d4', 'c3'])
  assert.is(backTo(line, 'd4', 'b').to, 'b2')
})
named('base is an empty schema', () =>
  assert.equal(backTo(line, 'c3', 'base'), { from: 'c3', to: null, revisions: ['c3', 'b2', 'a1'] }),
)
named('below a merge, both of its sides', () =>
  assert.equal(backTo(diamond, 'e5', 'a1').revisions.toSorted(), ['b2', 'c3', 'd4', 'e5']),
)
for (const [from, word, message] of [
  ['b2', 'd4', 'the schema, at b2, does not build on d4'],
  ['d4', 'd4', 'the schema is at d4 already'],
  ['d4', 'zz', 'the schema, at d4, does not build on zz'],
] as const)
  named(message, async () => assert.is((await failureOf(() => backTo(line, from, word))).what, message))
named.run()

const known = suite('way-back: to what an older image knows')
const older = (text: string) => parseHistory(text)
known('its newest revision below', () => {
  const image = older('a1 -> b2 (head), two\n<base> -> a1, one\n')
  assert.equal(backToKnown(line, 'd4', image), { from: 'd4', to: 'b2', revisions: ['d4', 'c3'] })
})
known('none in common', async () => {
  const failure = await failureOf(() => backToKnown(line, 'd4', older('<base> -> z9 (head), other\n')))
  assert.is(failure.what, 'no single revision below d4 is known to the older image')
})
known('two sides of a merge that it does not know', async () => {
  const image = older('a1 -> c3 (head), right\na1 -> b2 (head), left\n<base> -> a1 (branchpoint), create\n')
  const failure = await failureOf(() => backToKnown(diamond, 'e5', image))
  assert.match(`${failure.detail}`, /it knows (b2 and c3|c3 and b2)/)
})
known.run()
