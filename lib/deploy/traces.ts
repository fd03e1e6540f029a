import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../base/shell.ts'
import { isCode } from '../base/system-errors.ts'
import { listImages } from '../docker/engine-api.ts'
import { readSurroundings } from '../docker/surroundings.ts'
import type { Place } from '../environment/environment.ts'
import { shortDigest } from '../environment/releases.ts'

const kinds = ['files', 'containers', 'volumes', 'networks', 'images'] as const
/** What there is of each kind, by its name; the value tells whether it is still the same. Undefined is not known. */
export type Traces = Readonly<Record<(typeof kinds)[number], ReadonlyMap<string, string> | undefined>>

/** Everything that a run may leave on the machine, beside its own log and lock. */
export async function traces({ directory, project }: Place): Promise<Traces> {
  const around = await readSurroundings()
  const ours = (things: readonly { readonly name: string; readonly project: string }[] | undefined) =>
    things && new Map(things.filter(thing => thing.project === project).map(({ name }) => [name, '']))
  return {
    files: new Map(filesBelow(directory, '')),
    containers: ours(around?.containers),
    volumes: ours(around?.volumes),
    networks: ours(around?.networks),
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
function filesBelow(directory: string, path: string): [name: string, content: string][] {
  return readdirSync(join(directory, path), { withFileTypes: true }).flatMap(entry => {
    const name = join(path, entry.name)
    if (['logs', '.lock', '.toolkit'].includes(name)) return []
    if (entry.isDirectory())
      return [[`${name}/`, ''] as [string, string], ...(name === 'proxy' ? filesBelow(directory, name) : [])]
    return entry.isFile() ? [[name, digestOf(join(directory, name))] as [string, string]] : []
  })
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
