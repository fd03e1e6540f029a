import { about, type Finding } from './finding.ts'
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
  const stem = stemOf(revision)
  const like = naming.resembles(stem)
  const right = exampleOf(naming, id, like?.groups)
  if (!like)
    return {
      ...about('name.pattern', 'warning', revision),
      what: `${stem}.py is not named ${naming.pattern}.py`,
      why: 'The directory no longer lists the history in its order.',
      fix: `rename it: ${right}; \`naming\` in the environment's settings is another pattern, or off`,
    }
  if (`_${stem}_`.replace(/[-.]/g, '_').includes(`_${id.replace(/[-.]/g, '_')}_`))
    return {
      ...about('name.pattern', 'warning', revision),
      what: `${stem}.py has no description behind its revision`,
      why: 'The list of files no longer tells what each migration does.',
      fix: `rename it: ${right}`,
    }
  return {
    ...about('name.revision', 'error', revision, file.revision?.line),
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
      ...about('name.date', 'warning', revision),
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

/** Milliseconds since 1970, or undefined where there is no such minute: `Date` takes 30 February for a day in March. */
function parseDate(date: string, time: string): number | undefined {
  const minute = `${date}${time}`.replace(/^(....)(..)(..)(..)(..)$/, '$1-$2-$3T$4:$5')
  const at = Date.parse(`${minute}Z`)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(minute) ? at : undefined
}
