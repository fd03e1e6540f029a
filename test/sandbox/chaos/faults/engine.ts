import { ensureEngine, killEngine, ownEngine } from '../../engine.ts'
import { startRegistry } from '../../registry.ts'
import type { Fault } from '../fault.ts'

export const engineDies: Fault = {
  name: 'SIGKILL of dockerd',
  excuse: 'a new dockerd stops and starts every container',
  wholeMachine: true,
  possible: () => ownEngine() !== undefined,
  play: async scene => {
    const run = scene.start()
    await scene.moment(run)
    const away = scene.random.between(200, 3000)
    scene.when += `, away for ${away} ms`
    await killEngine(away)
  },
  heal: async () => {
    await ensureEngine(() => {})
    await startRegistry()
  },
}
