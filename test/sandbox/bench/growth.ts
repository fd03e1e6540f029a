import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { backupName } from '../../../lib/backup/manifest.ts'
import type { Environment } from '../../../lib/environment/environment.ts'
import { loadEnvironment } from '../../../lib/environment/settings.ts'
import { removeFiles } from '../../../lib/operations/cleanup/files.ts'
import { filesOf } from '../../../lib/operations/cleanup/survey.ts'
import { deployed } from '../backup/place.ts'
import { baseImage, docker } from '../docker.ts'
import { directoryOf, runIds } from '../harness.ts'
import { alternate, type Figure, figure } from './measure.ts'
import { watched } from './watch.ts'

const day = 24 * 60 * 60_000
const now = Date.now()

/** How cleanup and status grow with what there is: files, releases, runs, other people's containers. */
export const growth = async (): Promise<Figure[]> => [...(await cleanups()), await statuses()]

async function cleanups(): Promise<Figure[]> {
  await cleaned(100, 500) // everything is loaded and compiled then
  const { many, few } = await alternate(3, {
    many: () => cleaned(10_000, 50_000),
    few: () => cleaned(1000, 5000),
  })
  return [
    figure('cleanup of 60,000 files: 10,000 backups, 50,000 logs', 'ms', many.map(wall), {
      goal: { atMost: 3000 },
    }),
    figure('the same, of the processor', 'ms', many.map(processor), {
      against: { what: '6,000 files', values: few.map(processor) },
      goal: { atMost: 15 },
    }),
  ]
}

interface Cost {
  readonly ms: number
  /** Of the processor, in ms: on a busy machine it says more than the clock. */
  readonly cpu: number
}
const wall = ({ ms }: Cost): number => ms
const processor = ({ cpu }: Cost): number => cpu

/** From the first look to the last file that is gone. */
async function cleaned(backups: number, logs: number): Promise<Cost> {
  const root = mkdtempSync(join(tmpdir(), 'tracehub-bench-'))
  try {
    fill(root, backups, logs)
    const environment: Environment = { ...(await loadEnvironment('production')), directory: root }
    const started = performance.now()
    const before = process.cpuUsage()
    const found = filesOf(environment, { olderThan: undefined, keep: undefined }, now)
    const removed = removeFiles(
      root,
      found.flatMap(({ files }) => files ?? []),
    )
    const ms = performance.now() - started
    const { user, system } = process.cpuUsage(before)
    assert.is(removed.length, 2 * (backups - 10) + logs / 2)
    return { ms, cpu: (user + system) / 1000 }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** An environment with that many backups, each with its manifest, and that many logs; half of the logs are old. */
function fill(root: string, backups: number, logs: number): void {
  for (const name of ['backups', 'logs']) mkdirSync(join(root, name), { recursive: true })
  for (let i = 0; i < backups; i += 1) {
    const at = now - (i * day) / 10
    const file = `${backupName(new Date(at))}.sql.zst`
    writeFileSync(join(root, 'backups', file), 'x')
    const about = { file, sha256: '0'.repeat(64), bytes: 1, at, reason: 'manual', run: `r${i}`, rows: {} }
    writeFileSync(join(root, 'backups', `${backupName(new Date(at))}.json`), JSON.stringify(about))
  }
  for (let i = 0; i < logs; i += 1) {
    const path = join(root, 'logs', `app-${i}.log`)
    writeFileSync(path, 'x')
    const at = (now - (i % 2 === 0 ? 40 : 20) * day) / 1000
    utimesSync(path, at, at)
  }
}

const containers = 20

/** Status of a young environment and of an old one; the machine has no time in between to become another one. */
async function statuses(): Promise<Figure> {
  await deployed('v1')
  const root = directoryOf('staging')
  const release = readFileSync(join(root, 'releases.jsonl'), 'utf8')
  const log = readFileSync(join(root, 'logs', 'runs', `${runIds('staging')[0]}`), 'utf8')
  const status = async () => (await watched('status', ['-e', 'staging', '--json'], { codes: [0, 1] })).ms
  const young = []
  for (let round = 0; round < 5; round += 1) young.push(await status())
  appendFileSync(join(root, 'releases.jsonl'), release.repeat(1000))
  for (let i = 0; i < 2000; i += 1)
    writeFileSync(join(root, 'logs', 'runs', `${backupName(new Date(now - i * 60_000))}-deploy.jsonl`), log)
  fill(root, 1000, 0)
  const names = Array.from({ length: containers }, (_, i) => `tracehub-bench-${i}`)
  try {
    for (const name of names)
      await docker('run', '--detach', '--network', 'none', '--name', name, baseImage, 'sleep', '3600')
    const old = []
    for (let round = 0; round < 5; round += 1) old.push(await status())
    return figure(
      `status with 1,000 releases, 2,000 runs, 1,000 backups, ${containers} containers`,
      'ms',
      old,
      {
        against: { what: 'one of each', values: young },
      },
    )
  } finally {
    await docker('rm', '--force', ...names)
  }
}
