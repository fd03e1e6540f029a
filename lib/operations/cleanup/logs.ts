import { basename } from 'node:path'
import { span } from '../status/words.ts'
import { type Candidate, ofFile } from './candidate.ts'
import { type FoundFile, shortPath } from './files.ts'

/** The newest runs' logs stay whatever their age: the next run reads them to know what there is to repair. */
const newestRuns = 20

/** Files of `logs/` whose name says that they are logs, rotated ones too: `app.log`, `app.log.1`, `app.log.2.gz`. */
const isLog = /\.log(\.\d+)?(\.(gz|zst|xz|bz2))?$/

/** Logs that nobody has written to for longer than the window (ms). */
export function oldLogs(root: string, files: readonly FoundFile[], window: number, now: number): Candidate[] {
  return files
    .filter(file => isLog.test(file.path) && now - file.changedAt > window)
    .map(file => candidate(root, file, 'log', now))
}

/**
 * Run logs that are older than the window, but never the newest ones, nor that of a run whose release is kept: the
 * history tells from it what that release cost.
 */
export function oldRunLogs(
  root: string,
  files: readonly FoundFile[],
  options: { window: number; now: number; keptRuns: ReadonlySet<string> },
): Candidate[] {
  const runs = files
    .filter(file => /^logs\/runs\/[^/]+\.jsonl$/.test(shortPath(root, file)))
    .sort((a, b) => (a.path < b.path ? 1 : -1)) // names begin with the time
  return runs
    .slice(newestRuns)
    .filter(file => options.now - file.changedAt > options.window)
    .filter(file => !options.keptRuns.has(basename(file.path, '.jsonl')))
    .map(file => candidate(root, file, 'run log', options.now))
}

const candidate = (root: string, file: FoundFile, kind: 'log' | 'run log', now: number): Candidate =>
  ofFile(kind, root, file, `not written to for ${span(now - file.changedAt)}`)
