import { randomUUID } from 'node:crypto'
import { describeProblem, type Problem } from '../base/failure.ts'
import { redact } from '../base/redact.ts'
import { printable } from '../base/text.ts'

/**
 * An output of a workflow's step as a line or more of the file `$GITHUB_OUTPUT`. The value may hold anything: the
 * delimiter is not to be guessed by whoever wrote it (GitHub Docs, "Workflow commands", multiline strings).
 */
export function stepOutput(name: string, value: string): string {
  const delimiter = `end-${randomUUID()}`
  return `${name}<<${delimiter}\n${value}\n${delimiter}\n`
}

/** GitHub refuses an issue of more than 65,536 characters, and a job's outputs of more than 1 MB. */
const longest = 20_000

/** The output `problem`, for the workflow's issue: why the step failed; empty where it did not. */
export function problemOutput(problem: Problem | undefined): string {
  const said = problem ? printable(redact(describeProblem(problem))) : ''
  return stepOutput('problem', said.length > longest ? `${said.slice(0, longest)}\n…` : said)
}
