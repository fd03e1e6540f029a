import { join } from 'node:path'
import { freshEnvironment } from '../harness.ts'
import { type Figure, figure } from './measure.ts'
import { watched } from './watch.ts'

const backend = join(import.meta.dirname, '..', 'tracehub', 'backend')
const staging = ['-e', 'staging']
/** The live version does not work with the older schema: it is rolled back. */
const forthAndBack = { codes: [4] }
const worse = { codes: [0, 1] } // it found something to complain of

/**
 * The most memory of each script's own process, in an order in which each has something to do. Left out are those that
 * talk to GitHub (publish, may-deploy), to a terminal (enter) and to the TLS edge (maintenance).
 */
const scripts: readonly (readonly [script: string, args: readonly string[], more?: { codes: number[] }])[] = [
  ['deploy', [...staging, '--tag', 'v1']],
  ['deploy', [...staging, '--tag', 'v2']],
  ['backup', [...staging, '--verify']],
  ['backup', [...staging, '--drill']],
  ['backup', [...staging, '--list']],
  ['rollback', [...staging, '-t', 'database', '--online']],
  ['rollback', [...staging, '-t', 'migration'], forthAndBack],
  ['rollback', [...staging, '-t', 'deployment', '--with-migrations']],
  ['status', staging, worse],
  ['status', ['history', ...staging]],
  ['cleanup', staging],
  ['repair', staging],
  ['secrets', ['check', ...staging], worse],
  ['secrets', ['rotate', 'all', ...staging]],
  ['migrate-check', ['--backend', backend], worse],
]

export async function memory(): Promise<Figure[]> {
  await freshEnvironment('staging')
  const figures: Figure[] = []
  for (const [script, args, more] of scripts) {
    const { peak } = await watched(script, args, { ...more, env: { GITHUB_TOKEN: '' } })
    const said = args.filter(word => !word.includes('/')).join(' ')
    figures.push(figure(`memory of ${script}.ts ${said}`, 'bytes', [peak]))
  }
  return figures
}
