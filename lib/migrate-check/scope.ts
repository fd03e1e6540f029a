import { relative } from 'node:path'
import { UsageError } from '../base/failure.ts'
import { attempt } from '../base/shell.ts'
import { shown } from '../base/text.ts'
import type { Finding } from './finding.ts'
import { stopsAlembic } from './graph.ts'

/** The backend's files that a change has added or touched since it left `ref`, relative to the backend's directory. */
export async function changedSince(backend: string, ref: string): Promise<Set<string>> {
  const git = async (...words: string[]): Promise<string> => {
    const ran = await attempt(['git', ...words], { cwd: backend })
    if (!ran.ok)
      throw new UsageError(
        `git knows no way from ${shown(ref)} to here: ${ran.stderr.trim().split('\n')[0]}`,
        'fetch the history first: git fetch --unshallow origin, or actions/checkout with fetch-depth: 0',
      )
    return ran.stdout.trim()
  }
  const top = await git('rev-parse', '--show-toplevel')
  const base = await git('merge-base', ref, 'HEAD')
  const tracked = await git('diff', '--name-only', '--diff-filter=d', '--relative', base, '--', '.')
  const fresh = await git('ls-files', '--others', '--exclude-standard', '--', '.')
  if (relative(top, backend).startsWith('..'))
    throw new UsageError(`${backend} is outside of its git repository`)
  return new Set([...tracked.split('\n'), ...fresh.split('\n')].filter(name => name !== ''))
}

/**
 * What a change is responsible for: findings in files that it touched, or that those have to do with; and whatever keeps
 * Alembic from working at all, since then nothing of the change can be tried either.
 */
export function inScope(finding: Finding, changed: ReadonlySet<string> | undefined): boolean {
  if (changed === undefined || stopsEverything(finding)) return true
  return [finding.file, ...(finding.also ?? [])].some(file => changed.has(file))
}

const stopsEverything = (finding: Finding): boolean =>
  stopsAlembic([finding]) || finding.id === 'graph.heads' || finding.id.startsWith('load.')
