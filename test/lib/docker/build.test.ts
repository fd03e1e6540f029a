import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { build, buildCommand } from '../../../lib/docker/build.ts'
import { environmentIn, withDocker } from '../fixtures.ts'

const building = suite('build: an image from source')

building('no attestations, whose time would make the same sources another image', () =>
  assert.equal(buildCommand('backend:1', 'sources/backend', { a: 'b', c: 'd e' }), [
    ...['env', 'BUILDX_NO_DEFAULT_ATTESTATIONS=1', 'docker', 'build', '--pull=false', '--tag', 'backend:1'],
    ...['--label', 'a=b', '--label', 'c=d e', 'sources/backend'],
  ]),
)

building('each part is built so, for its project, and named by what it is', () => {
  const id = `sha256:${'7'.repeat(64)}`
  const script = `echo "$BUILDX_NO_DEFAULT_ATTESTATIONS $*" >>calls; [ "$1" != image ] || echo ${id}`
  return withDocker(script, async directory => {
    const options = { signal: new AbortController().signal, progress: () => {} }
    const made = await build(environmentIn(directory), '/toolkit', options)
    const tag = `build-${'7'.repeat(32)}`
    assert.equal(made, {
      backend: `registry.example/tracehub-backend:${tag}`,
      frontend: `registry.example/tracehub-frontend:${tag}`,
    })
    const passing = `tracehub-build:${process.pid}`
    const builds = readFileSync(`${directory}/calls`, 'utf8').match(/^.* build .*$/gm)
    assert.equal(builds, [
      `1 build --pull=false --tag ${passing} --label tracehub.project=tracehub-production /toolkit/backend`,
      `1 build --pull=false --tag ${passing} --label tracehub.project=tracehub-production /toolkit/frontend`,
    ])
  })
})

building.run()
