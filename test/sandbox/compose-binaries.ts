import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { attempt } from '../../lib/base/shell.ts'
import { canInstall, ensurePrograms, findProgram, osRelease } from './apt.ts'
import { docker, dockerMaybe, errand } from './docker.ts'
import { type Say, stopwatch } from './progress.ts'

/** One of the directories in which the docker client looks for plugins. */
const pluginDirectory =
  process.getuid?.() === 0 ? '/usr/local/lib/docker/cli-plugins' : join(homedir(), '.docker/cli-plugins')

/** The version of Compose v2 that `docker compose` runs; undefined when docker has no such plugin. */
export const composeVersion = (): Promise<string | undefined> => dockerMaybe('compose', 'version', '--short')

/**
 * Uses Compose v2 where docker has it, else installs the plugin. Returns its version.
 *
 * Debian 12 has no package of it. Debian 13's holds one static program, which runs there as well: it is
 * fetched in a container, with apt's signatures checked, and nothing of this machine is upgraded.
 */
export async function ensureCompose(say: Say): Promise<string> {
  const present = await composeVersion()
  if (present) return present
  const elapsed = stopwatch()
  await mkdir(pluginDirectory, { recursive: true })
  const fetched = await mkdtemp(join(pluginDirectory, '.new-'))
  try {
    await errand('fetching Compose v2', fetched, fetch)
    const program = join(fetched, 'docker-compose')
    await chmod(program, 0o755)
    await rename(program, join(pluginDirectory, 'docker-compose'))
  } finally {
    await rm(fetched, { recursive: true, force: true })
  }
  const version = await docker('compose', 'version', '--short')
  say(`Compose ${version} is installed ${elapsed()}`)
  return version
}

const fetch = `
  apt-get -qq update
  cd /tmp && apt-get -qq download docker-compose
  dpkg-deb --extract docker-compose_*.deb package
  cp package/usr/libexec/docker/cli-plugins/docker-compose /here/`

/**
 * The path of Compose v1 (`docker-compose` 1.29), which many a VPS still has; undefined where there is
 * none. Debian 12 is the last to package it, and there it is installed if need be.
 */
export async function composeV1(say: Say = () => {}): Promise<string | undefined> {
  if (canInstall() && osRelease('VERSION_CODENAME') === 'bookworm')
    await ensurePrograms(say, { 'docker-compose': ['docker-compose'] })
  const program = findProgram('docker-compose')
  if (!program) return undefined
  const { stdout } = await attempt([program, 'version', '--short'])
  return stdout.startsWith('1.') ? program : undefined
}
