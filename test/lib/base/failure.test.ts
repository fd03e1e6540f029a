import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  Cancelled,
  describeProblem,
  exitCodes,
  Failure,
  type Problem,
  Problems,
  problemOf,
  UsageError,
} from '../../../lib/base/failure.ts'

const contract = suite('failure: the exit codes are a contract')

contract('0 to 5', () =>
  assert.equal(exitCodes, { done: 0, nothingChanged: 1, usage: 2, locked: 3, rolledBack: 4, needsPerson: 5 }),
)

const codes: [failure: Failure, exitCode: number][] = [
  [new Failure({ what: 'x' }), 1],
  [new Failure({ what: 'x' }, exitCodes.needsPerson), 5],
  [new UsageError('x'), 2],
  [new Cancelled('SIGINT'), 1],
  [new Problems('x', [{ what: 'y' }]), 1],
]
for (const [failure, exitCode] of codes)
  contract(`${failure.name} ${exitCode}`, () => assert.is(failure.exitCode, exitCode))

contract.run()

const describing = suite('failure: a problem as text')

const described: [problem: Problem, text: string][] = [
  [{ what: 'it broke' }, 'it broke'],
  [{ what: 'it broke', fix: 'fix it' }, 'it broke\n→ fix it'],
  [{ what: 'it broke', detail: 'one\ntwo' }, 'it broke\n  one\n  two'],
  [{ what: 'it broke', detail: 'one', fix: 'first\nthen' }, 'it broke\n  one\n→ first\n  then'],
  [{ what: 'it broke', detail: '', fix: '' }, 'it broke'],
]
for (const [problem, text] of described)
  describing(JSON.stringify(problem), () => assert.is(describeProblem(problem), text))

describing('several problems are told together, each with its own way out', () => {
  const problems = new Problems('not configured: 2 problems', [
    { what: 'A is missing', fix: 'add a line A=…' },
    { what: 'B is empty' },
  ])
  assert.is(
    describeProblem(problems),
    'not configured: 2 problems\n  A is missing\n  → add a line A=…\n  B is empty',
  )
})

describing('whatever is thrown is a problem', () => {
  const thrown: [error: unknown, problem: Problem][] = [
    [new Failure({ what: 'a', detail: 'b', fix: 'c' }), { what: 'a', detail: 'b', fix: 'c' }],
    [new Cancelled('SIGTERM'), { what: 'stopped by SIGTERM', detail: undefined, fix: undefined }],
    [new TypeError('a bug'), { what: 'a bug' }],
    ['a text', { what: 'a text' }],
    [undefined, { what: 'undefined' }],
  ]
  for (const [error, problem] of thrown) assert.equal(problemOf(error), problem)
})

describing('what caused it is kept', () => {
  const cause = new Error('below')
  assert.is(new Failure({ what: 'above' }, exitCodes.nothingChanged, cause).cause, cause)
  assert.not.ok('cause' in new Failure({ what: 'above' }))
})

describing.run()
