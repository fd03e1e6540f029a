import type { Stats } from 'node:fs'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { chown, copyFile, link, lstat, mkdir, opendir, readlink, symlink, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { Environment } from '../environment.ts'
import { isCode } from '../files.ts'
import type { Site } from '../site.ts'
import type { Step } from '../step.ts'
import { bytes, count } from '../text.ts'
import { backupDirectory, listBackups } from './list.ts'
import { type Manifest, stemOf, writeManifest } from './manifest.ts'

export const liveUploads = (environment: Environment): string => join(environment.directory, 'uploads')

/** How a rollback names the uploads that it has restored and not put in place yet. */
export const restoredUploads = (environment: Environment): string => `${liveUploads(environment)}_restored_`

/** What a copy of a tree came to. */
export interface Copied {
  readonly files: number
  readonly bytes: number
  /** How many of the files were there already, in the copy before, and take no room. */
  readonly linked: number
}

/**
 * Copies `uploads/` beside a backup and notes it in its manifest. Files that have not changed since the last copy
 * are hard links to it. It is made after the database's snapshot: an app that stores a file before it mentions it in
 * the database finds every file that the backup mentions.
 */
export async function copyUploads(site: Site, manifest: Manifest, step: Step): Promise<Manifest> {
  const { environment, run } = site
  const backups = backupDirectory(environment)
  const name = stemOf(manifest.file).replace(/^backup_/, 'uploads_')
  const partial = join(backups, `${name}.partial`)
  const previous = listBackups(environment).find(backup => backup.manifest?.uploads)?.manifest?.uploads
  rmSync(partial, { recursive: true, force: true })
  const copied = await copyTree(liveUploads(environment), partial, {
    previous: previous && join(backups, previous.directory),
    signal: run.signal,
    progress: text => step.progress(text),
  }).catch((error: unknown) => {
    rmSync(partial, { recursive: true, force: true })
    throw error
  })
  renameSync(partial, join(backups, name))
  const next = { ...manifest, uploads: { directory: name, files: copied.files, bytes: copied.bytes } }
  writeManifest(backups, next)
  step.note(`${count(copied.files, 'file')}, ${bytes(copied.bytes)}, ${copied.linked} of them unchanged`)
  return next
}

/**
 * Copies a tree: names, content, modes, times and links; owners too where we may. Files that are as in `previous`
 * are linked to it. A file that goes away meanwhile is left out; sockets and pipes are no content.
 */
export async function copyTree(
  from: string,
  to: string,
  options: { previous?: string | undefined; signal: AbortSignal; progress?: (text: string) => void },
): Promise<Copied> {
  const sum = { files: 0, bytes: 0, linked: 0 }
  if (existsSync(from)) await copyDirectory(from, to, options.previous, sum, options)
  else await mkdir(to, { recursive: true })
  return sum
}

async function copyDirectory(
  from: string,
  to: string,
  previous: string | undefined,
  sum: { files: number; bytes: number; linked: number },
  options: { signal: AbortSignal; progress?: (text: string) => void },
): Promise<void> {
  const about = await lstat(from)
  await mkdir(to, { recursive: true, mode: about.mode & 0o7777 })
  await own(to, about)
  for await (const entry of await opendir(from)) {
    options.signal.throwIfAborted()
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    const before = previous && join(previous, entry.name)
    try {
      if (entry.isDirectory()) await copyDirectory(source, target, before, sum, options)
      else if (entry.isSymbolicLink()) await symlink(await readlink(source), target)
      else if (entry.isFile()) await copyOne(source, target, before, sum)
    } catch (error) {
      if (!isCode(error, 'ENOENT')) throw error // removed while we looked
    }
    if (sum.files % 100 === 0) options.progress?.(`${count(sum.files, 'file')}, ${bytes(sum.bytes)}`)
  }
}

async function copyOne(
  source: string,
  target: string,
  before: string | undefined,
  sum: { files: number; bytes: number; linked: number },
): Promise<void> {
  const about = await lstat(source)
  const old = before && (await lstat(before).catch(() => undefined)) // there was no such file
  if (before && old && isSame(old, about)) {
    await link(before, target)
    sum.linked += 1
  } else {
    await copyFile(source, target)
    await own(target, about)
    await utimes(target, about.atime, about.mtime)
  }
  sum.files += 1
  sum.bytes += about.size
}

const isSame = (a: Stats, b: Stats): boolean =>
  a.isFile() && a.size === b.size && Math.trunc(a.mtimeMs) === Math.trunc(b.mtimeMs) && a.mode === b.mode

async function own(file: string, about: Stats): Promise<void> {
  if (process.getuid?.() === 0) await chown(file, about.uid, about.gid)
}
