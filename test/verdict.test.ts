import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { judge } from './verdict.ts'

const verdict = suite('verdict: no test file is believed by its exit code alone')

const summary = (total: number, passed: number, skipped = 0): string =>
  `\n  Total:     ${total}\n  Passed:    ${passed}\n  Skipped:   ${skipped}\n  Duration:  3.2ms\n`

const cases: [name: string, code: number | null, output: string, failed: number, why: string][] = [
  ['all pass', 0, summary(3, 3), 0, ''],
  ['two suites in one file', 0, summary(3, 3) + summary(2, 2), 0, ''],
  ['.run() was forgotten', 0, '', 1, 'ran no test: is .run() missing?'],
  ['a before hook threw: uvu exits with 0', 0, summary(3, 0), 3, ''],
  ['one failed', 1, summary(3, 2), 1, ''],
  ['one of a second suite failed', 1, summary(3, 3) + summary(2, 1), 1, ''],
  ['one was skipped', 0, summary(3, 2, 1), 1, 'skipped 1'],
  ['all pass, and then it fails', 1, summary(3, 3), 1, 'exited with 1'],
  ['it hangs before its summary', null, '', 1, 'did not end in time'],
  ['all pass, and then it hangs', null, summary(3, 3), 1, 'did not end in time'],
]
for (const [name, code, output, failed, why] of cases)
  verdict(name, () => {
    const found = judge('a.test.ts', code, output)
    assert.is(found.failed, failed)
    assert.is(found.why, why)
  })

verdict.run()
