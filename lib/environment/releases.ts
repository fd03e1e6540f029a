import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { demandRoom, readIfThere } from '../base/files.ts'
import { type Colour, type Environment, type Part, parts } from './environment.ts'

/** An image by what it is, not by what it is called: `repository@sha256:…`. */
export type PinnedImage = string & { readonly pinned: unique symbol }
export type Images = Readonly<Record<Part, PinnedImage>>

const pinnedForm = /^[\w.:/-]+(@sha256:[0-9a-f]{64}|:build-[0-9a-f]{12,64})$/

export const isPinned = (reference: string): reference is PinnedImage => pinnedForm.test(reference)

/** @throws TypeError when the reference could come to mean another image one day. */
export function pinned(reference: string): PinnedImage {
  if (!isPinned(reference)) throw new TypeError(`${reference} is not pinned to a digest`)
  return reference
}

/** The digest's beginning, for people: `3f1c9a0b72de`. */
export const shortDigest = (image: string): string =>
  /(?:@sha256:|:build-)([0-9a-f]{12})/.exec(image)?.[1] ?? image

/** What users were moved to, and when: one line of `releases.jsonl`. The last line is what is live. */
export interface Release {
  /** Counts the versions that have been live. A rollback returns to an older number. */
  readonly release: number
  /** The release that this version replaced when it was first deployed: where a rollback of it leads. */
  readonly previous: number | null
  readonly kind: 'deploy' | 'rollback' | 'adopted' | 'rotation'
  /** Milliseconds since 1970. */
  readonly at: number
  readonly run: string
  readonly who: string
  readonly tag: string
  readonly images: Images
  readonly colour: Colour
  /** The schema's revision when users were moved; null for an empty database. */
  readonly schema: string | null
  readonly backup?: string | undefined
  /** What users asked, and how often the answer was 500 or above, from the switch to the end of the watch. */
  readonly requests?: { readonly seen: number; readonly failed: number } | undefined
}

/** The version that is to be live, before it has a colour and a schema. */
export type Version = Omit<Release, 'colour' | 'schema' | 'requests' | 'at'>

const historyFile = (environment: Environment): string => join(environment.directory, 'releases.jsonl')

/** All that has been live, oldest first. */
export function readReleases(environment: Environment): Release[] {
  return parseReleases(readIfThere(historyFile(environment)) ?? '')
}

/** A line that is no release (a crash while writing, a damaged disk) is left out; the map says what is live. */
export function parseReleases(text: string): Release[] {
  return text.split('\n').flatMap(line => {
    try {
      const value = JSON.parse(line) as Release
      const hasImages = parts.every(part => pinnedForm.test(value.images[part]))
      return Number.isSafeInteger(value.release) && hasImages ? [value] : []
    } catch {
      return []
    }
  })
}

export function recordRelease(environment: Environment, release: Release): void {
  const text = readIfThere(historyFile(environment)) ?? ''
  const newline = text === '' || text.endsWith('\n') ? '' : '\n' // after a half-written line
  const line = `${newline}${JSON.stringify(release)}\n`
  const file = historyFile(environment)
  demandRoom(file, () => appendFileSync(file, line, { mode: 0o600 }))
}

/** The live release has another schema from now on. */
export function recordSchema(
  { environment, runId, who }: { environment: Environment; runId: string; who: string },
  schema: string | null,
): void {
  const live = readReleases(environment).at(-1)
  if (live) recordRelease(environment, { ...live, run: runId, who, schema })
}

export const sameImages = (release: Release, images: Images): boolean =>
  parts.every(part => release.images[part] === images[part])

/** The place in history of what a deploy brings: the same number where the live version is deployed again. */
export function nextVersion(
  releases: readonly Release[],
  images: Images,
): Pick<Release, 'release' | 'previous' | 'kind' | 'images'> {
  const live = releases.at(-1)
  const place =
    live && sameImages(live, images)
      ? { release: live.release, previous: live.previous }
      : { release: nextNumber(releases), previous: live?.release ?? null }
  return { ...place, kind: 'deploy', images }
}

const nextNumber = (releases: readonly Release[]): number =>
  Math.max(0, ...releases.map(({ release }) => release)) + 1

/** The newest line about a release: it holds the colour that it was last seen in. */
export const findRelease = (releases: readonly Release[], number: number): Release | undefined =>
  releases.findLast(({ release }) => release === number)

/** Every image that the last `count` releases need: nothing that a rollback may want is thrown away. */
export const imagesToKeep = (releases: readonly Release[], count: number): Set<string> =>
  new Set(keptReleases(releases, count).flatMap(({ images }) => Object.values(images)))

/** The last `count` releases, and the one that a rollback of the live one leads to. */
export function keptReleases(releases: readonly Release[], count: number): Release[] {
  const live = releases.at(-1)
  const kept = new Set(live ? [live.release] : [])
  for (const { release } of releases.toReversed()) if (kept.size < count) kept.add(release)
  if (live?.previous != null) kept.add(live.previous)
  return releases.filter(({ release }) => kept.has(release))
}
