import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { commandOf } from '../base/command-text.ts'
import { exitCodes, Failure, UsageError } from '../base/failure.ts'
import { growingLines } from '../base/growing-lines.ts'
import { shown } from '../base/text.ts'
import { sleep } from '../base/wait.ts'
import type { Place } from '../environment/environment.ts'
import { chooseRenderer, type RenderOptions } from './output/choose.ts'
import { logFile, readEvents, runsIn } from './run-log.ts'

/** Milliseconds between two looks at a log that still grows. */
const pause = 100
/** One Ctrl-C may arrive twice within this time (ms): from the terminal, and relayed by what started us. */
const echo = 1000

/**
 * Shows a run as if one had started it: what it has done so far, and what it does until its end. Ctrl-C asks the run
 * to stop, as it does where it was started; a second one leaves it alone.
 * @param wanted a run's name, or `latest`
 * @returns the run's exit code. @throws Failure where the run was killed and has none.
 */
export async function attach(place: Place, wanted: string, options: RenderOptions): Promise<number> {
  const file = findLog(place, wanted)
  const render = chooseRenderer(options)
  let pid: number | undefined
  let interrupts = 0
  let last = 0
  const interrupt = (): void => {
    if (Date.now() - last < echo) return
    last = Date.now()
    interrupts += 1
    if (interrupts > 1) process.exit(exitCodes.needsPerson)
    if (pid !== undefined && isRun(pid)) process.kill(pid, 'SIGINT')
  }
  process.on('SIGINT', interrupt)
  try {
    for (const read = growingLines(file); ; ) {
      const alive = pid === undefined || isRun(pid) // asked first: what it said last is read below
      for (let lines = read(); lines.length > 0; lines = read())
        for (const event of readEvents(lines.toString('utf8'))) {
          render(event)
          if (event.type === 'run-started') pid = event.pid
          if (event.type === 'run-finished') return event.exitCode
        }
      if (!alive) throw killed(place, file)
      await sleep(pause)
    }
  } finally {
    process.off('SIGINT', interrupt)
  }
}

function findLog(place: Place, wanted: string): string {
  const runs = runsIn(place)
  const run = wanted === 'latest' ? runs.at(-1) : wanted
  if (run === undefined || runs.length === 0)
    throw new UsageError(`there has been no run of ${place.name} yet`)
  if (runs.includes(run)) return logFile(place, run)
  throw new UsageError(
    `--attach is ${shown(wanted)}: there is no such run of ${place.name}`,
    `the newest: ${runs.slice(-3).join(', ')}`,
  )
}

/** Whether a script of ours has this number, and not somebody who got it after the run's end. */
function isRun(pid: number): boolean {
  try {
    return /scripts\/[\w-]+\.ts\0/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
  } catch {
    return false
  }
}

const killed = (place: Place, file: string): Failure =>
  new Failure(
    {
      what: `${basename(file, '.jsonl')} did not come to its end: it was killed, or the machine was restarted`,
      detail: `log: ${file}`,
      fix: `${commandOf('deploy', place.name)}  repairs what it left`,
    },
    exitCodes.needsPerson,
  )
