import type { Problem } from '../../base/failure.ts'
import { engineTrouble } from '../../docker/answers.ts'
import { findCompose } from '../../docker/compose.ts'

/** Docker, and a compose to go with it. */
export async function engineProblems(): Promise<Problem[]> {
  const trouble = await engineTrouble()
  if (trouble) return [trouble]
  if (await findCompose()) return []
  return [
    {
      what: 'neither `docker compose` nor `docker-compose` is here',
      fix: 'apt-get install docker-compose-plugin',
    },
  ]
}
