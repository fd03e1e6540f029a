import { createServer } from 'node:net'
import { type Problem, Problems } from '../../base/failure.ts'
import { attempt } from '../../base/shell.ts'
import { count, lastLines } from '../../base/text.ts'
import { findCompose } from '../../docker/compose.ts'
import type { Colour } from '../../environment/environment.ts'
import { readState } from './directory.ts'
import type { EdgeSite } from './site.ts'

/**
 * Looks at what could make an update fail before anything is changed.
 * @returns the slot that serves, if one does. @throws Problems with all that is wrong.
 */
export async function edgePreflight({ edge, slots }: EdgeSite): Promise<Colour | undefined> {
  const engine = await attempt(['docker', 'version', '--format', '{{.Server.Version}}'], { timeout: 20_000 })
  if (!engine.ok)
    throw new Problems('the edge cannot be updated: 1 problem', [
      {
        what: 'Docker does not answer on this machine',
        detail: lastLines(engine.stderr, 3),
        fix: 'sudo systemctl start docker, and check that you are in the group docker',
      },
    ])
  const [live] = await slots.serving(readState(edge)?.live ?? null)
  const running = [...(await slots.containers()).values()].some(({ status }) => status === 'running')
  const problems: Problem[] = []
  if (!(await findCompose()))
    problems.push({
      what: 'neither `docker compose` nor `docker-compose` is here',
      fix: 'apt-get install docker-compose-plugin',
    })
  if (!running)
    for (const port of Object.values(edge.ports))
      if (!(await isFree(port)))
        problems.push({
          what: `port ${port} is taken by something else`,
          fix: `ss -ltnp 'sport = :${port}' shows by what; a TLS terminator of your own makes the edge needless: see docs/tls-edge.md`,
        })
  if (problems.length > 0)
    throw new Problems(`the edge cannot be updated: ${count(problems.length, 'problem')}`, problems)
  return live
}

/** A port that this user may not bind is not taken: the container binds it as root. */
function isFree(port: number): Promise<boolean> {
  return new Promise(free => {
    const server = createServer()
    server.once('error', error => free('code' in error && error.code === 'EACCES'))
    server.listen(port, () => server.close(() => free(true)))
  })
}
