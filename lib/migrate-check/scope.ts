import { resolve } from 'node:path'
import { quoted } from '../base/command-text.ts'
import { UsageError } from '../base/failure.ts'
import { attempt } from '../base/shell.ts'
import { shown } from '../base/text.ts'
import type { Finding } from './finding.ts'
import { stopsAlembic } from './graph.ts'

/** The backend's files that a change has added or touched since it left `ref`, relative to the backend's directory. */
export async function changedSince(backend: string, ref: string): Promise<Set<string>> {
  const git = async (...words: string[]): Promise<string> => {
    const ran = await attempt(['git', ...words], { cwd: backend })
    if (ran.ok) return ran.stdout
    const said = ran.stderr.trim().split('\n')[0] || 'its history ends before'
    throw new UsageError(
      `git knows no way from ${shown(ref)} to here: ${said}`,
      await wayOut(backend, ref, said),
    )
  }
  const base = (await git('merge-base', ref, 'HEAD')).trim()
  // Ended by NUL: in lines, git writes every name that is not of plain ASCII in quotes and escapes.
  const tracked = await git('diff', '--name-only', '-z', '--diff-filter=d', '--relative', base, '--', '.')
  const fresh = await git('ls-files', '-z', '--others', '--exclude-standard', '--', '.')
  return new Set(`${tracked}${fresh}`.split('\0').filter(name => name !== ''))
}

/** What to type, by why git does not get there. */
async function wayOut(backend: string, ref: string, said: string): Promise<string> {
  if (/dubious ownership/.test(said))
    return `the repository is another user's: git config --global --add safe.directory ${quoted(resolve(backend))}`
  if (/not a git repository/.test(said))
    return 'name the backend of a clone: --backend <directory>; or leave --changed-since out, for the whole history'
  const shallow = await attempt(['git', 'rev-parse', '--is-shallow-repository'], { cwd: backend })
  if (shallow.stdout.trim() === 'true')
    return 'fetch the history first: git fetch --unshallow origin, or actions/checkout with fetch-depth: 0'
  const [, branch = ref] = /^origin\/(.+)$/.exec(ref) ?? []
  return `is it a branch that this clone has? git branch --all lists them; git fetch origin ${quoted(branch)} brings one`
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
