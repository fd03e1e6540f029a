import { createServer } from 'node:net'
import { type Problem, Problems } from '../../base/failure.ts'
import { count } from '../../base/text.ts'
import { engineProblems } from '../../deploy/preflight/machine.ts'
import type { Colour } from '../../environment/environment.ts'
import { readState } from './directory.ts'
import type { EdgeSite } from './site.ts'

/**
 * Looks at what could make an update fail before anything is changed.
 * @returns the slot that serves, if one does. @throws Problems with all that is wrong.
 */
export async function edgePreflight({ edge, slots }: EdgeSite): Promise<Colour | undefined> {
  const engine = await engineProblems()
  if (engine.length > 0) throw notReady(engine)
  const [live] = await slots.serving(readState(edge)?.live ?? null)
  const running = [...(await slots.containers()).values()].some(one => one?.status === 'running')
  const problems: Problem[] = []
  if (!running)
    for (const port of Object.values(edge.ports))
      if (!(await isFree(port)))
        problems.push({
          what: `port ${port} is taken by something else`,
          fix: `ss -ltnp 'sport = :${port}' shows by what; a TLS terminator of your own makes the edge needless: see docs/tls-edge.md`,
        })
  if (problems.length > 0) throw notReady(problems)
  return live
}

const notReady = (problems: readonly Problem[]): Problems =>
  new Problems(`the edge cannot be updated: ${count(problems.length, 'problem')}`, problems)

/** A port that this user may not bind is not taken: the container binds it as root. */
function isFree(port: number): Promise<boolean> {
  return new Promise(free => {
    const server = createServer()
    server.once('error', error => free('code' in error && error.code === 'EACCES'))
    server.listen(port, () => server.close(() => free(true)))
  })
}
