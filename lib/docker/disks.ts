import { readFile, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { attempt } from '../base/shell.ts'

/** Where the engine writes. */
export interface EngineDirectories {
  /** Volumes and the containers' logs; in the classic store the images, too. */
  readonly data: string
  /** The images, and what containers write beside their volumes. */
  readonly images: string
}

interface Info {
  /** Not there where no engine answers: its client then tells of itself, and may call that a success. */
  readonly DockerRootDir?: string
  readonly DriverStatus: readonly (readonly [string, string])[] | null
  /** Since Engine 27. */
  readonly Containerd?: { readonly Address: string } | null
}

/**
 * Asks the engine where it writes. In containerd's image store that is containerd's own directory, which may be on
 * another disk. @returns undefined when no engine answers. @throws Failure after `timeout` ms.
 */
export async function engineDirectories(timeout: number): Promise<EngineDirectories | undefined> {
  const ran = await attempt(['docker', 'info', '--format', '{{json .}}'], { timeout })
  if (!ran.ok) return undefined
  const config = await readFile('/etc/containerd/config.toml', 'utf8').catch(() => '')
  return directoriesIn(JSON.parse(ran.stdout) as Info, config) // Docker Engine API, SystemInfo
}

/**
 * @param config the settings of the machine's containerd; empty where there are none. A containerd that dockerd has
 * started itself has its socket and its files in dockerd's directories.
 */
export function directoriesIn(info: Info, config: string): EngineDirectories | undefined {
  const data = info.DockerRootDir
  if (!data) return undefined
  const isContainerds = (info.DriverStatus ?? []).some(
    ([name, value]) => name === 'driver-type' && value.startsWith('io.containerd.snapshotter'),
  )
  if (!isContainerds) return { data, images: data }
  if (/\/docker\/containerd\//.test(info.Containerd?.Address ?? ''))
    return { data, images: join(data, 'containerd', 'daemon') }
  const root = /^root\s*=\s*(["'])(.+)\1/m.exec(config)?.[2]
  return { data, images: root ?? '/var/lib/containerd' }
}

/** The file system that a directory is on; sizes in bytes. */
export type FileSystem = Readonly<NonNullable<Awaited<ReturnType<typeof sizesOf>>>>

/** @returns undefined where there is no such directory: Docker may run elsewhere. One of others' has its parent's. */
export async function fileSystemOf(path: string): Promise<FileSystem | undefined> {
  try {
    return await sizesOf(path)
  } catch (error) {
    const isOthers = (error as NodeJS.ErrnoException).code === 'EACCES'
    return isOthers && dirname(path) !== path ? fileSystemOf(dirname(path)) : undefined
  }
}

async function sizesOf(path: string) {
  const [{ dev }, disk] = await Promise.all([stat(path), statfs(path)])
  return {
    /** The same number for two directories on one file system. */
    device: dev,
    ...{ total: disk.blocks * disk.bsize, free: disk.bavail * disk.bsize },
    ...{ inodes: disk.files, inodesFree: disk.ffree },
  }
}
