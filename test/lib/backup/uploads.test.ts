import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { keptUploads, liveUploads, restoredUploads, swapUploads } from '../../../lib/backup/uploads.ts'
import { environmentIn, inTemporary } from '../fixtures.ts'

const swapping = suite('uploads follow their database')

/** The file in each of the directories; null where there is no directory, '' where it is empty. */
type Place = readonly [live: string | null, next: string | null, kept: string | null]

const after = (before: Place, forward: boolean): Promise<Place> =>
  inTemporary(directory => {
    const environment = environmentIn(directory)
    const [next, kept] = [`${restoredUploads(environment)}x`, keptUploads(environment, 'x')]
    const paths = [liveUploads(environment), next, kept]
    for (const [i, path] of paths.entries()) {
      if (before[i] !== null) mkdirSync(path)
      if (before[i]) writeFileSync(join(path, `${before[i]}`), 'x')
    }
    swapUploads(environment, { next, kept, forward })
    const there = new Set(readdirSync(directory).map(name => join(directory, name)))
    const [a = null, b = null, c = null] = paths.map(path =>
      there.has(path) ? readdirSync(path).join() : null,
    )
    return [a, b, c]
  })

const moments: [what: string, found: Place][] = [
  ['before it began', ['old', 'new', null]],
  ['killed between the two renames', [null, 'new', 'old']],
  ['killed there, and an empty directory was made since', ['', 'new', 'old']],
  ['done', ['new', null, 'old']],
]
for (const [what, found] of moments) {
  swapping(`${what}, forth`, async () => assert.equal(await after(found, true), ['new', null, 'old']))
  swapping(`${what}, back`, async () => assert.equal(await after(found, false), ['old', 'new', null]))
}

swapping.run()
