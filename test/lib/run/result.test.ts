import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { liveRows, resultOf } from '../../../lib/deploy/rollout/rollout.ts'
import { release } from '../fixtures.ts'

const telling = suite('result: who is live, and what it cost')

const live = [
  ['live', 'green, release 2, main-2'],
  ['backend', '020202020202'],
  ['frontend', '020202020202'],
  ['schema', 'rev2'],
]

telling('of a deploy', () =>
  assert.equal(
    resultOf({
      release: release(2, { backup: 'backup_20260103_120000.sql', requests: { seen: 1200, failed: 0 } }),
      switchMs: 3.4,
    }),
    [...live, ['backup', 'backup_20260103_120000.sql'], ['switch', '3 ms; 1200 requests since, 0 failed']],
  ),
)

telling('without a backup, and nobody asked', () =>
  assert.equal(resultOf({ release: release(2), switchMs: 3 }), [
    ...live,
    ['switch', '3 ms; 0 requests since, 0 failed'],
  ]),
)

telling('of a version that was live already, on an empty schema', () =>
  assert.equal(liveRows(release(2, { schema: null })), [...live.slice(0, 3), ['schema', 'an empty schema']]),
)

telling.run()
