import { randomUUID } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { variable } from '../base/caller.ts'
import { describeProblem, type Problem } from '../base/failure.ts'
import { redact } from '../base/redact.ts'
import { printable } from '../base/text.ts'

/**
 * A line of a step's output that GitHub shows beside the run, or beside the line of a file (GitHub Docs, "Workflow
 * commands for GitHub Actions"). Data and properties are escaped as the runner's own toolkit does it.
 */
export function annotation(
  level: 'error' | 'warning' | 'notice',
  properties: Readonly<Record<string, string | number>>,
  text: string,
): string {
  const about = Object.entries(properties).map(([name, value]) => `${name}=${property(`${value}`)}`)
  return `::${level} ${about.join(',')}::${data(text)}`
}

/** GitHub shows so many of a level for each step, and drops the others without a word (actions/toolkit, "Problem Matchers"). */
export const mostAnnotations = 10

/** Begins a part of the log that is folded. */
export const group = (title: string): string => `::group::${data(title)}`

const data = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')

/** The runner takes a line that begins with `::` or contains `##[` for a command: no program's output may be one. */
export const harmless = (text: string): string =>
  printable(text)
    .replace(/^(\s*):(?=:)/gm, '$1: ')
    .replaceAll('##[', '# #[')

/**
 * An output of a workflow's step as a line or more of the file `$GITHUB_OUTPUT`. The value may hold anything: the
 * delimiter is not to be guessed by whoever wrote it (GitHub Docs, "Workflow commands", multiline strings).
 */
export function stepOutput(name: string, value: string): string {
  const delimiter = `end-${randomUUID()}`
  return `${name}<<${delimiter}\n${value}\n${delimiter}\n`
}

/** Adds to a file that GitHub reads when the step has ended; elsewhere there is none. */
export function toGitHub(file: 'GITHUB_OUTPUT' | 'GITHUB_STEP_SUMMARY', text: string): void {
  const path = variable(file)
  if (path) appendFileSync(path, text)
}

/** GitHub refuses an issue of more than 65,536 characters, and a job's outputs of more than 1 MB. */
const longest = 20_000

/** The output `problem`, for the workflow's issue: why the step failed; empty where it did not. */
export function problemOutput(problem: Problem | undefined): string {
  const said = problem ? printable(redact(describeProblem(problem))) : ''
  return stepOutput('problem', said.length > longest ? `${said.slice(0, longest)}\n…` : said)
}
