import { basename } from 'node:path'
import { lastLines, shown } from '../base/text.ts'
import type { Revision } from '../database/database.ts'
import type { Site } from '../proxy/site.ts'
import { badFile } from './bad-file.ts'
import { inDatabase, inside } from './container.ts'
import { type Format, unpack } from './format.ts'
import { revisionIn, revisionLines, versionColumn, versionTablesIn } from './revisions.ts'

/** Lines that matter, with their byte offsets. In COPY data, `\N`, `\\` and `\.` and the escapes begin lines, too. */
const lines = String.raw`^\\[^.N\\bfnrtv]|^\\(un)?restrict |^-- PostgreSQL database dump complete|${revisionLines}`

/** Reads SQL from its first byte to its last. @returns the schema's revision in it. */
export async function readPlain(
  { project, run }: Site,
  file: string,
  name: string,
  format: Exclude<Format, 'custom'>,
): Promise<Revision> {
  const command = `set -o pipefail; ${unpack[format]} "$1" | { LC_ALL=C grep -a -b -A 50 -E "$2" || true; } | LC_ALL=C cut -b 1-500 | { head -c 500000; cat >/dev/null; }`
  const ran = await inDatabase(project, ['bash', '-c', command, 'bash', inside(name), lines], {
    signal: run.signal,
    timeout: 60 * 60_000,
  })
  if (!ran.ok)
    throw badFile(file, `it cannot be unpacked: ${lastLines(ran.stderr, 1).replaceAll(name, basename(file))}`)
  const found = [...ran.stdout.matchAll(/^(\d+)([:-])(.*)$/gm)].map(([, at, sign, text = '']) => ({
    at: Number(at),
    isMatch: sign === ':',
    text,
  }))
  const isToken = (text: string): boolean => /^\\(un)?restrict /.test(text)
  const forPsql = found.find(({ isMatch, text }) => isMatch && text.startsWith('\\') && !isToken(text))
  if (forPsql)
    throw badFile(
      file,
      `at byte ${forPsql.at} it has a command for psql, ${shown(forPsql.text)}, which could reach another database`,
      'dump one database, without --create',
    )
  if (!found.some(({ isMatch, text }) => isMatch && text.startsWith('-- PostgreSQL database dump complete')))
    throw badFile(file, 'it is not complete: its end lacks "-- PostgreSQL database dump complete"')
  const tokens = found
    .filter(({ isMatch, text }) => isMatch && isToken(text))
    .map(({ text }) => text.split(' ')[1])
  if (tokens.length > 0 && (tokens.length !== 2 || tokens[0] !== tokens[1]))
    throw badFile(file, String.raw`its \restrict and \unrestrict do not match`)
  return revisionIn(
    found.map(({ text }) => text),
    project.environment.database,
  )
}

/** The same for what pg_dump writes in a format of its own. */
export async function readCustom({ project, run }: Site, file: string, name: string): Promise<Revision> {
  const options = { signal: run.signal, timeout: 60 * 60_000 }
  const whole = await inDatabase(project, ['pg_restore', '--file', '/dev/null', inside(name)], options)
  if (!whole.ok)
    throw badFile(
      file,
      `pg_restore cannot read it: ${lastLines(whole.stderr, 1).replaceAll(name, basename(file))}`,
    )
  const schema = `pg_restore --schema-only --file - "$1" | LC_ALL=C grep -a -B 1 -A 1 -E "$2" || true`
  const { stdout } = await inDatabase(
    project,
    ['bash', '-c', schema, 'bash', inside(name), versionColumn],
    options,
  )
  const rows: string[] = []
  for (const found of versionTablesIn(stdout)) {
    const place = ['--schema', found.schema, '--table', found.table]
    const words = ['pg_restore', '--data-only', ...place, '--file', '-', inside(name)]
    rows.push(...(await inDatabase(project, words, options)).stdout.split('\n'))
  }
  return revisionIn(rows, project.environment.database)
}
