import type { Problem } from '../../base/failure.ts'
import { attempt } from '../../base/shell.ts'
import { lastLines } from '../../base/text.ts'
import { findCompose } from '../../docker/compose.ts'

/** Docker, and a compose to go with it. */
export async function engineProblems(): Promise<Problem[]> {
  const engine = await attempt(['docker', 'version', '--format', '{{.Server.Version}}'], { timeout: 20_000 })
  if (!engine.ok)
    return [
      {
        what: 'Docker does not answer on this machine',
        detail: lastLines(engine.stderr, 3),
        fix: 'sudo systemctl start docker, and check that you are in the group docker',
      },
    ]
  if (await findCompose()) return []
  return [
    {
      what: 'neither `docker compose` nor `docker-compose` is here',
      fix: 'apt-get install docker-compose-plugin',
    },
  ]
}
