import { readdirSync, readlinkSync } from 'node:fs'
import { Failure } from '../base/failure.ts'
import { readIfThere } from '../base/files.ts'
import { whereThere } from '../base/system-errors.ts'
import { sleep } from '../base/wait.ts'
import type { Place } from '../environment/environment.ts'

/** What the environment variable TRACEHUB_RUN of every command of a run says. */
export const commandMark = ({ project, directory }: Place, run: string): string =>
  `${project}@${directory}/${run}`

/**
 * Ends the commands of earlier runs of this environment that are still at work. A killed run takes its commands with
 * it, but not always their children: `docker` starts Compose as a process of its own. Called under the lock, so
 * every run but ours is over.
 */
export async function endOrphans(environment: Place, run: string): Promise<void> {
  const mark = `TRACEHUB_RUN=${commandMark(environment, '')}`
  const own = `TRACEHUB_RUN=${commandMark(environment, run)}`
  const orphans = processesWith(variable => variable.startsWith(mark) && variable !== own)
  for (const pid of orphans) whereThere(() => process.kill(pid, 'SIGKILL'), 'ESRCH')
  for (let tries = 0; orphans.some(isAlive); tries += 1) {
    if (tries === 500)
      throw new Failure({
        what: `process ${orphans.filter(isAlive).join(', ')} of an earlier run does not end`,
      })
    await sleep(20)
  }
}

function processesWith(matches: (variable: string) => boolean): number[] {
  const here = namespaceOf('self')
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && namespaceOf(name) === here)
    .map(Number)
    .filter(pid => read(`/proc/${pid}/environ`).split('\0').some(matches))
}

/** A container's processes are seen from outside of it, too: what runs in there is another machine's run. */
const namespaceOf = (pid: string): string | undefined =>
  whereThere(() => readlinkSync(`/proc/${pid}/ns/pid`), ...endedOrNotOurs)

const isAlive = (pid: number): boolean => /^State:\s+[^ZX]/m.test(read(`/proc/${pid}/status`))

const read = (file: string): string => readIfThere(file, ...endedOrNotOurs) ?? ''

/** Where a process has ended, or is somebody else's. */
const endedOrNotOurs = ['ESRCH', 'EACCES', 'EPERM']
