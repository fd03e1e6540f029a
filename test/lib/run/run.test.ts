import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { together } from '../../../lib/base/all-settled.ts'
import { Cancelled, exitCodes, Failure, Problems, UsageError } from '../../../lib/base/failure.ts'
import type { NewEvent } from '../../../lib/run/events.ts'
import { Run } from '../../../lib/run/run.ts'

/** A run whose events are kept, as short lines: `+ title`, `✓ title · note`, `– title · why`, `✗ title · problem`. */
function aRun(): { run: Run; told: string[]; events: NewEvent[] } {
  const told: string[] = []
  const events: NewEvent[] = []
  const signs = { done: '✓', skipped: '–', failed: '✗' }
  const run = new Run({
    write: event => {
      events.push(event)
      if (event.type === 'step-started') told.push(`+ ${event.title}`)
      if (event.type === 'step-finished')
        told.push(
          `${signs[event.outcome]} ${event.title}${event.note === undefined ? '' : ` · ${event.note}`}`,
        )
      if (event.type === 'progress') told.push(`… ${event.text}`)
      if (event.type === 'fact') told.push(`! ${event.fact.kind}`)
    },
  })
  return { run, told, events }
}

const nothing = async (): Promise<void> => {}
const broken = (what: string) => (): Promise<never> =>
  Promise.reject(new Failure({ what, fix: `fix ${what}` }))

const steps = suite('run: steps')

steps('one after another, each told when it begins and when it ends', async () => {
  const { run, told } = aRun()
  const ended = await run.attempt(async () => {
    assert.is(await run.step('One', async () => 1), 1)
    await run.step('Two', async step => {
      step.progress('half')
      step.note('two things')
    })
    await run.step('Three', async step => step.skip('there is nothing'))
  })
  assert.equal(ended, { outcome: 'done', exitCode: 0 })
  assert.equal(told, [
    '+ One',
    '✓ One',
    '+ Two',
    '… half',
    '✓ Two · two things',
    '+ Three',
    '– Three · there is nothing',
    '! settled',
  ])
})

steps('they are numbered, and timed', async () => {
  const { run, events } = aRun()
  await run.attempt(async () => {
    await together([() => run.step('A', () => sleep(30)), () => run.step('B', nothing)])
  })
  const finished = events.filter(event => event.type === 'step-finished')
  assert.equal(
    finished.map(({ step, title }) => [step, title]),
    [
      [2, 'B'],
      [1, 'A'],
    ],
  )
  assert.ok((finished[1]?.ms ?? 0) >= 29)
})

steps('a failure ends the run; where nothing was changed, that is exit code 1', async () => {
  const { run, told } = aRun()
  const ended = await run.attempt(async () => {
    await run.step('One', broken('one'))
    await run.step('Never', nothing)
  })
  assert.equal(ended, {
    outcome: 'failed',
    exitCode: 1,
    problem: { what: 'one', detail: undefined, fix: 'fix one' },
  })
  assert.equal(told, ['+ One', '✗ One · one', '! settled'])
})

const unchanged: [failure: Failure, exitCode: number, outcome: string][] = [
  [new Failure({ what: 'x' }), 1, 'failed'],
  [new UsageError('x'), 2, 'failed'],
  [new Problems('x', [{ what: 'y' }]), 1, 'failed'],
  [new Failure({ what: 'x' }, exitCodes.needsPerson), 5, 'needs a person'],
]
for (const [failure, exitCode, outcome] of unchanged)
  steps(`a ${failure.name} with exit code ${exitCode} keeps it`, async () => {
    const { run } = aRun()
    const ended = await run.attempt(() => Promise.reject(failure))
    assert.equal([ended.exitCode, ended.outcome], [exitCode, outcome])
  })

steps('a bug of ours is rolled back like any failure, and its stack is told', async () => {
  const { run, told } = aRun()
  const ended = await run.attempt(async () => {
    run.undo('Undo it', nothing)
    throw new TypeError('a bug')
  })
  assert.is(ended.exitCode, 4)
  assert.is(ended.problem?.what, 'a bug in the toolkit stopped this run')
  assert.match(ended.problem?.detail ?? '', /^TypeError: a bug\n +at /)
  assert.equal(told, ['+ Undo it', '✓ Undo it', '! settled'])
})

steps.run()

const undoing = suite('run: taking back')

