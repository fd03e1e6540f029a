import { statfs } from 'node:fs/promises'
import { Failure } from '../base/failure.ts'
import { bytes } from '../base/text.ts'
import type { Project } from '../docker/project.ts'
import type { Environment } from '../environment/environment.ts'
import { reserve } from './database-room.ts'
import { listBackups } from './list.ts'

/**
 * How large a dump will be about, in bytes: as large in proportion as the last one was, or as the database, whose
 * indexes a dump leaves out.
 */
export function expectedDump(environment: Environment, databaseBytes: number): number {
  const last = listBackups(environment).find(
    ({ name, manifest }) => name.endsWith('.sql') && (manifest?.databaseBytes ?? 0) > 0,
  )?.manifest
  return last ? Math.round((last.bytes / last.databaseBytes) * databaseBytes) : databaseBytes
}

/** @throws Failure when a directory's disk has not so many bytes free. */
export async function demandRoom(directory: string, needed: number): Promise<void> {
  const disk = await statfs(directory)
  const free = disk.bavail * disk.bsize
  if (free >= needed) return
  throw new Failure({
    what: `${directory} has ${bytes(free)} free; about ${bytes(needed)} are needed`,
    fix: `df -h ${directory} shows the disk; remove what is not needed there`,
  })
}

/** Bytes that stay free beside what is written to `backups/`: where its disk is the database's, too, that one stops on it. */
export async function keptFree(project: Project): Promise<number> {
  const { stdout } = await project.exec('db', ['sh', '-c', 'stat -c %d "$PGDATA" /backups'])
  const [data, backups] = stdout.trim().split('\n')
  return data === backups ? reserve : 0
}

/** Calls `full` once when fewer bytes than `kept` are free on a directory's disk: what is written may be more than expected. */
export function guardRoom(directory: string, kept: number, full: () => void): { stop(): void } {
  const timer = setInterval(async () => {
    const disk = await statfs(directory)
    if (disk.bavail * disk.bsize >= kept) return
    clearInterval(timer)
    full()
  }, 100)
  return { stop: () => clearInterval(timer) }
}
