import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { commandOf } from '../base/command-text.ts'
import { Failure } from '../base/failure.ts'
import { run } from '../base/shell.ts'
import { isCode } from '../base/system-errors.ts'
import { columns, count } from '../base/text.ts'
import { listImages } from '../docker/engine-api.ts'
import { readSurroundings } from '../docker/surroundings.ts'
import type { Place } from '../environment/environment.ts'
import { shortDigest } from '../environment/releases.ts'
import type { Run } from '../run/run.ts'
import type { Stranger } from './strangers/judge.ts'
import { type Ground, strangersIn } from './strangers/look.ts'

/**
 * The place of a first deploy: what is there before it, and what it leaves when it fails.
 * @param isFirst whether nothing was ever live here
 */
export function firstGround(ground: Ground, isFirst: () => boolean) {
  let before: Traces | undefined
  return {
    /**
     * Whether this is a first deploy. To be asked before the first change.
     * @param told with `accept-found` it goes on beside what has no name that is needed here; it is said all the same
     * @throws Failure that names each thing there which the toolkit did not make.
     */
    async isFirst(run: Run, { 'accept-found': accepted }: { readonly 'accept-found'?: boolean }) {
      if (!isFirst()) return false
      before = await traces(ground)
      const found = await strangersIn(ground)
      const unbearable = accepted ? found.filter(({ isInTheWay }) => isInTheWay) : found
      if (unbearable.length > 0) throw refusal(ground, unbearable)
      for (const row of rowsOf(found)) run.note(`not the toolkit's: ${row.join(' ').trim()}`)
      return true
    },

    /** What is there now and was not before, a line for each kind of thing; of later deploys nothing is said. */
    async left(): Promise<string[]> {
      if (!before) return []
      try {
        return leftSince(before, await traces(ground))
      } catch (error) {
        if (error instanceof Failure) return [`not known: ${error.what}`] // the run itself has its end all the same
        throw error
      }
    },
  }
}

const rowsOf = (found: readonly Stranger[]): [kind: string, name: string, about: string][] =>
  found.map(({ kind, name, about }) => [kind, name, about])

function refusal({ name, directory, project, volume }: Ground, found: readonly Stranger[]): Failure {
  const isBlocked = found.some(({ isInTheWay }) => isInTheWay)
  const isNew = volume !== undefined && !found.some(stranger => stranger.name === `${project}_${volume}`)
  const beside = `${commandOf('deploy', name)} --accept-found  goes on beside it${isNew ? ', with a new, empty database' : ''}`
  return new Failure({
    what: `${name} was never deployed by the toolkit, and ${count(found.length, 'thing')} that it did not make ${found.length === 1 ? 'is' : 'are'} there already`,
    detail: `${columns(rowsOf(found))}\nexpected: nothing in ${directory} but the secrets and uploads, and none of its names on the engine`,
    fix: [
      'to bring them along: docs/install.md, "Where a stack runs already"',
      isBlocked
        ? 'beside them there is no room: containers and networks have names that are needed here'
        : beside,
    ].join('\n'),
  })
}

const kinds = ['files', 'containers', 'volumes', 'networks', 'images'] as const
/** What there is of each kind, by its name; the value tells whether it is still the same. Undefined is not known. */
export type Traces = Readonly<Record<(typeof kinds)[number], ReadonlyMap<string, string> | undefined>>

/** Everything that a run may leave on the machine, beside its own log and lock. */
export async function traces({ directory, project }: Place): Promise<Traces> {
  const around = await readSurroundings()
  const ours = (kind: 'containers' | 'volumes' | 'networks') =>
    around && new Map(around[kind].flatMap(thing => (thing.project === project ? [[thing.name, '']] : [])))
  return {
    files: new Map(filesBelow(directory, '')),
    containers: ours('containers'),
    volumes: ours('volumes'),
    networks: ours('networks'),
    images: around && new Map((await imageIds()).map(id => [shortDigest(`@${id}`), ''])),
  }
}

/** What is there now and was not, or is another: `files: .env, proxy/ (new)`. Nothing where nothing is. */
export const leftSince = (before: Traces, after: Traces): string[] =>
  kinds.flatMap(kind => {
    const [was, is] = [before[kind], after[kind]]
    if (!is) return was ? [`${kind}: not known, Docker does not answer`] : []
    const fresh = [...is].flatMap(([name, value]) => (was?.get(name) === value ? [] : [name]))
    const gone = [...(was?.keys() ?? [])].filter(name => !is.has(name)).map(name => `${name} (gone)`)
    const all = [...fresh, ...gone]
    return all.length === 0 ? [] : [`${kind}: ${all.join(', ')}`]
  })

/** A directory with nothing in it counts as well. What users, backups and runs write is not looked into. */
function* filesBelow(directory: string, path: string): Iterable<[name: string, content: string]> {
  for (const entry of readdirSync(join(directory, path), { withFileTypes: true })) {
    const name = join(path, entry.name)
    if (['logs', '.lock', '.toolkit'].includes(name)) continue
    if (entry.isFile()) yield [name, digestOf(join(directory, name))]
    if (entry.isDirectory()) yield [`${name}/`, '']
    if (entry.isDirectory() && name === 'proxy') yield* filesBelow(directory, name)
  }
}

/** What we may not read, or is no settings file, we do not write. */
function digestOf(file: string): string {
  const { size } = statSync(file)
  if (size > 1024 * 1024) return String(size)
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex')
  } catch (error) {
    if (isCode(error, 'EACCES')) return ''
    throw error
  }
}

async function imageIds(): Promise<string[]> {
  const listed = await listImages()
  if (listed) return [...listed.keys()]
  return (await run(['docker', 'images', '--all', '--quiet', '--no-trunc'])).split('\n')
}
