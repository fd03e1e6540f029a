import { engineDirectories, type FileSystem, fileSystemOf } from '../../docker/disks.ts'
import { ask, valueIn } from './facts.ts'

/** A file system that the environment needs; sizes in bytes. */
export interface Disk extends Omit<FileSystem, 'device'> {
  /** What of ours is on it. */
  readonly holds: string
  readonly path: string
}

/** The file systems of a directory, of Docker's data and of its images, each once; Docker's where it says them in time. */
export async function disksOf(directory: string, timeout: number): Promise<Disk[]> {
  const docker = valueIn(await ask(() => engineDirectories(timeout)))
  const places: [holds: string, path: string][] = [['files', directory]]
  if (docker) places.push(['docker', docker.data], ['images', docker.images])
  const disks = new Map<number, Disk>()
  for (const [holds, path] of places) {
    const found = await fileSystemOf(path)
    if (!found) continue
    const { device, ...sizes } = found
    const known = disks.get(device)
    if (!known) disks.set(device, { ...sizes, holds, path })
    else if (known.holds === 'files') disks.set(device, { ...known, holds: 'disk' })
  }
  return [...disks.values()]
}
