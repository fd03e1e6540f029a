import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Container } from '../../../lib/docker/containers.ts'
import { checkStillHealthy, conditionNow, waitUntilHealthy } from '../../../lib/docker/health.ts'

const health = suite('health: the engine asks seldom, so we ask while it has not')

const container: Container = {
  id: 'f00d',
  name: 'tracehub-db-prod',
  service: 'db',
  image: 'postgres',
  status: 'running',
  health: 'starting',
  restarts: 0,
  startedAt: 0,
  exitCode: 0,
  oomKilled: false,
  addresses: [],
  lastCheck: '',
  healthCommand: ['pg_isready'],
}

/** A project with one container, whose health check says these things in turn. */
function projectWith(changed: Partial<Container>, ...answers: boolean[]) {
  const asked: string[] = []
  const project = {
    containers: async () => [{ ...container, ...changed }],
    passesHealthCheck: async ({ id }: Container) => {
      asked.push(id)
      return answers.shift() ?? false
    },
    logs: async () => 'its last words',
  } as unknown as Parameters<typeof waitUntilHealthy>[0]
  return { project, asked }
}

const step = { progress: () => {}, note: () => {}, skip: () => {} }

health('a container that is starting is asked until it says yes', async () => {
  const { project, asked } = projectWith({}, false, true)
  await waitUntilHealthy(project, ['db'], { timeout: 60_000, step })
  assert.is(asked.length, 2)
})

health('one that never says yes is a failure with its log', async () => {
  const { project } = projectWith({})
  const error = await waitUntilHealthy(project, ['db'], { timeout: 1, step }).catch(String)
  assert.match(String(error), 'db had 1 ms and is not healthy yet')
})

health(
  'where what it needs has just come back, one that is called unhealthy is asked until it says yes',
  async () => {
    const { project, asked } = projectWith({ health: 'unhealthy' }, false, true)
    const refused = await waitUntilHealthy(project, ['db'], { timeout: 60_000, step }).catch(String)
    assert.match(String(refused), 'db is unhealthy')
    assert.is(asked.length, 0)
    await waitUntilHealthy(project, ['db'], { timeout: 60_000, step, recovering: true })
    assert.is(asked.length, 2)
  },
)

for (const [what, changed, is] of [
  ['one that the engine calls healthy is not asked again', { health: 'healthy' }, 'healthy'],
  ['what the engine calls unhealthy stays so', { health: 'unhealthy' }, 'failed'],
  ['one that does not run cannot be asked', { status: 'restarting' }, 'starting'],
] as const)
  health(what, async () => {
    const { project, asked } = projectWith(changed, true)
    assert.is((await conditionNow(project, { ...container, ...changed })).is, is)
    assert.equal(asked, [])
  })

health('a container that is watched before the engine asked is asked', async () => {
  await checkStillHealthy(projectWith({}, true).project, [container])
  const error = await checkStillHealthy(projectWith({}, false).project, [container]).catch(String)
  assert.match(String(error), 'db is not healthy yet')
})

health.run()
