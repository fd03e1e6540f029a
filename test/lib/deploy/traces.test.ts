import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { leftSince, type Traces } from '../../../lib/deploy/first-ground.ts'

const some = (files: Record<string, string>, more: Partial<Traces> = {}): Traces => ({
  files: new Map(Object.entries(files)),
  ...{ containers: new Map(), volumes: new Map(), networks: new Map(), images: new Map() },
  ...more,
})

const left = suite('traces: what a run has left')

left('nothing, where all is as it was', () => assert.equal(leftSince(some({ a: '1' }), some({ a: '1' })), []))

left('what is new, what is another, and what is gone, a line for each kind', () =>
  assert.equal(
    leftSince(
      some({ a: '1', b: '1', c: '1' }),
      some({ a: '1', b: '2', d: '1' }, { volumes: new Map([['v', '']]) }),
    ),
    ['files: b, d, c (gone)', 'volumes: v'],
  ),
)

left('an engine that has gone away meanwhile is no proof of anything', () => {
  assert.equal(leftSince(some({}), some({}, { images: undefined })), [
    'images: not known, Docker does not answer',
  ])
  assert.equal(leftSince(some({}, { images: undefined }), some({}, { images: undefined })), [])
})

left.run()
