import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { attempt } from '../base/shell.ts'
import { readInImage, withAlembicsPython } from '../docker/image-reading.ts'

/** Finds where the version that is still running uses a table's or a column's name: `file:line`, at most a few. */
export type LiveVersion = (name: string) => Promise<readonly string[]>

/**
 * How a program may write a name, as a regular expression: SQL knows no case, and a table may be called after its class,
 * `shipment_items` after ShipmentItem.
 * @param name a table's or a view's has its schema before it
 */
export function spellings(name: string): string {
  const word = name.split('.').at(-1) ?? name
  const literal = (text: string): string => text.replace(/[^A-Za-z0-9_]/g, String.raw`\$&`)
  if (!name.includes('.')) return literal(word)
  const singulars = [
    ...(/ies$/.test(word) ? [`${word.slice(0, -3)}y`] : []),
    ...(/es$/.test(word) ? [word.slice(0, -2)] : []),
    ...(/s$/.test(word) ? [word.slice(0, -1)] : []),
  ]
  return [word, ...singulars].map(each => literal(each).replaceAll('_', '_?')).join('|')
}

/**
 * The running version as git has it at `ref`. Migrations and tests are left out: they do not serve users. A name is
 * looked for as a whole word, so that a use is rather seen too often than missed.
 */
export function liveAt(backend: string, ref: string): LiveVersion {
  const grep = async (...words: string[]): Promise<string[]> => {
    const outside = ['**/*.md', '**/*.txt', 'test/**', 'tests/**', '**/test_*.py', '**/conftest.py']
    const ran = await attempt(
      ['git', 'grep', '-I', ...words, ref, '--', '.', ...outside.map(each => `:(exclude,glob)${each}`)],
      { cwd: backend },
    )
    return ran.stdout.split('\n').map(line => line.replace(`${ref}:`, ''))
  }
  return async name => {
    const revisions = new Set(await grep('-l', '-E', '-e', '^down_revision'))
    return (await grep('-n', '-i', '-w', '-E', '-e', spellings(name)))
      .filter(line => line !== '' && !revisions.has(line.split(':')[0] ?? ''))
      .map(line => line.split(':').slice(0, 2).join(':'))
      .slice(0, 3)
  }
}

const namesInUse = readFileSync(join(import.meta.dirname, 'python', 'names_in_use.py'), 'utf8')

/** The running version as its image has it. An image that cannot be searched is said to use everything. */
export function liveInImage(image: string, signal: AbortSignal): LiveVersion {
  return async name => {
    const command = [...withAlembicsPython(namesInUse), spellings(name)]
    const ran = await readInImage(image, command, { signal })
    if (!ran.ok) return [`${image}, which cannot be searched`]
    return ran.stdout.split('\n').filter(place => /:\d+$/.test(place)) // and not what Python prints as it starts
  }
}
