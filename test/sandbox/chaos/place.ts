import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { mountSmallDisk } from '../disk.ts'
import { directoryOf, lastEvents } from '../harness.ts'
import { type EnvironmentName, ensureRoot, makeEnvironmentDirectory, removeEnvironment } from '../root.ts'
import type { ScriptName } from './fault.ts'
import { launch, type Usual } from './scene.ts'

/** MiB: enough for what the way over SSH demands free there, and filled in a moment. */
const size = 512

async function done(script: ScriptName, name: EnvironmentName, ...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await launch(script, ['-e', name, ...args]).done
  if (code !== 0) throw new Error(`${script} ${args.join(' ')} exited ${code}\n${stdout}${stderr}`)
}

/** Production on a small disk of its own, with versions in its history; what each step of the scripts takes is learnt. */
export async function freshProduction(usual: Usual, scripts: readonly ScriptName[]): Promise<void> {
  await removeEnvironment('production')
  await ensureRoot()
  mkdirSync(directoryOf('production'))
  await mountSmallDisk(directoryOf('production'), size)
  await makeEnvironmentDirectory('production')
  const acts: Record<ScriptName, readonly (readonly string[])[]> = {
    deploy: [
      ['--tag', 'v1'],
      ['--tag', 'v2'],
      ['--tag', 'v3'],
    ].slice(scripts.includes('rollback') ? 0 : 1),
    backup: [[]],
    rollback: [['-t', 'deployment']],
  }
  for (const script of ['deploy', 'backup', 'rollback'] as const) {
    if (!scripts.includes(script)) continue
    for (const args of acts[script]) await done(script, 'production', ...args)
    usual.learn(script, lastEvents('production'))
  }
}

/** Its neighbour, which is to be left in peace. */
export async function freshStaging(): Promise<void> {
  await removeEnvironment('staging')
  await makeEnvironmentDirectory('staging')
  await done('deploy', 'staging', '--tag', 'v2')
}

/** Keeps the newest dumps, as a person does by hand: the disk is small, and the runs are many. */
export function pruneBackups(keep = 4): void {
  const directory = join(directoryOf('production'), 'backups')
  if (!existsSync(directory)) return
  const stamps = [
    ...new Set(readdirSync(directory).map(name => /_(\d{8}_\d{6})/.exec(name)?.[1] ?? '')),
  ].sort()
  const gone = new Set(stamps.slice(0, -keep))
  for (const name of readdirSync(directory))
    if (gone.has(/_(\d{8}_\d{6})/.exec(name)?.[1] ?? 'another'))
      rmSync(join(directory, name), { recursive: true })
}
