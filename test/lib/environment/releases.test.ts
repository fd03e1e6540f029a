import { execFileSync } from 'node:child_process'
import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { targetOf } from '../../../lib/deploy/rollback/target.ts'
import {
  damagedHistory,
  findRelease,
  imagesToKeep,
  nextVersion,
  parseReleases,
  pinned,
  type Release,
  readReleases,
  recordRelease,
  sameImages,
  shortDigest,
} from '../../../lib/environment/releases.ts'
import { environmentIn, images, inTemporary, release } from '../fixtures.ts'

const digest = '3f1c9a0b72de'.padEnd(64, '0')

const pinning = suite('releases: an image is pinned')

for (const reference of [
  `registry.example/org/tracehub-backend@sha256:${digest}`,
  `127.0.0.1:5050/tracehub-backend@sha256:${digest}`,
  `postgres:17.5@sha256:${digest}`,
  `registry.example/tracehub-backend:build-${digest.slice(0, 32)}`,
])
  pinning(reference.slice(0, 60), () => assert.is(pinned(reference), reference))

for (const reference of [
  '',
  'registry.example/backend',
  'registry.example/backend:main',
  'registry.example/backend:latest',
  `registry.example/backend:sha256-${digest}`,
  `registry.example/backend@sha256:${digest.slice(1)}`,
  `registry.example/backend@sha256:${digest}0`,
  `registry.example/backend@sha256:${digest.toUpperCase()}`,
  `registry.example/backend@sha512:${digest}`,
  `@sha256:${digest}`,
  `registry.example/backend@sha256:${digest}\n`,
  `registry.example/backend@sha256:${digest} --privileged`,
  `registry.example/$(id)@sha256:${digest}`,
  `registry.example/a b@sha256:${digest}`,
  'registry.example/backend:build-main',
  'registry.example/backend:build-abc',
  'undefined',
])
  pinning(`${JSON.stringify(reference).slice(0, 60)} is not`, () =>
    assert.throws(
      () => pinned(reference),
      (error: unknown) =>
        error instanceof TypeError && error.message === `${reference} is not pinned to a digest`,
    ),
  )

pinning('a digest for people is its beginning', () => {
  assert.is(shortDigest(`registry.example/backend@sha256:${digest}`), '3f1c9a0b72de')
  assert.is(shortDigest(`registry.example/backend:build-${digest.slice(0, 32)}`), '3f1c9a0b72de')
  assert.is(shortDigest('none'), 'none')
})

pinning.run()

const history = suite('releases: the history')

history('nothing was ever live', () =>
  inTemporary(directory => assert.equal(readReleases(environmentIn(directory)), [])),
)

history('what is recorded is read, in its order, and is for the owner alone', () =>
  inTemporary(directory => {
    const environment = environmentIn(directory)
    const second = release(2, { schema: null, backup: 'backup_1.sql', requests: { seen: 10, failed: 0 } })
    recordRelease(environment, release(1))
    recordRelease(environment, second)
    assert.equal(readReleases(environment), [release(1), second])
    assert.is(statSync(join(directory, 'releases.jsonl')).mode & 0o777, 0o600)
  }),
)

history('after a line that a crash cut off, the next one is whole', () =>
  inTemporary(directory => {
    const environment = environmentIn(directory)
    const file = join(directory, 'releases.jsonl')
    recordRelease(environment, release(1))
    appendFileSync(file, JSON.stringify(release(2)).slice(0, 40))
    recordRelease(environment, release(3))
    assert.equal(readReleases(environment), [release(1), release(3)])
    assert.is(readFileSync(file, 'utf8').split('\n').length, 4, 'nothing was taken away')
  }),
)

history('what exists is only ever appended to', () =>
  inTemporary(directory => {
    const environment = environmentIn(directory)
    const file = join(directory, 'releases.jsonl')
    writeFileSync(file, 'a person wrote this\n')
    recordRelease(environment, release(1))
    assert.is(readFileSync(file, 'utf8'), `a person wrote this\n${JSON.stringify({ v: 1, ...release(1) })}\n`)
  }),
)

const damaged: [what: string, line: string][] = [
  ['an empty line', ''],
  ['half a line', JSON.stringify(release(2)).slice(0, -20)],
  ['two lines run together', JSON.stringify(release(2)) + JSON.stringify(release(3))],
  ['zeroes, as after a power cut', '\0'.repeat(500)],
  ['null', 'null'],
  ['a number', '5'],
  ['another object', '{"a":1}'],
  ['a list', '[]'],
  ['a release without a number', JSON.stringify({ ...release(2), release: undefined })],
  ['a release whose number is a text', JSON.stringify({ ...release(2), release: '2' })],
  ['a release without images', JSON.stringify({ ...release(2), images: undefined })],
  [
    'a release with half of its images',
    JSON.stringify({ ...release(2), images: { backend: images(2).backend } }),
  ],
  [
    'a release that is not pinned',
    JSON.stringify({ ...release(2), images: { ...images(2), backend: 'registry.example/backend:main' } }),
  ],
]
for (const [what, line] of damaged)
  history(`${what} is left out`, () =>
    assert.equal(parseReleases(`${JSON.stringify(release(1))}\n${line}\n${JSON.stringify(release(4))}\n`), [
      release(1),
      release(4),
    ]),
  )

