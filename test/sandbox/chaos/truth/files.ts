import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { registry } from '../../build-images.ts'
import { directoryOf } from '../../harness.ts'

const inside = (...path: string[]): string => join(directoryOf('production'), ...path)
const environmentFile = (): string => inside('.env.production')

/** The secrets themselves, by bytes: nobody is to change them. */
export const environmentText = (): string => readFileSync(environmentFile(), 'utf8')

const private_ = ['.env.production', '.env', '.env.backend', '.env.db', 'releases.jsonl']

/** The secrets' file as it was, readable for its owner alone like all that holds secrets; no halves of files. */
export function fileFindings(before: string): string[] {
  return [
    ...(environmentText() === before ? [] : ['.env.production was changed']),
    ...private_.flatMap(name => {
      const mode = statSync(inside(name), { throwIfNoEntry: false })?.mode
      if (mode === undefined) return [`${name} is gone`]
      return (mode & 0o777) === 0o600 ? [] : [`${name} has mode ${(mode & 0o777).toString(8)}, expected 600`]
    }),
    ...filesBelow(inside()).flatMap(file =>
      file.endsWith('.partial') ? [`half a file is left: ${file}`] : [],
    ),
  ]
}

/** @param printed what the runs have printed */
export function secretFindings(printed: string): string[] {
  const values = environmentText()
    .split('\n')
    .flatMap(line => (line.includes('=') ? [line.slice(line.indexOf('=') + 1)] : []))
    .concat(registry.password)
    .filter(value => value.length >= 8)
  const places = new Map([['what was printed', printed]])
  for (const file of [...filesBelow(inside('logs')), inside('releases.jsonl'), inside('.lock')])
    places.set(file, readText(file))
  return [...places].flatMap(([place, text]) =>
    values.some(value => text.includes(value)) ? [`a secret is in ${place}`] : [],
  )
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}

/** All files but those of uploads and of the toolkit itself. */
function filesBelow(path: string): string[] {
  return readdirSync(path).flatMap(name => {
    const file = join(path, name)
    const found = lstatSync(file, { throwIfNoEntry: false })
    if (found?.isDirectory()) return /^(uploads.*|\.toolkit)$/.test(name) ? [] : filesBelow(file)
    return found?.isFile() ? [file] : []
  })
}
