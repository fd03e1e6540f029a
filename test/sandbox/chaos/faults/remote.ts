import { type Relay, startRelay } from '../../ssh/relay.ts'
import { runnerVariables } from '../../ssh/runner.ts'
import { ensureSshd } from '../../ssh/sshd.ts'
import type { Fault } from '../fault.ts'
import type { Scene } from '../scene.ts'

async function fromElsewhere(
  scene: Scene,
  act: (relay: Relay, run: ReturnType<Scene['start']>) => Promise<void>,
): Promise<void> {
  const relay = await startRelay()
  try {
    const run = scene.start(await runnerVariables(relay.port))
    await act(relay, run)
    await scene.over()
  } finally {
    relay.close()
  }
}
const prepare = (): Promise<void> => ensureSshd(() => {})

const killClient: Fault = {
  name: 'SIGKILL of the client of a run over SSH',
  prepare,
  play: scene =>
    fromElsewhere(scene, async (_relay, run) => {
      await scene.moment(run)
      run.signal('SIGKILL')
    }),
}

const killRelay: Fault = {
  name: 'the SSH connection breaks, for up to 2 s',
  codes: [0],
  prepare,
  play: scene =>
    fromElsewhere(scene, async (relay, run) => {
      await scene.moment(run)
      relay.cut(scene.random.pick([0, 500, 2000]))
    }),
}

export const remote: readonly Fault[] = [killClient, killRelay]
