import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { unusedPieces } from '../../../../lib/operations/cleanup/room.ts'

const cache = suite('cleanup/build-cache: what nobody has used')

const piece = (last: string, more: object = {}) => ({
  ...{
    ID: 'j9ygb98935v9',
    CacheType: 'regular',
    Size: '3.01MB',
    CreatedAt: '',
    InUse: 'false',
    Shared: 'false',
  },
  ...{ LastUsedAt: `${last} 18:59:59.005777603 +0000 UTC`, ...more },
})
const before = Date.UTC(2026, 0, 10)

cache('is older, and neither in use nor a part of an image', () => {
  const pieces = [
    piece('2026-01-09'),
    piece('2026-01-10'),
    piece('2026-01-09', { InUse: 'true' }),
    piece('2026-01-09', { Shared: 'true' }),
    piece('2026-01-09', { LastUsedAt: '', CreatedAt: '2026-01-08 01:02:03 +0100 CET', Size: '0B' }),
    piece('2026-01-09', { LastUsedAt: '' }),
  ]
  assert.equal(unusedPieces(JSON.stringify(pieces), before), [3_010_000, 0])
})

cache('is nothing where there is no cache', () => assert.equal(unusedPieces('null\n', before), []))

cache.run()
