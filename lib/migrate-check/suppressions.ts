import type { RevisionFile } from './facts.ts'
import { about, type Finding } from './finding.ts'

export interface Judged {
  readonly findings: readonly Finding[]
  /** What a migration's own comment allows, with the reason that it gives. */
  readonly allowed: readonly { readonly finding: Finding; readonly reason: string }[]
}

/** What may be allowed: matters of judgement. A broken graph is none. */
const allowable = /^(safe|squawk|data|name)\.|^graph\.(docstring|ignored-file)$/

/** Takes out what `# migrate-check: allow <finding>: <reason>` in the revision's file allows. */
export function applySuppressions(findings: readonly Finding[], files: readonly RevisionFile[]): Judged {
  const kept: Finding[] = []
  const allowed: { finding: Finding; reason: string }[] = []
  const used = new Set<unknown>()
  for (const finding of findings) {
    const file = files.find(each => each.file === finding.file)
    const suppression = allowable.test(finding.id)
      ? file?.suppressions?.find(({ id }) => id === finding.id)
      : undefined
    if (suppression) used.add(suppression)
    if (suppression && suppression.reason !== '') allowed.push({ finding, reason: suppression.reason })
    else kept.push(finding)
  }
  return { findings: [...kept, ...files.flatMap(file => [...complaints(file, used)])], allowed }
}

function* complaints(
  { file, suppressions = [] }: RevisionFile,
  used: ReadonlySet<unknown>,
): Iterable<Finding> {
  for (const suppression of suppressions) {
    const { id, line, reason } = suppression
    if (reason === '')
      yield {
        ...about('suppression.no-reason', 'error', file, line),
        what: `the comment allows ${id} and gives no reason`,
        why: 'Whoever reviews it, and whoever looks back after an outage, must see why it was safe.',
        fix: `# migrate-check: allow ${id}: <reason>`,
      }
    else if (!used.has(suppression))
      yield {
        ...about('suppression.unused', 'note', file, line),
        what: `the comment allows ${id}, which was not found`,
        why: 'A comment that allows nothing may one day allow too much.',
        fix: allowable.test(id) ? 'delete it' : `${id} cannot be allowed: mend it`,
      }
  }
}
