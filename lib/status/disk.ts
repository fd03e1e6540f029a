import { statfs } from 'node:fs/promises'
import { attempt } from '../shell.ts'

/** A file system that the environment needs; sizes in bytes. */
export interface Disk {
  /** What of ours is on it. */
  readonly holds: string
  readonly path: string
  readonly total: number
  readonly free: number
  readonly inodes: number
  readonly inodesFree: number
}

/** The file systems of a directory and of Docker's data, once where they are the same. */
export async function disksOf(directory: string, timeout: number): Promise<Disk[]> {
  const docker = await dockerDirectory(timeout)
  const found = await Promise.all([
    diskAt('files', directory),
    docker === undefined ? undefined : diskAt('docker', docker),
  ])
  const disks = found.filter(disk => disk !== undefined)
  const [files, images] = disks
  const isSame = files && images && files.total === images.total && files.inodes === images.inodes
  return isSame ? [{ ...files, holds: 'disk' }] : disks
}

/** Docker may keep its data where we cannot look: then there is nothing to say about it. */
async function diskAt(holds: string, path: string): Promise<Disk | undefined> {
  const disk = await statfs(path).catch(() => undefined)
  if (!disk) return undefined
  const size = disk.bsize
  return {
    ...{ holds, path, total: disk.blocks * size, free: disk.bavail * size },
    ...{ inodes: disk.files, inodesFree: disk.ffree },
  }
}

async function dockerDirectory(timeout: number): Promise<string | undefined> {
  const ran = await attempt(['docker', 'info', '--format', '{{.DockerRootDir}}'], { timeout })
  return ran.ok ? ran.stdout.trim() : undefined
}
