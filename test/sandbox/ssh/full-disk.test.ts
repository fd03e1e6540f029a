import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { attempt } from '../../../lib/base/shell.ts'
import { mountSmallDisk } from '../disk.ts'
import {
  directoryOf,
  lastEvents,
  liveVersion,
  mapOnDisk,
  runIds,
  say,
  script,
  start,
  url,
} from '../harness.ts'
import { startLoad } from '../load/load.ts'
import { ensureRoot, makeEnvironmentDirectory, removeEnvironment } from '../root.ts'
import { haveDependencies, runnerVariables } from './runner.ts'
import { ensureSshd } from './sshd.ts'

const outside = suite('SSH: the disk there fills when users are on the new version')
const directory = directoryOf('production')
const args = (tag: string): string[] => ['-e', 'production', '--tag', tag]
let variables: Record<string, string> = {}

outside.before(async () => {
  await ensureSshd(say)
  await removeEnvironment('production')
  await ensureRoot()
  mkdirSync(directory)
  await mountSmallDisk(directory, 512) // what the way over SSH wants free, and filled in a moment
  await makeEnvironmentDirectory('production')
  haveDependencies('production')
  variables = await runnerVariables()
  const { code, stderr } = await script('deploy', args('v1'), variables)
  assert.is(code, 0, stderr)
})

outside('they are moved back, and the client tells why', async () => {
  const load = await startLoad({
    backend: url('production'),
    frontend: url('production', 'frontend'),
    rate: 100,
  })
  const before = runIds('production').length
  const runs = start('deploy', args('bad-after-switch'), variables)
  let isOver = false
  void runs.done.then(() => {
    isOver = true
  })
  const isSwitched = (): boolean =>
    runIds('production').length > before &&
    lastEvents('production').some(event => event.type === 'step-started' && event.title.startsWith('Monitor'))
  while (!isSwitched()) {
    assert.not(isOver, 'it ended before users were moved')
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  await attempt(['dd', 'if=/dev/zero', `of=${join(directory, 'filler')}`, 'bs=4k'])
  const { code, stdout, stderr } = await runs.done
  await load.stop()
  assert.is(code, 4, stdout + stderr)
  assert.match(stdout + stderr, /cannot be written: ENOSPC: no space left on device/)
  assert.match(stdout + stderr, /rolled back/)
  assert.is(await liveVersion('production'), 'v1')

  rmSync(join(directory, 'filler'))
  const again = await script('deploy', args('v2'), variables)
  assert.is(again.code, 0, again.stdout + again.stderr)
  assert.is(await liveVersion('production'), 'v2')
  assert.match(mapOnDisk('production'), /^live (blue|green)$/)
})

outside.run()
