import { basename } from 'node:path'
import { lastLines, shown } from '../base/text.ts'
import { inDatabase, inside } from './container.ts'
import { badFile, type Format } from './format.ts'
import type { Restoring } from './restoring.ts'
import { functions, parseStatements, printed, reader, type Statements } from './statements.ts'

/**
 * Reads a backup's SQL from its first byte to its last.
 * @param file as it was given; `name` as the database's container sees it
 * @throws Failure that says why it cannot be restored.
 */
export async function readBackup(
  { project, run }: Restoring,
  file: string,
  name: string,
  format: Format,
): Promise<Statements> {
  const read = `powerless perl -e "$2" '' '' '' >/dev/null`
  const command = `set -o pipefail; ${functions} file="$1"; exec 3>&1; { ${printed[format]}; } | ${read}`
  const words = ['bash', '-c', command, 'bash', inside(name), reader]
  const ran = await inDatabase(project, words, { signal: run.signal, timeout: 60 * 60_000 })
  if (!ran.ok) {
    const why = format === 'custom' ? 'pg_restore cannot read it' : 'it cannot be unpacked'
    throw badFile(file, `${why}: ${lastLines(ran.stderr, 1).replaceAll(name, basename(file))}`)
  }
  const found = parseStatements(ran.stdout)
  demandNoCommands(file, found)
  if (!found.isComplete)
    throw badFile(file, 'it is not complete: its end lacks "-- PostgreSQL database dump complete"')
  const { opened, closed } = found.tokens
  if (opened !== closed) throw badFile(file, String.raw`its \restrict and \unrestrict do not match`)
  return found
}

function demandNoCommands(file: string, { commands: [first] }: Statements): void {
  if (!first) return
  const isCreate = /^\\c(onnect)? /.test(first.text)
  throw badFile(
    file,
    `at byte ${first.at} it has a command for psql, ${shown(first.text)}, which could reach another database`,
    isCreate ? 'dump one database, without --create' : 'no pg_dump writes that: ask where the file is from',
  )
}
