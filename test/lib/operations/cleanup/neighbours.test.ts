import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { HostContainer } from '../../../../lib/operations/cleanup/host.ts'
import { neighboursOf } from '../../../../lib/operations/cleanup/images.ts'
import { environmentIn, images, inTemporary, release } from '../../fixtures.ts'

const neighbours = suite("cleanup: another checkout's environments on the same engine")

const container = (service: string, directory: string, project = 'tracehub-demo'): HostContainer => ({
  ...{ id: `${project}-${service}`, name: service, image: 'sha256:1', project, service, directory },
  ...{ isOneOff: false, status: 'running', stoppedAt: 0 },
})
const ours = [environmentIn('/srv/production')]

neighbours('all that its releases name is needed, also what no container has', () =>
  inTemporary(directory => {
    const lines = [release(1), release(2)].map(one => `${JSON.stringify(one)}\n`)
    writeFileSync(join(directory, 'releases.jsonl'), lines.join(''))
    const { needed, unknown } = neighboursOf(ours, [container('backend-blue', directory)], [])
    assert.equal([...needed].sort(), [1, 2].flatMap(number => Object.values(images(number))).sort())
    assert.equal(unknown, [])
  }),
)

neighbours('our own environments, and what is none of this kind, are no neighbours', () => {
  const found = [
    container('backend-blue', '/srv/production', 'tracehub-production'),
    container('db', '/home/bob/blog', 'blog'),
  ]
  assert.equal(neighboursOf(ours, found, ['tracehub-production', 'blog']), { needed: new Set(), unknown: [] })
})

neighbours('one whose directory is gone, or of which a volume is left: nobody knows what it needs', () =>
  inTemporary(directory => {
    const away = join(directory, 'away')
    assert.equal(neighboursOf(ours, [container('frontend-green', away)], ['tracehub-old']).unknown, [
      'tracehub-old, of which only the volume is here',
      `tracehub-demo, whose directory ${away} cannot be read`,
    ])
  }),
)

if (process.getuid?.() !== 0)
  neighbours('one whose directory is closed to us', () =>
    inTemporary(directory => {
      const closed = join(directory, 'closed')
      mkdirSync(closed, { mode: 0 })
      assert.is(neighboursOf(ours, [container('backend-blue', closed)], []).unknown.length, 1)
      chmodSync(closed, 0o700)
    }),
  )

neighbours.run()