undoing('what was done last is rolled back first', async () => {
  const { run, told } = aRun()
  const ended = await run.attempt(async () => {
    run.undo('Undo one', nothing)
    await run.step('One', nothing)
    run.undo('Undo two', async step => step.skip('it is there'))
    await run.step('Two', nothing)
    run.undo('Undo three', async step => step.note('as before'))
    await run.step('Three', broken('three'))
  })
  assert.equal(ended, {
    outcome: 'rolled back',
    exitCode: 4,
    problem: { what: 'three', detail: undefined, fix: 'fix three' },
  })
  assert.equal(told.slice(5), [
    '✗ Three · three',
    '+ Undo three',
    '✓ Undo three · as before',
    '+ Undo two',
    '– Undo two · it is there',
    '+ Undo one',
    '✓ Undo one',
    '! settled',
  ])
})

undoing('nothing is rolled back when all went well', async () => {
  const { run, told } = aRun()
  await run.attempt(async () => run.undo('Undo it', nothing))
  assert.equal(told, ['! settled'])
})

undoing('one that fails does not stop the others, and a person is told all of it', async () => {
  const { run, told } = aRun()
  const ended = await run.attempt(async () => {
    run.undo('Undo one', nothing)
    run.undo('Undo two', broken('two'))
    run.undo('Undo three', () => Promise.reject(new Error('three, in words of its own')))
    await run.step('Four', () =>
      Promise.reject(new Failure({ what: 'four', detail: 'its log', fix: 'fix four' })),
    )
  })
  assert.equal(ended, {
    outcome: 'needs a person',
    exitCode: 5,
    problem: {
      what: 'four',
      detail: 'its log\nand taking it back failed:\nthree, in words of its own\ntwo\n→ fix two',
      fix: 'fix two',
    },
  })
  assert.equal(told.slice(2), [
    '+ Undo three',
    '✗ Undo three · three, in words of its own',
    '+ Undo two',
    '✗ Undo two · two',
    '+ Undo one',
    '✓ Undo one',
  ])
})

undoing('where no undoing says what to do, the fix of the failure itself stays', async () => {
  const { run } = aRun()
  const { problem } = await run.attempt(async () => {
    run.undo('Undo one', () => Promise.reject(new Error('no')))
    await run.step('Two', broken('two'))
  })
  assert.is(problem?.fix, 'fix two')
})

undoing('a step inside an undoing is a step like any other', async () => {
  const { run, told } = aRun()
  await run.attempt(async () => {
    run.undo('Undo', () => run.step('Inner', nothing))
    throw new Failure({ what: 'x' })
  })
  assert.equal(told, ['+ Undo', '+ Inner', '✓ Inner', '✓ Undo', '! settled'])
})

undoing('past the point of no return, nothing is rolled back', async () => {
  const { run, told } = aRun()
  const ended = await run.attempt(async () => {
    run.undo('Undo it', nothing)
    await run.step('Record', async () => run.keep())
  })
  assert.equal(ended, { outcome: 'done', exitCode: 0 })
  assert.equal(told, ['+ Record', '✓ Record', '! settled'])
})

undoing('what could not be rolled back is not settled: the next run finds the facts', async () => {
  const { run, told } = aRun()
  const ended = await run.attempt(async () => {
    run.fact({ kind: 'candidate', colour: 'green' })
    run.undo('Remove green', broken('docker'))
    await run.step('Deploy', broken('docker'))
  })
  assert.is(ended.exitCode, 5)
  assert.is(told[0], '! candidate')
  assert.not.ok(told.includes('! settled'))
})

undoing('a failure after that is never told as "nothing was changed"', async () => {
  const { run } = aRun()
  const ended = await run.attempt(async () => {
    await run.step('Record', async () => run.keep())
    await run.step('Clean up', broken('docker'))
  })
  assert.equal([ended.outcome, ended.exitCode, ended.problem?.what], ['needs a person', 5, 'docker'])
})

undoing('what is changed after that has its own undoing', async () => {
  const { run, told } = aRun()
  const ended = await run.attempt(async () => {
    run.undo('Undo the first', nothing)
    run.keep()
    run.undo('Undo the second', nothing)
    await run.step('Third', broken('third'))
  })
  assert.is(ended.exitCode, 4)
  assert.not.ok(told.includes('+ Undo the first'))
  assert.ok(told.includes('+ Undo the second'))
})

undoing.run()

const stopping = suite('run: asked to stop')

