import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { docker, dockerList } from '../docker.ts'
import { killEngine, restartEngine } from '../engine.ts'
import {
  answerOf,
  deploy,
  freshEnvironment,
  liveVersion,
  revision,
  runningServices,
  say,
  url,
} from '../harness.ts'
import { startRegistry } from '../registry.ts'

const reboot = suite('after a reboot')

/** The engine restarted, where the sandbox may; else every container killed and started in the wrong order. */
async function rebootLike(): Promise<void> {
  if (await restartEngine()) return say('the Docker Engine was restarted')
  say("the Docker Engine is not the sandbox's: its containers are killed and started instead")
  const ids = await dockerList(
    'ps',
    '--quiet',
    '--filter',
    'label=com.docker.compose.project=tracehub-production',
  )
  await docker('kill', ...ids)
  await docker('start', ...ids)
}

async function untilHealthy(): Promise<void> {
  for (let tries = 0; tries < 360; tries += 1) {
    const answer = await answerOf(`${url('production', 'frontend')}/api/health`)
    if (answer?.status === 200) return
    await new Promise(resolve => setTimeout(resolve, 500))
  }
  throw new Error('nobody serves three minutes after the reboot')
}

reboot.before(async () => {
  await freshEnvironment('production')
  for (const version of ['v2', 'v3']) {
    const { code, stderr } = await deploy('production', version)
    assert.is(code, 0, stderr)
  }
})

reboot('the colour that was live serves, and only that', async () => {
  await rebootLike()
  await untilHealthy()
  assert.is(await liveVersion('production'), 'v3')
  assert.is(await revision('production'), 'd7e3f51b')
  assert.equal(await runningServices('production'), ['backend-green', 'db', 'frontend-green', 'proxy'])
})

reboot(
  'the engine was killed: it stops everything when it comes back, and starts the same again',
  async () => {
    const killed = await killEngine()
    if (!killed) return say("the Docker Engine is not the sandbox's to kill")
    await untilHealthy()
    assert.is(await liveVersion('production'), 'v3')
    assert.equal(await runningServices('production'), ['backend-green', 'db', 'frontend-green', 'proxy'])
  },
)

reboot('and the next deploy works', async () => {
  await startRegistry()
  const { code, stdout, stderr } = await deploy('production', 'v2')
  assert.is(code, 0, stdout + stderr)
  assert.is(await liveVersion('production'), 'v2')
})

reboot.run()
