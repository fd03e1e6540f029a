/** The exit codes are a contract: see the table in docs/deploy.md. */
export const exitCodes = {
  done: 0,
  nothingChanged: 1,
  usage: 2,
  locked: 3,
  rolledBack: 4,
  needsPerson: 5,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** What is wrong, and what to do about it: the parts that every message of ours has. */
export interface Problem {
  /** One sentence: what was expected and what was found instead. */
  readonly what: string
  /** More lines for the person who looks closer: a log's tail, a list. */
  readonly detail?: string | undefined
  /** What to do next, usually a command to copy. */
  readonly fix?: string | undefined
}

/** A failure that we foresaw. It prints its message, never a stack. */
export class Failure extends Error implements Problem {
  override readonly name: string = 'Failure'
  readonly what: string
  readonly detail: string | undefined
  readonly fix: string | undefined
  readonly exitCode: ExitCode

  constructor(problem: Problem, exitCode: ExitCode = exitCodes.nothingChanged, cause?: unknown) {
    super(problem.what, cause === undefined ? undefined : { cause })
    this.what = problem.what
    this.detail = problem.detail
    this.fix = problem.fix
    this.exitCode = exitCode
  }
}

/** Wrong command line or wrong configuration: nothing was touched. Exit code 2. */
export class UsageError extends Failure {
  override readonly name = 'UsageError'

  constructor(what: string, fix?: string) {
    super({ what, fix }, exitCodes.usage)
  }
}

/** A person or a CI system asked the run to stop (Ctrl-C, SIGTERM, SIGHUP). */
export class Cancelled extends Failure {
  override readonly name = 'Cancelled'

  constructor(signal: string) {
    super({ what: `stopped by ${signal}` })
  }
}

/** Several problems found together are shown together, never one a run. */
export class Problems extends Failure {
  override readonly name = 'Problems'
  readonly problems: readonly Problem[]

  constructor(title: string, problems: readonly Problem[], exitCode: ExitCode = exitCodes.nothingChanged) {
    super({ what: title, detail: problems.map(describeProblem).join('\n') }, exitCode)
    this.problems = problems
  }
}

/** A problem as text: the sentence, its details indented, then what to do. */
export function describeProblem(problem: Problem): string {
  const lines = [problem.what]
  if (problem.detail) lines.push(...problem.detail.split('\n').map(line => `  ${line}`))
  if (problem.fix)
    lines.push(...problem.fix.split('\n').map((line, i) => (i === 0 ? `→ ${line}` : `  ${line}`)))
  return lines.join('\n')
}

/** Any thrown value as a problem: a failure of ours as it is, anything else by its message. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Failure) return { what: error.what, detail: error.detail, fix: error.fix }
  return { what: error instanceof Error ? error.message : String(error) }
}
