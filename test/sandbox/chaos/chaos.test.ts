import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { say } from '../harness.ts'
import { campaign } from './campaign.ts'
import { faults } from './faults/all.ts'

/** A short version of `make chaos`: one run for each of a few faults that differ, always the same ones. */
const storm = suite('runs that are struck by faults')

const few = [
  'SIGKILL of the run',
  'SIGKILL of the proxy',
  'SIGKILL of the candidate',
  'disk full',
  'docker commands fail',
  'the clock jumps',
  'the registry fails in mid-pull',
  'a file of the toolkit is damaged',
]

storm('users are served, nothing is lost that need not be, and the next deploy works', async () => {
  const only = faults.filter(({ name }) => few.includes(name))
  assert.is(only.length, few.length)
  const { outcomes } = await campaign({
    ...{ seed: 'a quiet night', runs: few.length, longest: 45 * 60_000, only, scripts: ['deploy'] },
    progress: (_, { fault, when, codes, lost, requests, repairedBy, findings }) => {
      say(`${fault}: ${when}; exit ${codes.join()}; ${lost} of ${requests} lost; ${repairedBy}`)
      for (const finding of findings) say(finding)
    },
  })
  assert.equal(
    outcomes.flatMap(({ fault, findings }) => findings.map(found => `${fault}: ${found}`)),
    [],
  )
  const struck = new Set(outcomes.map(({ fault }) => fault))
  for (const { name, possible } of only) assert.ok(struck.has(name) || possible?.() === false, name)
})

storm.run()
