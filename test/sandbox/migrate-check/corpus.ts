import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readIfThere } from '../../../lib/base/files.ts'
import { check, type Report, usual } from '../../../lib/migrate-check/check.ts'
import { parseNaming } from '../../../lib/migrate-check/naming.ts'
import { checkId, type ScratchServer } from '../../../lib/migrate-check/scratch-server.ts'

export const images = {
  python: 'tracehub-sandbox/python',
  /** With today's Alembic. */
  current: 'tracehub-sandbox/python-current',
  postgres: 'tracehub-sandbox/postgres',
}
const corpus = join(import.meta.dirname, 'corpus')

/** Does something with a project of the corpus: `_base`, which is sound, and over it the files that make the case; `empty` is nothing. */
export async function inProject<T>(name: string, act: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'migrate-check-test-'))
  try {
    if (name !== 'empty') cpSync(join(corpus, '_base'), directory, { recursive: true })
    if (name !== '_base' && name !== 'empty') cpSync(join(corpus, name), directory, { recursive: true })
    return await act(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

export const checkProject = (server: ScratchServer, name: string, python = images.python): Promise<Report> =>
  inProject(name, directory => checkDirectory(server, directory, python))

export function checkDirectory(
  server: ScratchServer,
  backend: string,
  python = images.python,
  variables: Readonly<Record<string, string>> = {},
): Promise<Report> {
  return check(server, checkId(), {
    place: { backend, image: python, python: undefined, variables },
    ...usual,
    scope: 'all',
    naming: parseNaming(),
    live: undefined,
    isJudged: undefined,
    signal: new AbortController().signal,
    progress: () => {},
  })
}

/** The text of a line, to verify that a finding points at what it speaks of. */
export const lineOf = (project: string, file: string, line: number): string =>
  (readIfThere(join(corpus, project, file)) ?? readFileSync(join(corpus, '_base', file), 'utf8')).split('\n')[
    line - 1
  ] ?? ''
