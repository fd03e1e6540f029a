import type { Step } from '../facts.ts'
import { type Finding, fails } from '../finding.ts'
import type { Revision } from '../history.ts'
import { strongestLocks } from '../safety/locks.ts'

/** A revision as its reviewer wants to see it. */
export interface Verdict {
  readonly revision: Revision
  readonly isNew: boolean
  readonly step: Step | undefined
  readonly locks: readonly (readonly [table: string, mode: string])[]
  readonly reversible: 'yes' | 'no' | 'allowed' | 'not tried'
  readonly says: 'fails' | 'blocks' | 'warns' | 'safe' | 'not tried'
}

export function verdicts(
  revisions: readonly Revision[],
  about: {
    steps: readonly Step[]
    findings: readonly Finding[]
    irreversible: ReadonlySet<string>
    changed: ReadonlySet<string> | undefined
  },
): Verdict[] {
  return revisions.map(revision => {
    const step = about.steps.find(each => each.revision === revision.id)
    const own = about.findings.filter(finding => finding.revision === revision.id)
    const has = (level: string): boolean => own.some(finding => finding.level === level)
    const reversed = own.some(
      finding => fails(finding) && /^(reversible|data\.(downgrade|lost))/.test(finding.id),
    )
    return {
      revision,
      isNew: about.changed?.has(revision.file.file) ?? false,
      step,
      locks: step ? strongestLocks(step) : [],
      reversible: about.irreversible.has(revision.id)
        ? 'allowed'
        : reversed
          ? 'no'
          : step?.down
            ? 'yes'
            : 'not tried',
      says: has('error')
        ? 'fails'
        : has('blocks')
          ? 'blocks'
          : has('warning')
            ? 'warns'
            : step
              ? 'safe'
              : 'not tried',
    }
  })
}

const verbs: readonly (readonly [RegExp, (match: RegExpExecArray) => string])[] = [
  [/^create (?:unlogged )?table (?:if not exists )?([\w."]+)/i, ([, name]) => `makes the table ${name}`],
  [
    /^create (?:unique )?index (?:concurrently )?(?:if not exists )?([\w."]+)? ?on (?:only )?([\w."]+)/i,
    ([, name, table]) => `indexes ${table} (${name ?? 'unnamed'})`,
  ],
  [/^create type ([\w."]+)/i, ([, name]) => `makes the type ${name}`],
  [/^alter type ([\w."]+) add value/i, ([, name]) => `adds a value to ${name}`],
  [
    /^alter table (?:only )?(?:if exists )?([\w."]+) add column (?:if not exists )?([\w."]+)/i,
    ([, table, name]) => `adds ${table}.${name}`,
  ],
  [
    /^alter table (?:only )?([\w."]+) drop column (?:if exists )?([\w."]+)/i,
    ([, table, name]) => `drops ${table}.${name}`,
  ],
  [
    /^alter table (?:only )?([\w."]+) rename (?:column )?([\w."]+) to ([\w."]+)/i,
    ([, table, from, to]) => `renames ${table}.${from} to ${to}`,
  ],
  [/^alter table (?:only )?([\w."]+)/i, ([, table]) => `alters ${table}`],
  [
    /^drop (table|index|type|view|sequence) (?:if exists )?([\w."]+)/i,
    ([, kind, name]) => `drops the ${kind?.toLowerCase()} ${name}`,
  ],
  [/^insert into ([\w."]+)/i, ([, table]) => `inserts into ${table}`],
  [/^update (?:only )?([\w."]+)/i, ([, table]) => `updates ${table}`],
  [/^delete from (?:only )?([\w."]+)/i, ([, table]) => `deletes from ${table}`],
  [
    /^create (?:or replace )?(view|function|trigger|extension|sequence|schema)(?: if not exists)? ([\w."]+)/i,
    ([, kind, name]) => `makes the ${kind?.toLowerCase()} ${name}`,
  ],
]

/** What a revision does, in words, from the SQL that it really executed. */
export function inWords(step: Step | undefined): string {
  const words = (step?.statements ?? []).flatMap(({ sql }) => {
    const text = sql.trim().replace(/\s+/g, ' ')
    for (const [pattern, say] of verbs) {
      const match = pattern.exec(text)
      if (match) return [say(match)]
    }
    return /^select\b/i.test(text) ? [] : [text.slice(0, 40)]
  })
  return [...new Set(words)].join('; ') || (step ? 'nothing' : 'not tried')
}