history('what cannot be read is said, with its lines and what takes them out', () =>
  inTemporary(directory => {
    const environment = environmentIn(directory)
    const file = join(directory, 'releases.jsonl')
    for (const [number, [what, line]] of damaged.entries()) {
      writeFileSync(file, `${JSON.stringify(release(1))}\n${line}\n`)
      recordRelease(environment, release(4))
      const problem = damagedHistory(environment)
      if (number === 0) assert.is(problem, undefined, 'an empty line is no damage')
      else assert.match(problem?.what ?? '', /^1 line of releases\.jsonl .*: line 2$/, what)
      if (problem) execFileSync('bash', ['-c', problem.fix?.split('  ')[0] ?? ''])
      assert.is(damagedHistory(environment), undefined, what)
      assert.equal(readReleases(environment), [release(1), release(4)])
    }
  }),
)

history('what a newer toolkit wrote is refused', () => {
  const text = `${JSON.stringify({ v: 1, ...release(1) })}\n${JSON.stringify({ v: 2, ...release(2) })}\n`
  assert.throws(() => parseReleases(text), /releases\.jsonl has format 2, which a newer toolkit wrote/)
})

history('the newest line about a release is the one that counts', () => {
  const lines = [release(1), release(2), release(1, { colour: 'green', kind: 'rollback' })]
  assert.is(findRelease(lines, 1), lines[2])
  assert.is(findRelease(lines, 2), lines[1])
  assert.is(findRelease(lines, 3), undefined)
})

history.run()

const numbering = suite('releases: the place of what comes next')

const one = release(1)
const two = release(2)
const back = release(1, { kind: 'rollback' })

const places: [
  what: string,
  releases: Release[],
  images: number,
  release: number,
  previous: number | null,
][] = [
  ['the first', [], 1, 1, null],
  ['another version', [one], 2, 2, 1],
  ['the live version once more', [one, two], 2, 2, 1],
  ['the first once more', [one], 1, 1, null],
  ['after a rollback: a number of its own, never that of what was left', [one, two, back], 3, 3, 1],
  ['what was left, deployed again', [one, two, back], 2, 3, 1],
  ['after a gap', [release(7)], 8, 8, 7],
]
for (const [what, releases, number, expected, previous] of places)
  numbering(what, () =>
    assert.equal(nextVersion(releases, images(number)), {
      release: expected,
      previous,
      kind: 'deploy',
      images: images(number),
    }),
  )

numbering('it is the same version only where both images are the same', () => {
  assert.ok(sameImages(one, images(1)))
  assert.not.ok(sameImages(one, { ...images(1), frontend: images(2).frontend }))
  assert.not.ok(sameImages(one, { ...images(1), backend: images(2).backend }))
})

numbering.run()

const keeping = suite('releases: what pruning must keep')

/** The numbers of the releases whose images are kept. */
const kept = (releases: readonly Release[], count: number): number[] => {
  const keep = imagesToKeep(releases, count)
  const numbers = [...new Set(releases.map(({ release }) => release))].sort((a, b) => a - b)
  return numbers.filter(number => Object.values(images(number)).every(image => keep.has(image)))
}
const deployed = (upTo: number): Release[] => Array.from({ length: upTo }, (_, i) => release(i + 1))

const keeps: [what: string, releases: Release[], count: number, kept: number[]][] = [
  ['nothing of nothing', [], 5, []],
  ['all, while there are few', deployed(3), 5, [1, 2, 3]],
  ['the newest five', deployed(8), 5, [4, 5, 6, 7, 8]],
  ['the one before the live one, however few are wanted', deployed(8), 1, [7, 8]],
  ['the live one and the one before, even if none are wanted', deployed(8), 0, [7, 8]],
  [
    'after a rollback what was live last, and the one before the target',
    [...deployed(8), release(3)],
    2,
    [2, 3, 8],
  ],
  ['a release of many lines counts once', [one, two, one, two, one, two, release(3)], 2, [2, 3]],
]
for (const [what, releases, count, expected] of keeps)
  keeping(what, () => assert.equal(kept(releases, count), expected))

keeping('whatever happened, the live version and the target of a rollback are there', () => {
  let seed = 1
  const random = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  for (let story = 0; story < 300; story++) {
    const lines: Release[] = []
    for (let i = 0; i < 12; i++) {
      const live = lines.at(-1)
      const rollsBack = live?.previous != null && random(3) === 0
      if (rollsBack) lines.push({ ...targetOf(lines, undefined), kind: 'rollback' })
      else {
        const number = Math.max(0, ...lines.map(({ release }) => release)) + 1
        lines.push(release(number, nextVersion(lines, images(number))))
      }
      const keep = imagesToKeep(lines, 1 + random(4))
      const needed = [lines.at(-1), lines.at(-1)?.previous == null ? undefined : targetOf(lines, undefined)]
      for (const found of needed)
        for (const image of Object.values(found?.images ?? {}))
          assert.ok(keep.has(image), JSON.stringify(lines))
    }
  }
})

keeping.run()
