import { setTimeout as sleep } from 'node:timers/promises'
import { runningOf } from '../container.ts'
import type { Fault } from '../fault.ts'
import type { Scene } from '../scene.ts'
import { liveColour } from '../truth/map.ts'

const restarts = 'it is on the way of every request; Docker starts it again'

const killRun: Fault = {
  name: 'SIGKILL of the run',
  play: async scene => {
    const run = scene.start()
    await scene.moment(run)
    run.signal('SIGKILL')
  },
}

/** As a crash: `docker kill` would be a person's wish, and Docker would leave it at that. */
async function crash(service: string): Promise<void> {
  const found = await runningOf(service)
  if (found) process.kill(found.pid, 'SIGKILL')
}

const killService = (service: 'proxy' | 'db', excuse: string): Fault => ({
  name: `SIGKILL of ${service === 'db' ? 'the database' : 'the proxy'}`,
  excuse,
  play: async scene => {
    const run = scene.start()
    await scene.moment(run)
    await crash(service)
  },
})

/** Between its start and its smoke tests: once it has passed those it is as good as live. */
const killCandidate: Fault = {
  name: 'SIGKILL of the candidate',
  scripts: ['deploy'],
  play: async scene => {
    const run = scene.start()
    const live = liveColour()
    if (!(await scene.moment(run, /^Wait for <colour> to be healthy/))) return
    if (scene.hasBegun(title => title.startsWith('Smoke tests on'))) return scene.miss()
    await crash(oneOf(scene, live === 'blue' ? 'green' : 'blue'))
  },
}

const oneOf = (scene: Scene, colour: string): string =>
  `${scene.random.pick(['backend', 'frontend'])}-${colour}`

const killNewlyLive: Fault = {
  name: 'SIGKILL of the candidate as it goes live',
  scripts: ['deploy'],
  excuse: 'users are on it: they are moved back when it is seen',
  play: async scene => {
    const run = scene.start()
    const live = liveColour()
    if (!(await scene.moment(run, /^(Switch traffic|Smoke tests at|Monitor stability)/))) return
    await crash(oneOf(scene, live === 'blue' ? 'green' : 'blue'))
  },
}

/** SIGSTOP, a while, SIGCONT. */
export async function standStill(scene: Scene, pids: readonly number[], ms: number): Promise<void> {
  scene.when += `, for ${ms} ms`
  for (const pid of pids) process.kill(pid, 'SIGSTOP')
  await sleep(ms)
  for (const pid of pids)
    try {
      process.kill(pid, 'SIGCONT')
    } catch {
      // somebody has ended it meanwhile
    }
}

export const kills: readonly Fault[] = [
  killRun,
  killService('proxy', restarts),
  killService('db', 'what is asked of it meanwhile cannot be answered; Docker starts it again'),
  killCandidate,
  killNewlyLive,
]
