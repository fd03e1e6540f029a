import type { Finding } from './finding.ts'
import { buildsOn, nameOf, type Revision } from './history.ts'

const day = 24 * 3600 * 1000
/** No Alembic before its first release. */
const earliest = Date.UTC(2011, 10, 29)

/** File names as the documentation has them, `YYYYMMDD_HHMM_{revision}_{description}.py`, against what is in them. */
export function checkNames(revisions: readonly Revision[], now: number): Finding[] {
  return revisions.flatMap(revision => {
    const { id, file } = revision
    const name = nameOf(revision)
    const match = /^(\d{8})_(\d{4})_(.+)\.py$/.exec(name)
    const about = { level: 'warning', file: file.file, line: 1, revision: id } as const
    if (!match)
      return [
        {
          ...about,
          id: 'name.pattern',
          what: `${name} is not named YYYYMMDD_HHMM_{revision}_{description}.py`,
          why: 'The directory no longer lists the history in its order.',
          fix: `set file_template in alembic.ini, and rename it: YYYYMMDD_HHMM_${id}_….py`,
        },
      ]
    const [, date = '', time = '', rest = ''] = match
    const found: Finding[] = []
    if (!(rest === id || rest.startsWith(`${id}_`)))
      found.push({
        ...about,
        id: 'name.revision',
        level: 'error',
        line: file.revision?.line,
        what: `${name} is named after another revision: the one in it is ${id}`,
        why: 'Whoever looks the revision up by name, in an incident, opens the wrong file.',
        fix: `rename it: ${date}_${time}_${id}_….py, or restore its revision`,
      })
    else if (rest === id)
      found.push({
        ...about,
        id: 'name.pattern',
        what: `${name} has no description behind its revision`,
        why: 'The list of files no longer tells what each migration does.',
        fix: `rename it: ${date}_${time}_${id}_what_it_does.py`,
      })
    return [...found, ...dates(revision, date, time, revisions, now)]
  })
}

function dates(
  revision: Revision,
  date: string,
  time: string,
  revisions: readonly Revision[],
  now: number,
): Finding[] {
  const at = parseDate(date, time)
  const why =
    at === undefined
      ? `there is no ${date} ${time}`
      : at > now + day
        ? 'it lies in the future'
        : at < earliest
          ? 'Alembic did not exist then'
          : before(revision, at, revisions)
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

function before(revision: Revision, at: number, revisions: readonly Revision[]): string | undefined {
  for (const below of buildsOn(revisions, revision)) {
    const [, date = '', time = ''] = /^(\d{8})_(\d{4})_/.exec(nameOf(below)) ?? []
    const parent = parseDate(date, time)
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
