import type { PythonError } from './facts.ts'
import { about, type Finding } from './finding.ts'

/** What every command of Alembic runs: where a finding stands that belongs to nothing smaller. */
export const environmentFile = 'alembic/env.py'

/**
 * Where in the backend's own files an error was raised: the innermost frame in `file`, or in any of them. A change of
 * `file` has to do with it also where the error is raised elsewhere.
 */
export function placeOf(error: PythonError, file?: string): Pick<Finding, 'file' | 'line' | 'also'> {
  const frame = error.frames.findLast(each => file === undefined || each.file === file) ?? error.frames.at(-1)
  return {
    file: frame?.file ?? file ?? environmentFile,
    line: frame?.line ?? 1,
    ...(file === undefined ? {} : { also: [file] }),
  }
}

/** The first line of what the error says, with its type where that says more: `KeyError: 'a1'`. */
export function headline({ type, message, state }: PythonError): string {
  const first = message.split('\n')[0] ?? ''
  return state === null ? `${type}: ${first}` : first
}

/** The user's own part of the traceback, and the statement, as indented lines. */
export function traceback(error: PythonError): string {
  const frames = error.frames.map(
    ({ file, line, function: name, text }) => `${file}:${line} in ${name}: ${text}`,
  )
  const rest = error.message.split('\n').slice(1, 4)
  const sql = error.statement?.trim().replace(/\s+/g, ' ').slice(0, 300)
  return [...frames, headline(error), ...rest, ...(sql ? [`SQL: ${sql}`] : [])].join('\n')
}

/** env.py, the models or a revision file cannot be run at all. */
export function loadFailure(what: 'env' | 'revision', error: PythonError | null): Finding {
  if (!error)
    return {
      ...about('load.env', 'error', environmentFile),
      what: 'env.py came to its end and ran no migrations',
      why: '`alembic upgrade head` would do nothing and report success.',
      fix: 'let env.py call context.run_migrations()',
    }
  const place = placeOf(error)
  const missing = error.module ? ` (the module ${error.module})` : ''
  const isSetting = /not set|Field required|validation error|environment/i.test(error.message)
  return {
    id: what === 'env' ? (place.file.endsWith('env.py') ? 'load.env' : 'load.models') : 'load.revision',
    level: 'error',
    ...place,
    what: `${what === 'env' ? 'env.py cannot be run' : 'a revision file cannot be imported'}: ${headline(error)}${missing}`,
    why: 'No migration can be applied while this is so, and autogenerate does not work either.',
    fix: isSetting
      ? 'give the settings that env.py needs: a deploy takes those of .env.<name>, migrate-check those of --settings <file>'
      : 'fix what the traceback names; whatever env.py imports must be installed where it runs',
    detail: traceback(error),
  }
}
