import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../../lib/base/failure.ts'
import { isExecutable } from '../../lib/base/files.ts'
import { attempt, run } from '../../lib/base/shell.ts'
import { type Say, stopwatch } from './progress.ts'

/** A program's path, also when the caller's PATH lacks the directories of root's programs. */
export function findProgram(name: string): string | undefined {
  const directories = [...(process.env['PATH'] ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin']
  return directories.map(directory => join(directory, name)).find(isExecutable)
}

/** One value of /etc/os-release: `ID` is `debian`, `VERSION_CODENAME` is `bookworm`. */
export function osRelease(key: string): string | undefined {
  try {
    const line = new RegExp(`^${key}="?([^"\n]*)`, 'm').exec(readFileSync('/etc/os-release', 'utf8'))
    return line?.[1]
  } catch {
    return undefined // no Linux, or one without this file
  }
}

/** Whether this process may install packages: Debian, Ubuntu or kin, and root. */
export const canInstall = (): boolean => process.getuid?.() === 0 && findProgram('apt-get') !== undefined

/**
 * Installs the packages of those programs that are missing.
 * @param programs for each program, the Debian packages that bring it
 * @throws Failure naming the packages when this process may not install, or apt-get fails twice.
 */
export async function ensurePrograms(
  say: Say,
  programs: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  const missing = Object.keys(programs).filter(name => !findProgram(name))
  if (missing.length === 0) return
  const packages = [...new Set(missing.flatMap(name => programs[name] ?? []))]
  if (!canInstall())
    throw new Failure({
      what: `${missing.join(', ')}: not installed`,
      fix: `as root: apt-get update && apt-get install ${packages.join(' ')}`,
    })
  const elapsed = stopwatch()
  say(`installing ${packages.join(', ')}`)
  await install(packages)
  say(`installed ${packages.join(', ')} ${elapsed()}`)
}

const apt = [
  ...['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '--quiet', '--yes', '--no-install-recommends'],
  ...['-o', 'DPkg::Lock::Timeout=300'], // seconds; another apt-get may be at work, for example after booting
  ...['-o', 'Dpkg::Options::=--force-confdef', '-o', 'Dpkg::Options::=--force-confold'],
]

/** Tries twice: an earlier apt-get may have been killed half-way, and mirrors have bad moments. */
async function install(packages: readonly string[]): Promise<void> {
  await updateLists()
  const first = await attempt([...apt, 'install', ...packages])
  if (first.ok) return
  await attempt(['env', 'DEBIAN_FRONTEND=noninteractive', 'dpkg', '--force-confold', '--configure', '-a'])
  await run([...apt, '--fix-broken', 'install', ...packages])
}

let updated: Promise<void> | undefined
/** Once a process. A failure waits for `install` to complain: the lists at hand may do. */
function updateLists(): Promise<void> {
  updated ??= attempt([...apt, 'update']).then(() => {})
  return updated
}
