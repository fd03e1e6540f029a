import type { Report } from '../check.ts'
import type { Step } from '../facts.ts'
import { fails } from '../finding.ts'
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

/** The worst first. */
const words = [
  ['error', 'fails'],
  ['blocks', 'blocks'],
  ['warning', 'warns'],
] as const

export function verdicts(
  revisions: readonly Revision[],
  about: Pick<Report, 'steps' | 'findings' | 'irreversible'> & { changed: ReadonlySet<string> | undefined },
): Verdict[] {
  return revisions.map(revision => {
    const step = about.steps.find(each => each.revision === revision.id)
    const own = about.findings.filter(finding => finding.revision === revision.id)
    const levels = new Set(own.map(({ level }) => level))
    const stays = own.some(each => fails(each) && /^(reversible|data\.(downgrade|lost))/.test(each.id))
    return {
      revision,
      isNew: about.changed?.has(revision.file.file) ?? false,
      step,
      locks: step ? strongestLocks(step) : [],
      reversible: about.irreversible.has(revision.id)
        ? 'allowed'
        : stays
          ? 'no'
          : step?.down
            ? 'yes'
            : 'not tried',
      says: words.find(([level]) => levels.has(level))?.[1] ?? (step ? 'safe' : 'not tried'),
    }
  })
}

/** What a statement does, in words in which `$1` and so on are parts of its text. */
const verbs: readonly (readonly [RegExp, string | ((match: RegExpExecArray) => string)])[] = [
  [/^create (?:unlogged )?table (?:if not exists )?([\w."]+)/i, 'makes the table $1'],
  [
    /^create (?:unique )?index (?:concurrently )?(?:if not exists )?([\w."]+)? ?on (?:only )?([\w."]+)/i,
    ([, name, table]) => `indexes ${table} (${name ?? 'unnamed'})`,
  ],
  [/^create type ([\w."]+)/i, 'makes the type $1'],
  [/^alter type ([\w."]+) add value/i, 'adds a value to $1'],
  [/^alter table (?:only )?(?:if exists )?([\w."]+) add column (?:if not exists )?([\w."]+)/i, 'adds $1.$2'],
  [/^alter table (?:only )?([\w."]+) drop column (?:if exists )?([\w."]+)/i, 'drops $1.$2'],
  [/^alter table (?:only )?([\w."]+) rename (?:column )?([\w."]+) to ([\w."]+)/i, 'renames $1.$2 to $3'],
  [/^alter table (?:only )?([\w."]+)/i, 'alters $1'],
  [
    /^drop (table|index|type|view|sequence) (?:if exists )?([\w."]+)/i,
    ([, kind, name]) => `drops the ${kind?.toLowerCase()} ${name}`,
  ],
  [/^insert into ([\w."]+)/i, 'inserts into $1'],
  [/^update (?:only )?([\w."]+)/i, 'updates $1'],
  [/^delete from (?:only )?([\w."]+)/i, 'deletes from $1'],
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
      if (match) return [typeof say === 'string' ? match[0].replace(pattern, say) : say(match)]
    }
    return /^select\b/i.test(text) ? [] : [text.slice(0, 40)]
  })
  return [...new Set(words)].join('; ') || (step ? 'nothing' : 'not tried')
}
