import {
  describeProblem,
  type ExitCode,
  exitCodes,
  Failure,
  type Problem,
  problemOf,
} from '../base/failure.ts'
import { refused } from '../base/system-errors.ts'
import type { Outcome } from './events.ts'

/** How a run ended. */
export interface Ended {
  readonly outcome: Outcome
  readonly exitCode: ExitCode
  readonly problem?: Problem
}

export const done: Ended = { outcome: 'done', exitCode: exitCodes.done }

/** A run that had nothing to roll back. */
export function stopped(error: unknown, { kept }: { kept: boolean }): Ended {
  // What was kept was changed: "nothing was changed" would be a lie.
  const unforeseen = kept ? exitCodes.needsPerson : exitCodes.nothingChanged
  const exitCode = error instanceof Failure && !kept ? error.exitCode : unforeseen
  const outcome = exitCode === exitCodes.needsPerson ? 'needs a person' : 'failed'
  return { outcome, exitCode, problem: foreseenOrBug(error) }
}

/** A run that took back what it did. @param failed what of it could not be rolled back */
export function takenBack(problem: Problem, failed: readonly Problem[]): Ended {
  if (failed.length === 0) return { outcome: 'rolled back', exitCode: exitCodes.rolledBack, problem }
  const detail = [problem.detail, 'and taking it back failed:', ...failed.map(describeProblem)]
  const fixes = failed.map(({ fix }) => fix)
  return {
    outcome: 'needs a person',
    exitCode: exitCodes.needsPerson,
    problem: {
      what: problem.what,
      detail: detail.filter(line => line !== undefined).join('\n'),
      fix: fixes.filter(fix => fix !== undefined).join('\n') || problem.fix,
    },
  }
}

/** What stopped a run: what we foresaw, what the machine refused, or a bug, whose stack is for whoever fixes the toolkit. */
export function foreseenOrBug(error: unknown): Problem {
  const foreseen = error instanceof Failure ? error : refused(error)
  if (foreseen) return problemOf(foreseen)
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { what: 'a bug in the toolkit stopped this run', detail: stack, fix: 'report it with the log below' }
}
