import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { together } from '../../../lib/base/all-settled.ts'
import { Failure } from '../../../lib/base/failure.ts'

const both = suite('together: several things at once')

both('their values, in their order', async () => {
  const values = await together([async () => 1, () => sleep(5, 'two'), async () => undefined])
  assert.equal(values, [1, 'two', undefined])
})

both('one that fails does not leave the others behind', async () => {
  let finished = false
  let thrown: unknown
  try {
    await together([
      () => Promise.reject(new Failure({ what: 'the first' })),
      async () => {
        await sleep(20)
        finished = true
      },
      () => Promise.reject(new Failure({ what: 'the third' })),
    ])
  } catch (error) {
    thrown = error
  }
  assert.instance(thrown, Failure)
  assert.is(String(thrown), 'Failure: the first')
  assert.ok(finished)
})

both.run()
