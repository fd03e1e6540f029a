import { docker } from '../../docker.ts'
import { ownEngine } from '../../engine.ts'
import { runningOf } from '../container.ts'
import type { Fault } from '../fault.ts'
import { standStill } from './kills.ts'

const stopRun: Fault = {
  name: 'SIGSTOP of the run',
  codes: [0],
  play: async scene => {
    const run = scene.start()
    if (!(await scene.moment(run))) return
    const ms = scene.random.between(1000, 5000)
    scene.when += `, for ${ms} ms`
    run.signal('SIGSTOP')
    await new Promise(resolve => setTimeout(resolve, ms))
    run.signal('SIGCONT')
  },
}

const stopProxy: Fault = {
  name: 'SIGSTOP of the proxy',
  play: async scene => {
    const run = scene.start()
    await scene.moment(run)
    const proxy = await runningOf('proxy')
    if (!proxy) return
    const pids = await processesOf(proxy.id)
    await standStill(scene, pids, scene.random.between(500, 4000))
  },
}

const stopDatabase: Fault = {
  name: 'SIGSTOP of the database',
  excuse: "a health check that waits for it longer than the app's 3 s is answered 503",
  play: async scene => {
    const run = scene.start()
    await scene.moment(run)
    const database = await runningOf('db')
    if (!database) return
    await standStill(scene, await processesOf(database.id), scene.random.between(500, 4000))
  },
}

const stopEngine: Fault = {
  name: 'SIGSTOP of dockerd',
  possible: () => ownEngine() !== undefined,
  play: async scene => {
    const run = scene.start()
    await scene.moment(run)
    const pid = ownEngine()
    if (pid !== undefined) await standStill(scene, [pid], scene.random.between(500, 4000))
  },
}

/** The processes of a container, as this machine numbers them. */
async function processesOf(container: string): Promise<number[]> {
  const rows = (await docker('top', container, '-eo', 'pid')).split('\n').slice(1)
  return rows.map(Number)
}

export const stalls: readonly Fault[] = [stopRun, stopProxy, stopDatabase, stopEngine]
