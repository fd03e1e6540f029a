import * as assert from 'uvu/assert'
import { docker } from '../../docker.ts'
import {
  containers,
  deploy,
  freshEnvironment,
  lastEvents,
  liveVersion,
  mapOnDisk,
  rollback,
  runningServices,
  say,
  url,
} from '../../harness.ts'
import { colourless, killInStep } from '../../kill.ts'
import { startLoad, verifyPosts } from '../../load/load.ts'

/**
 * SIGKILL of a run at the start and in the middle of its steps. Users must not notice, and the next run must
 * find things as if nothing had happened, or put them right and say so.
 */

/** How long each step takes when nobody disturbs it (ms), by its title with the colours left out. */
const usual = new Map<string, number>()
const learn = (): void => {
  for (const event of lastEvents('production'))
    if (event.type === 'step-finished' && event.outcome === 'done')
      usual.set(colourless(event.title), event.ms)
}

export type Moment = readonly [title: string, when: 'start' | 'middle']

/** @param share of a step's usual time that is its middle: a busy machine may see it too late */
export const killAt = (
  name: string,
  args: readonly string[],
  [title, when]: Moment,
  share = 1 / 2,
): Promise<boolean> => killInStep(name, args, title, when === 'middle' ? (usual.get(title) ?? 0) * share : 0)

/** Of a run that was over before we saw it there, the same again, sooner; by force, since its version is live by now. */
async function killDeploy(version: string, moment: Moment): Promise<boolean> {
  for (const share of [1 / 2, 1 / 4, 1 / 8, 0])
    if (await killAt('deploy', ['--tag', version, ...(share < 1 / 2 ? ['--force'] : [])], moment, share))
      return true
  return false
}

/**
 * One scenario: under load, a deploy is killed, the next one as well, which has begun to repair, and so on; the last
 * succeeds. Nothing is lost, and nothing is left.
 * @param versions which deploy is of which, in turn
 */
export async function survive(versions: readonly string[], moments: readonly Moment[]): Promise<void> {
  const versionOf = (run: number): string => versions[run % versions.length] ?? ''
  const version = versionOf(moments.length)
  const load = await startLoad({
    backend: url('production'),
    frontend: url('production', 'frontend'),
    rate: 60,
    kinds: ['keepalive', 'new', 'post', 'slow'], // a websocket would make every drain wait for its cap
  })
  const missed: Moment[] = []
  for (const [run, moment] of moments.entries())
    if (!(await killDeploy(versionOf(run), moment))) missed.push(moment)
  const next = await deploy('production', version)
  const report = await load.stop() // before anything can fail: a load that goes on would disturb the others
  assert.equal(missed, [], 'the run was over before it could be killed there')
  const found = next.stdout.split('\n').filter(line => /^ {4}\S/.test(line))
  say(
    `after the last, ${moments.at(-1)?.join(', ')}: ${
      found
        .map(line => line.trim())
        .slice(1)
        .join('; ') || 'nothing to repair'
    }`,
  )
  assert.is(next.code, 0, next.stdout + next.stderr)
  assert.match(next.stdout, /-deploy did not come to its end/)
  assert.equal(report.failures, [], 'users noticed')
  assert.equal(await verifyPosts(report, url('production')), { lost: [], doubled: [], unexpected: [] })
  assert.is(await liveVersion('production'), version)
  const colour = mapOnDisk('production').replace('live ', '')
  assert.equal(await runningServices('production'), [
    `backend-${colour}`,
    'db',
    `frontend-${colour}`,
    'proxy',
  ])
  assert.ok((await containers('production')).length <= 6, 'a container is left over')
}

/** Back to version 1 and its schema, as a person would do it. */
export async function backToVersion1(): Promise<void> {
  const colour = mapOnDisk('production').replace('live ', '')
  await docker('exec', `tracehub-backend-${colour}-prod`, 'alembic', 'downgrade', 'a1b2c3d4')
  const { code, stderr } = await rollback('production', '--to', '1')
  assert.is(code, 0, stderr)
}

/** Version 1 is live, 2 has been, and it is known how long the steps of a deploy take. */
export async function twoVersions(): Promise<void> {
  await freshEnvironment('production')
  for (const version of ['v1', 'v2']) {
    const { code, stderr } = await deploy('production', version)
    assert.is(code, 0, stderr)
    learn()
  }
  await backToVersion1()
}

export const named = (moments: readonly Moment[]): string =>
  moments.map(moment => moment.join(', ')).join('; then ')
