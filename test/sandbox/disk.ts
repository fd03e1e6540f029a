import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { attempt, run } from '../../lib/base/shell.ts'
import { ensurePrograms } from './apt.ts'
import { docker } from './docker.ts'

/** Gives a directory a file system of its own of so many MiB, so that it can be full while the machine's is not. */
export async function mountSmallDisk(directory: string, mebibytes: number): Promise<void> {
  await run(['mount', '-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', directory])
}

/**
 * Before the first deploy: puts the volume of an environment's database on a small disk. A real one: what is written to
 * a tmpfs counts as memory of the container, which has a limit.
 */
export async function smallDatabaseDisk(
  { directory, project }: { directory: string; project: string },
  mebibytes: number,
): Promise<void> {
  const disk = join(directory, 'database')
  mkdirSync(disk)
  await mountRealDisk(disk, mebibytes)
  await databaseIn(disk, project)
}

/** Before the environment's directory is made: a small disk for it, and on it a place for its database. */
export async function smallSharedDisk(
  { directory, project }: { directory: string; project: string },
  mebibytes: number,
): Promise<void> {
  mkdirSync(directory)
  await mountRealDisk(directory, mebibytes)
  mkdirSync(join(directory, 'database'))
  await databaseIn(join(directory, 'database'), project)
}

async function mountRealDisk(disk: string, mebibytes: number): Promise<void> {
  await ensurePrograms(() => {}, { 'mkfs.ext4': ['e2fsprogs'] })
  await run(['truncate', `--size=${mebibytes}M`, `${disk}.img`])
  await run(['mkfs.ext4', '-q', '-m', '0', `${disk}.img`])
  await run(['mount', '-o', 'loop', `${disk}.img`, disk])
  rmSync(`${disk}.img`) // the kernel has it open
  rmSync(join(disk, 'lost+found'), { recursive: true }) // initdb wants an empty directory
}

async function databaseIn(directory: string, project: string): Promise<void> {
  const labels = { project, volume: 'db-data' } // by these, Compose takes the volume for its own
  await docker(
    ...['volume', 'create', '--opt', 'type=none', '--opt', 'o=bind', '--opt', `device=${directory}`],
    ...Object.entries(labels).flatMap(([key, value]) => ['--label', `com.docker.compose.${key}=${value}`]),
    `${project}_db-data`,
  )
}

/** Takes the small disks of an environment away, where there are any: what is on one, and the environment's own. */
export async function unmountSmallDisks(environmentDirectory: string): Promise<void> {
  for (const name of ['backups', 'database', '.']) {
    const directory = join(environmentDirectory, name)
    if ((await attempt(['mountpoint', '--quiet', directory])).ok) await run(['umount', '--lazy', directory])
  }
}
