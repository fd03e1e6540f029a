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
