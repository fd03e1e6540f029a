import { createWriteStream, existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { basename, dirname, join, posix } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { quoted } from '../../base/command-text.ts'
import { Failure } from '../../base/failure.ts'
import { sync } from '../../base/files.ts'
import { bytes, shown } from '../../base/text.ts'
import type { Site } from '../../proxy/site.ts'
import type { Step } from '../../run/step.ts'
import { digestOf } from '../digest.ts'
import {
  type Backup,
  backupDirectory,
  fromThePast,
  futureProblem,
  isFromFuture,
  listBackups,
} from '../list.ts'
import { type Manifest, readManifest, writeManifest } from '../manifest.ts'
import type { Offsite } from './address.ts'
import { atFarEnd, type FarEnd, listThere } from './far-end.ts'

/**
 * Brings the newest recovery point to this machine: the dump, the uploads, and its manifest last.
 * @returns its manifest. @throws Failure where there is none, or it is damaged.
 */
export async function pullOffsite(site: Site, from: Offsite, step: Step): Promise<Manifest> {
  const here = backupDirectory(site.environment)
  return atFarEnd(from, async there => {
    const all = await listThere(there)
    const [newest] = fromThePast(all, Date.now())
    for (const one of all) if (isFromFuture(one, Date.now())) site.run.warn(futureProblem(one))
    const manifest = newest?.manifest
    if (!newest || !manifest)
      throw new Failure({
        what: `there is no backup in ${there.directory} at ${from.destination.host}`,
        fix: 'check the address',
      })
    await receiveDump(there, newest, { sha256: manifest.sha256, to: join(here, newest.name) }, step)
    const uploads = manifest.uploads?.directory
    const isHere = listBackups(site.environment).some(one => one.manifest?.uploads?.directory === uploads)
    if (uploads !== undefined && !isHere) await receiveUploads(there, uploads, here, step)
    writeManifest(here, manifest)
    step.note(`${newest.name}, ${bytes(newest.bytes)}`)
    return manifest
  })
}

/** Goes on where it was cut off, and gives the dump its name when it is what its manifest says. */
async function receiveDump(
  there: FarEnd,
  dump: Backup,
  { sha256, to }: { sha256: string; to: string },
  step: Step,
): Promise<void> {
  const isIt = async (file: string): Promise<boolean> => (await digestOf(file)).sha256 === sha256
  if (existsSync(to)) {
    if (await isIt(to)) return
    const isDamaged = readManifest(dirname(to), dump.name)?.sha256 === sha256
    if (!isDamaged) throw inTheWay(to)
  }
  const partial = `${to}.partial`
  const begun = sizeOf(partial)
  step.progress(`${dump.name}, ${bytes(dump.bytes)}`)
  await receive(there, dump.file, partial)
  if (await isIt(partial)) {
    sync(partial)
    renameSync(partial, to)
    return
  }
  rmSync(partial)
  if (begun > 0) return receiveDump(there, dump, { sha256, to }, step) // it was no beginning of this file
  throw new Failure({
    what: `${dump.name} is damaged there, or on its way`,
    fix: 'pull again; then an older one by hand',
  })
}

async function receiveUploads(there: FarEnd, name: string, here: string, step: Step): Promise<void> {
  const to = join(here, name)
  if (existsSync(to)) throw inTheWay(to) // the application's links may be in it, which lead elsewhere
  // Beside the tree: in it, any name may be that of a file of the app.
  const partial = join(here, `${name}.file.partial`)
  rmSync(partial, { force: true }) // it may be of another file
  await receiveTree(there, { from: posix.join(there.directory, name), to: `${to}.partial`, partial }, step)
  renameSync(`${to}.partial`, to)
}

/** What is here is kept, whatever a far end says. */
const inTheWay = (path: string): Failure =>
  new Failure({
    what: `${path} is here already, and is not what is there`,
    fix: `mv ${quoted(path)} ${quoted(`${path}.before`)}  and pull again`,
  })

async function receiveTree(
  there: FarEnd,
  { from, to, partial }: { from: string; to: string; partial: string },
  step: Step,
): Promise<void> {
  await mkdir(to, { recursive: true })
  if (!(await there.files.exists(from))) return // it was empty
  for (const { name, size, type } of await there.files.list(from)) {
    if (name !== basename(name) || name === '..')
      throw new Failure({
        what: `${from} has a file that calls itself ${shown(name)}`,
        fix: 'look at it there',
      })
    const below = { from: posix.join(from, name), to: join(to, name), partial }
    if (type === 'd') await receiveTree(there, below, step)
    else if (type === '-' && sizeOf(below.to, -1) !== size) {
      step.progress(`${name}, ${bytes(size)}`)
      await receive(there, below.from, partial)
      sync(partial)
      renameSync(partial, below.to)
    }
  }
}

/** Receives the part of a file that `to` has not yet. */
async function receive({ files }: FarEnd, from: string, to: string): Promise<void> {
  const start = sizeOf(to)
  await pipeline(files.createReadStream(from, { start }), createWriteStream(to, { flags: 'a', mode: 0o600 }))
}

const sizeOf = (file: string, missing = 0): number =>
  statSync(file, { throwIfNoEntry: false })?.size ?? missing
