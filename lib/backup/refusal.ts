import { basename } from 'node:path'
import { Failure } from '../base/failure.ts'
import { lastLines } from '../base/text.ts'
import { superuserOf } from '../database/superuser.ts'
import { causeIn } from './cause.ts'
import { newerThanServer } from './dump-version.ts'
import type { Examined } from './inspect.ts'
import type { Restoring } from './restoring.ts'

export const listing = 'backup.ts --list shows them'

/** Why PostgreSQL did not take a backup, and what to do about that. @param said its own words */
export async function refusal(
  site: Restoring,
  { file, statements }: Examined,
  said: string,
): Promise<Failure> {
  const newer = await newerThanServer(site, statements)
  const cause = causeIn(said, site.project, await superuserOf(site.project))
  return new Failure({
    what: newer
      ? `${basename(file)} cannot be restored: it was made by pg_dump ${newer.dump}, and PostgreSQL here is ${newer.server}`
      : `${basename(file)} cannot be restored: ${cause?.why ?? 'PostgreSQL refused it'}`,
    detail: lastLines(said, 5),
    fix: newer
      ? `restore it on PostgreSQL ${newer.dump} or newer, or choose another one: ${listing}`
      : (cause?.fix ?? `choose another one: ${listing}`),
  })
}
