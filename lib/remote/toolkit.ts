import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Failure } from '../base/failure.ts'
import { shown } from '../base/text.ts'

/** All that a script needs on the VPS. */
export type Toolkit = Readonly<ReturnType<typeof packToolkit>>

export const root = join(import.meta.dirname, '..', '..')
const shipped = ['scripts', 'lib', 'environments', 'package.json', 'package-lock.json']
/** Never of use there, or a secret: `.env.production` may lie beside its example. */
const stays = /^(node_modules|\.git|\.venv|__pycache__|.*\.pyc|\.env(?!.*\.example$).*)$/

/**
 * Reads the toolkit.
 * @param more other paths below the root: the sources, for a build on the VPS
 */
export function packToolkit(more: readonly string[] = []) {
  const files = [...shipped, ...more]
    .flatMap(path => filesBelow(join(root, path)))
    .map(describe)
    .sort((a, b) => (a.path < b.path ? -1 : 1))
  const list = files.map(({ blob, path }) => `${blob} ${path}\n`).join('')
  return {
    /** Names exactly these files. */
    id: digest(list),
    /** Names the dependencies: one set for each lockfile. */
    lock: digest(readFileSync(join(root, 'package-lock.json'))),
    files,
  }
}

const digest = (content: string | Buffer): string =>
  createHash('sha256').update(content).digest('hex').slice(0, 16)

function filesBelow(path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined)
    throw new Failure({ what: `${path} is missing in the toolkit`, fix: 'git status shows what is' })
  if (found.isFile()) return [path]
  return readdirSync(path, { withFileTypes: true }).flatMap(entry => {
    if (stays.test(entry.name)) return []
    if (entry.isDirectory()) return filesBelow(join(path, entry.name))
    return entry.isFile() ? [join(path, entry.name)] : []
  })
}

/** A file of the toolkit as it is to stand on the VPS. */
function describe(source: string) {
  const content = readFileSync(source)
  const mode = (statSync(source).mode & 0o100) === 0 ? 0o644 : 0o755
  const path = relative(root, source) // the toolkit's directory is elsewhere there
  // What stands behind a newline would be a line of its own in the list of files.
  if (/[\p{Cc}]/u.test(path))
    throw new Failure({ what: `${shown(path)} has a control character in its name`, fix: 'rename it' })
  // Names the content and the mode: what has this name there already need not travel.
  const blob = `${createHash('sha256').update(content).digest('hex')}.${mode.toString(8)}`
  return { source, path, mode, bytes: content.length, blob }
}
