import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { projectLabel } from '../../../../lib/docker/build.ts'
import type { HostImage } from '../../../../lib/operations/cleanup/host.ts'
import { type Claims, imagesToRemove } from '../../../../lib/operations/cleanup/images.ts'

const backend = 'registry.example/tracehub-backend'
const digest = (number: number): string => `sha256:${number.toString(16).padStart(2, '0').repeat(32)}`
const pinned = (number: number, repository = backend): string => `${repository}@${digest(number)}`

const imageOf = (changes: Partial<HostImage> = {}): HostImage => ({
  id: digest(1),
  references: [pinned(1)],
  bytes: 100,
  labels: {},
  ...changes,
})
const claims = (changes: Partial<Claims> = {}): Claims => ({
  project: 'tracehub-production',
  repositories: [backend],
  needed: new Set(),
  inUse: new Set(),
  own: undefined,
  unknown: [],
  isBuilding: () => false,
  ...changes,
})
const removed = (image: HostImage, changes: Partial<Claims> = {}): string[] =>
  imagesToRemove([image], claims(changes)).flatMap(({ names = [] }) => names)

const images = suite('cleanup: images')

images('one that nothing needs goes', () => assert.equal(removed(imageOf()), [pinned(1)]))
images('one that a release needs stays', () =>
  assert.equal(removed(imageOf(), { needed: new Set([pinned(1)]) }), []),
)
images('one that is needed by its digest keeps its tag as well', () =>
  assert.equal(
    removed(imageOf({ references: [`${backend}:main`, pinned(1)] }), { needed: new Set([pinned(1)]) }),
    [],
  ),
)
images('one that any container of the machine has stays', () =>
  assert.equal(removed(imageOf(), { inUse: new Set([digest(1)]) }), []),
)
images("another project's stays", () =>
  assert.equal(
    removed(imageOf({ references: ['postgres:17', `${backend}-mirror:main`, 'tracehub-backend:main'] })),
    [],
  ),
)
images("one with a name of somebody else's loses ours alone, and frees nothing", () => {
  const found = imagesToRemove([imageOf({ references: ['other/app:1', pinned(1)] })], claims())
  assert.equal(
    found.map(({ names, bytes }) => [names, bytes]),
    [[[pinned(1)], 0]],
  )
})
images('one with a tag and a digest is one thing to remove, not two', () => {
  const found = imagesToRemove([imageOf({ references: [`${backend}:main`, pinned(1)] })], claims())
  assert.equal(
    found.map(({ name, names, bytes }) => ({ name, names, bytes })),
    [{ name: `${backend}:main`, names: [`${backend}:main`, pinned(1)], bytes: 100 }],
  )
})
images('where somebody unknown has images of these names, only what was ours goes', () => {
  const own = new Set([pinned(1)])
  assert.equal(removed(imageOf(), { own }), [pinned(1)])
  assert.equal(removed(imageOf({ references: [pinned(2)] }), { own }), [])
  const built = { references: [`${backend}:build-1`], labels: { [projectLabel]: 'tracehub-production' } }
  assert.equal(removed(imageOf(built), { own }), [`${backend}:build-1`])
  assert.equal(removed(imageOf({ references: ['tracehub-build:4711'] }), { own }), ['tracehub-build:4711'])
})
images('a dangling one goes when it was built for this project', () => {
  const dangling = imageOf({ references: [], labels: { [projectLabel]: 'tracehub-production' } })
  assert.equal(removed(dangling), [digest(1)])
  assert.equal(removed(dangling, { project: 'tracehub-staging' }), [])
  assert.equal(removed(imageOf({ references: [] })), [])
})
images('what a build that is at work has made so far stays', () => {
  const passing = imageOf({ references: ['tracehub-build:4711'] })
  assert.equal(removed(passing), ['tracehub-build:4711'])
  assert.equal(removed(passing, { isBuilding: pid => pid === '4711' }), [])
})

const numbers = fc.integer({ min: 0, max: 30 })
const repositories = fc.constantFrom(backend, 'other/app', 'postgres')
const references = fc.uniqueArray(
  fc.oneof(
    fc.tuple(numbers, repositories).map(([number, repository]) => pinned(number, repository)),
    fc.tuple(numbers, repositories).map(([number, repository]) => `${repository}:t${number}`),
  ),
  { maxLength: 4 },
)
const machine = fc.record({
  images: fc.uniqueArray(
    fc.record({ id: numbers.map(digest), references, bytes: fc.nat(), labels: fc.constant({}) }),
    { selector: ({ id }) => id, maxLength: 20 },
  ),
  needed: references,
  inUse: fc.array(numbers.map(digest), { maxLength: 5 }),
})

/** A name leads to one image. */
function namedOnce(found: readonly HostImage[]): HostImage[] {
  const seen = new Set<string>()
  return found.map(image => ({
    ...image,
    references: image.references.filter(name => !seen.has(name) && seen.add(name)),
  }))
}

images('whatever is there: nothing that is needed, in use or not ours ever goes', () => {
  fc.assert(
    fc.property(machine, ({ images, needed, inUse }) => {
      const there = namedOnce(images)
      const gone = new Set(
        imagesToRemove(there, claims({ needed: new Set(needed), inUse: new Set(inUse) })).flatMap(
          ({ names = [] }) => names,
        ),
      )
      for (const name of needed) assert.not(gone.has(name), name)
      for (const image of there)
        if (inUse.includes(image.id)) for (const name of image.references) assert.not(gone.has(name), name)
      for (const name of gone)
        assert.ok(name.startsWith(`${backend}@`) || name.startsWith(`${backend}:`), name)
    }),
    { numRuns: 500 },
  )
})

images.run()
