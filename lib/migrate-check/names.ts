import type { Finding } from './finding.ts'
import { buildsOn, nameOf, type Revision } from './history.ts'
import type { Naming } from './naming.ts'

const day = 24 * 3600 * 1000
/** No Alembic before its first release. */
const earliest = Date.UTC(2011, 10, 29)

/** File names as `naming` has them, against what is in them. */
export function checkNames(
  revisions: readonly Revision[],
  naming: Naming | undefined,
  now: number,
): Finding[] {
  if (!naming) return []
  return revisions.flatMap(revision => {
    const match = naming.matches(stemOf(revision), revision.id)
    if (match) return dates(revision, match, { revisions, naming, now })
    return [misnamed(revision, naming)]
  })
}

const stemOf = (revision: Revision): string => nameOf(revision).replace(/\.py$/, '')

function misnamed(revision: Revision, naming: Naming): Finding {
  const { id, file } = revision
  const about = { file: file.file, revision: id } as const
  const stem = stemOf(revision)
  const like = naming.resembles(stem)
  const right = exampleOf(naming, id, like?.groups)
  if (!like)
    return {
      ...about,
      id: 'name.pattern',
      level: 'warning',
      line: 1,
      what: `${stem}.py is not named ${naming.pattern}.py`,
      why: 'The directory no longer lists the history in its order.',
      fix: `rename it: ${right}; \`naming\` in the environment's settings is another pattern, or off`,
    }
  if (`_${stem}_`.replace(/[-.]/g, '_').includes(`_${id.replace(/[-.]/g, '_')}_`))
    return {
      ...about,
      id: 'name.pattern',
      level: 'warning',
      line: 1,
      what: `${stem}.py has no description behind its revision`,
      why: 'The list of files no longer tells what each migration does.',
      fix: `rename it: ${right}`,
    }
  return {
    ...about,
    id: 'name.revision',
    level: 'error',
    line: file.revision?.line ?? 1,
    what: `${stem}.py is named after another revision: the one in it is ${id}`,
    why: 'Whoever looks the revision up by name, in an incident, opens the wrong file.',
    fix: `rename it: ${right}, or restore its revision`,
  }
}

const exampleOf = ({ pattern }: Naming, id: string, groups: RegExpExecArray['groups']): string =>
  `${pattern
    .replace('{revision}', () => id)
    .replace('{description}', 'what_it_does')
    .replace('YYYYMMDD', word => groups?.['date'] ?? word)
    .replace('HHMM', word => groups?.['time'] ?? word)}.py`

interface Around {
  readonly revisions: readonly Revision[]
  readonly naming: Naming
  readonly now: number
}

function dates(revision: Revision, { groups }: RegExpExecArray, around: Around): Finding[] {
  const { date, time = '0000' } = groups ?? {}
  if (date === undefined) return []
  const at = parseDate(date, time)
  const why =
    at === undefined
      ? `there is no ${date}${groups?.['time'] === undefined ? '' : ` ${time}`}`
      : at > around.now + day
        ? 'it lies in the future'
        : at < earliest
          ? 'Alembic did not exist then'
          : before(revision, at, around)
  if (why === undefined) return []
  return [
    {
      id: 'name.date',
      level: 'warning',
      file: revision.file.file,
      line: 1,
      revision: revision.id,
      what: `the date in ${nameOf(revision)} is not plausible: ${why}`,
      why: 'Files are read in the order of their names: this one stands where it does not belong.',
      fix: 'rename it with the date on which it was written',
    },
  ]
}

function before(revision: Revision, at: number, { revisions, naming }: Around): string | undefined {
  for (const below of buildsOn(revisions, revision)) {
    const { date, time = '0000' } = naming.matches(stemOf(below), below.id)?.groups ?? {}
    const parent = date === undefined ? undefined : parseDate(date, time)
    if (parent !== undefined && at < parent - day) return `it is before that of ${below.id}, which it follows`
  }
  return undefined
}

/** Milliseconds since 1970, or undefined where there is no such minute. */
function parseDate(date: string, time: string): number | undefined {
  const [year, month, dayOfMonth, hour, minute] = [
    date.slice(0, 4),
    date.slice(4, 6),
    date.slice(6, 8),
    time.slice(0, 2),
    time.slice(2, 4),
  ].map(Number) as [number, number, number, number, number]
  const at = new Date(Date.UTC(year, month - 1, dayOfMonth, hour, minute))
  const same = at.getUTCMonth() === month - 1 && at.getUTCDate() === dayOfMonth && at.getUTCHours() === hour
  return same && minute < 60 ? at.getTime() : undefined
}
