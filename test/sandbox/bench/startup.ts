import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../../lib/base/shell.ts'
import { alternate, type Figure, figure, timed } from './measure.ts'

const rounds = 11

/** How long `--help` takes, against a script of tsx in which nothing stands. */
export async function startup(): Promise<Figure[]> {
  const place = mkdtempSync(join(tmpdir(), 'tracehub-empty-'))
  const empty = join(place, 'empty.ts')
  writeFileSync(empty, '')
  const tsx = (...words: string[]): Promise<number> => timed(() => run(['npx', 'tsx', ...words]))
  try {
    await tsx(empty) // tsx keeps what it has compiled
    const help = await alternate(rounds, {
      ours: () => tsx('scripts/deploy.ts', '--help'),
      empty: () => tsx(empty),
    })
    return [
      figure('start-up: npx tsx scripts/deploy.ts --help', 'ms', help.ours, {
        against: { what: 'npx tsx of an empty script', values: help.empty },
        goal: { atMost: 1.4 },
      }),
    ]
  } finally {
    rmSync(place, { recursive: true })
  }
}