stopping('before the first change: exit code 1, and who asked', async () => {
  const { run, told } = aRun()
  const ended = await run.attempt(async () => {
    await run.step('Look', async () => run.stop('SIGINT'))
    await run.step('Never', nothing)
  })
  assert.equal(ended, {
    outcome: 'failed',
    exitCode: 1,
    problem: { what: 'stopped by SIGINT', detail: undefined, fix: undefined },
  })
  assert.equal(told, ['+ Look', '✓ Look', '! settled'])
})

stopping('before it began', async () => {
  const { run, told } = aRun()
  run.stop('SIGTERM')
  const ended = await run.attempt(() => run.step('Never', nothing))
  assert.equal([ended.exitCode, ended.problem?.what], [1, 'stopped by SIGTERM'])
  assert.equal(told, ['! settled'])
})

stopping('after a change: it is rolled back, exit code 4', async () => {
  const { run, told } = aRun()
  const ended = await run.attempt(async () => {
    run.undo('Undo it', nothing)
    await run.step('Change', async () => run.stop('SIGHUP'))
    await run.step('Never', nothing)
  })
  assert.equal([ended.outcome, ended.exitCode], ['rolled back', 4])
  assert.is(ended.problem?.what, 'stopped by SIGHUP')
  assert.equal(told, ['+ Change', '✓ Change', '+ Undo it', '✓ Undo it', '! settled'])
})

stopping('a wait that listens ends at once', async () => {
  const { run } = aRun()
  const started = Date.now()
  const ended = await run.attempt(() =>
    run.step('Wait', async () => {
      setTimeout(() => run.stop('SIGINT'), 10)
      await sleep(10_000, undefined, { signal: run.signal }).catch(() => run.signal.throwIfAborted())
    }),
  )
  assert.is(ended.problem?.what, 'stopped by SIGINT')
  assert.ok(Date.now() - started < 2000)
})

stopping('asking again changes nothing: it was the first who stopped it', async () => {
  const { run } = aRun()
  run.stop('SIGINT')
  run.stop('SIGTERM')
  assert.is((run.signal.reason as Cancelled).what, 'stopped by SIGINT') // stop() made it
  assert.instance(run.signal.reason, Cancelled)
})

stopping('past the point of no return: it goes on to its end', async () => {
  const { run, told } = aRun()
  const ended = await run.attempt(async () => {
    run.undo('Undo it', nothing)
    await run.step('Record', async () => run.keep())
    run.stop('SIGTERM')
    await run.step('Clean up', async () => run.signal.throwIfAborted())
  })
  assert.equal(ended, { outcome: 'done', exitCode: 0 })
  assert.equal(told, ['+ Record', '✓ Record', '+ Clean up', '✓ Clean up', '! settled'])
})

stopping('taking back is never stopped: neither by the request that began it nor by another', async () => {
  const { run, told } = aRun()
  const aborted: boolean[] = []
  const ended = await run.attempt(async () => {
    run.undo('Undo one', async () => void aborted.push(run.signal.aborted))
    run.undo('Undo two', async () => {
      aborted.push(run.signal.aborted)
      run.stop('SIGTERM')
      await sleep(10, undefined, { signal: run.signal })
      aborted.push(run.signal.aborted)
    })
    run.stop('SIGINT')
    await run.step('Never', nothing)
  })
  assert.equal(aborted, [false, false, false])
  assert.is(ended.exitCode, 4)
  assert.is(ended.problem?.what, 'stopped by SIGINT')
  assert.equal(told, ['+ Undo two', '✓ Undo two', '+ Undo one', '✓ Undo one', '! settled'])
})

stopping.run()

const inheriting = suite('run: what an interrupted run left')

inheriting('its facts are in this log, too, until they are settled', async () => {
  const { run, told } = aRun()
  await run.attempt(async () => {
    run.inherit([
      { kind: 'candidate', colour: 'green' },
      { kind: 'migrating', from: null, colour: 'green', image: 'x' },
    ])
    run.settle()
  })
  assert.equal(told, ['! candidate', '! migrating', '! settled', '! settled'])
})

inheriting('a run that ends before it repaired them does not settle them', async () => {
  const { run, told } = aRun()
  const ended = await run.attempt(async () => {
    run.inherit([{ kind: 'candidate', colour: 'green' }])
    await run.step('Repair', broken('docker'))
  })
  assert.is(ended.exitCode, 1)
  assert.equal(told, ['! candidate', '+ Repair', '✗ Repair · docker'])
})

inheriting.run()
