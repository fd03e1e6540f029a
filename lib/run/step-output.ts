import { randomUUID } from 'node:crypto'

/**
 * An output of a workflow's step as a line or more of the file `$GITHUB_OUTPUT`. The value may hold anything: the
 * delimiter is not to be guessed by whoever wrote it (GitHub Docs, "Workflow commands", multiline strings).
 */
export function stepOutput(name: string, value: string): string {
  const delimiter = `end-${randomUUID()}`
  return `${name}<<${delimiter}\n${value}\n${delimiter}\n`
}
