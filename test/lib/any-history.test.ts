import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isVerified } from '../../lib/backup/list.ts'
import { backupName, isDump, manifestFile, stampedAt, stemOf } from '../../lib/backup/manifest.ts'
import { backupsToRemove } from '../../lib/backup/retention.ts'
import { targetOf } from '../../lib/deploy/rollback/target.ts'
import {
  findRelease,
  imagesToKeep,
  keptReleases,
  nextVersion,
  parseReleases,
  type Release,
  readReleases,
  recordRelease,
} from '../../lib/environment/releases.ts'
import { backup } from './backup/fixtures.ts'
import { day, environmentIn, images, inTemporary, release } from './fixtures.ts'

/** What must hold of releases and backups, whatever happened before. */

const anything = suite('any history')
const runs = { numRuns: 300 }

const text = fc.string({ unit: 'binary', maxLength: 20 })
const anyRelease: fc.Arbitrary<Release> = fc
  .record({
    number: fc.integer({ min: 1, max: 255 }),
    tag: text,
    who: text,
    run: text,
    at: fc.maxSafeNat(),
    schema: fc.option(text),
    kind: fc.constantFrom('deploy', 'rollback', 'adopted', 'rotation'),
    colour: fc.constantFrom('blue', 'green'),
  })
  .map(({ number, ...changes }) => release(number, changes))

anything('is read back as it was recorded, whatever crashes have left between the lines', () =>
  inTemporary(directory => {
    let number = 0
    fc.assert(
      fc.property(fc.array(fc.tuple(anyRelease, fc.option(fc.nat(400))), { maxLength: 12 }), lines => {
        const environment = environmentIn(join(directory))
        const file = join(directory, 'releases.jsonl')
        const earlier = readReleases(environment)
        for (const [one, cut] of lines) {
          // A crash in the middle of writing one: its last character at least is missing.
          if (cut !== null) appendFileSync(file, JSON.stringify(one).slice(0, -1 - cut))
          recordRelease(environment, one)
        }
        assert.equal(
          readReleases(environment).slice(earlier.length),
          lines.map(([one]) => one),
        )
        number += lines.length
      }),
      { numRuns: 60 },
    )
    assert.ok(number > 100, 'there was something to read')
  }),
)

/** A life: deploys of new and of old images, and rollbacks to wherever one may return. */
const life = fc
  .array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 20 })), { maxLength: 30 })
  .map(steps => {
    const lines: Release[] = []
    for (const [back, number] of steps) {
      const live = lines.at(-1)
      if (!back || live?.previous == null) {
        const next = nextVersion(lines, images(number))
        lines.push(release(next.release, { ...next, schema: null }))
      } else lines.push({ ...targetOf(lines, undefined), kind: 'rollback' })
    }
    return lines
  })

anything('keeps what is live, where a rollback leads, and the newest releases', () => {
  fc.assert(
    fc.property(life, fc.integer({ min: 0, max: 8 }), (lines, count) => {
      const kept = new Set(keptReleases(lines, count).map(one => one.release))
      const live = lines.at(-1)
      if (live) assert.ok(kept.has(live.release))
      if (live?.previous != null) assert.ok(kept.has(targetOf(lines, undefined).release))
      const newestFirst = [...new Set(lines.toReversed().map(one => one.release))]
      for (const number of newestFirst.slice(0, count)) assert.ok(kept.has(number))
      const needed = imagesToKeep(lines, count)
      for (const number of kept)
        for (const image of Object.values(findRelease(lines, number)?.images ?? {}))
          assert.ok(needed.has(image))
    }),
    runs,
  )
})

anything('numbers a version once, and never leads back to the version that was left', () => {
  fc.assert(
    fc.property(life, lines => {
      for (const [i, line] of lines.entries()) {
        const before = lines.slice(0, i)
        const same = before.filter(one => one.release === line.release)
        for (const one of same) assert.equal(one.images, line.images)
        if (line.kind === 'rollback') assert.ok(line.release < (before.at(-1)?.release ?? 0))
        if (line.previous !== null) assert.ok(line.previous < line.release)
      }
      assert.equal(parseReleases(lines.map(one => JSON.stringify(one)).join('\n')), lines)
    }),
    runs,
  )
})

const moment = fc
  .integer({ min: Date.parse('2020-01-01T00:00:00Z'), max: Date.parse('2099-12-31T23:59:59Z') })
  .map(ms => ms - (ms % 1000))

anything("of backups: a name says its time, with every ending, and its manifest's name follows", () => {
  const ending = fc.constantFrom('.sql', '.sql.gz', '.sql.zst', '.dump')
  fc.assert(
    fc.property(moment, ending, (at, end) => {
      const name = `${backupName(new Date(at))}${end}`
      assert.ok(isDump(name))
      assert.is(stampedAt(name), at)
      assert.is(stemOf(name), backupName(new Date(at)))
      assert.is(manifestFile('/backups', name), `/backups/${backupName(new Date(at))}.json`)
    }),
    runs,
  )
})

anything('of backups: what must stay stays, and what is removed is older than what is kept', () => {
  const some = fc.uniqueArray(
    fc.record({
      age: fc.nat({ max: 800 * 24 }),
      verified: fc.boolean(),
      cut: fc.boolean(),
      referred: fc.boolean(),
    }),
    { selector: ({ age }) => age, maxLength: 60 },
  )
  const few = fc.option(fc.nat({ max: 14 }), { nil: undefined })
  const retention = fc.record({ last: fc.nat({ max: 12 }), daily: few, weekly: few, monthly: few })
  const now = Date.UTC(2026, 5, 15)
  fc.assert(
    fc.property(some, retention, (found, wanted) => {
      const backups = found.map(({ age, verified, cut }) => {
        const one = backup(now - (age * day) / 24, verified ? { verifiedAt: now } : {})
        return cut ? { ...one, bytes: 1 } : one
      })
      const referred = backups.filter((_, i) => found[i]?.referred).map(({ name }) => `${name}.zst`)
      const gone = new Set(backupsToRemove(backups, wanted, referred, now))
      const newestFirst = [...backups].sort((a, b) => b.at - a.at)
      for (const one of newestFirst.slice(0, Math.max(1, wanted.last))) assert.not(gone.has(one))
      const verified = newestFirst.find(isVerified)
      assert.not(verified && gone.has(verified))
      for (const one of backups) if (referred.includes(`${one.name}.zst`)) assert.not(gone.has(one))
      const removedAlready = backupsToRemove(
        backups.filter(one => !gone.has(one)),
        wanted,
        referred,
        now,
      )
      assert.equal(removedAlready, [], 'asked again, nothing more goes')
    }),
    runs,
  )
})

anything.run()
