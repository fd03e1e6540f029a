import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { quoted } from '../base/command-text.ts'
import { Failure, type Problem } from '../base/failure.ts'
import { demandRoom, readIfThere } from '../base/files.ts'
import { count } from '../base/text.ts'
import { colours, type Environment, type Part, parts } from './environment.ts'

/** An image by what it is, not by what it is called: `repository@sha256:…`. */
export type PinnedImage = string & { readonly pinned: unique symbol }
export type Images = Readonly<Record<Part, PinnedImage>>

const pinnedForm = /^[\w.:/-]+(@sha256:[0-9a-f]{64}|:build-[0-9a-f]{12,64})$/

export const isPinned = (reference: string): reference is PinnedImage => pinnedForm.test(reference)
const image = v.custom<PinnedImage>(value => typeof value === 'string' && isPinned(value))

/** @throws TypeError when the reference could come to mean another image one day. */
export function pinned(reference: string): PinnedImage {
  if (!isPinned(reference)) throw new TypeError(`${reference} is not pinned to a digest`)
  return reference
}

/** The digest's beginning, for people: `3f1c9a0b72de`. */
export const shortDigest = (image: string): string =>
  /(?:@sha256:|:build-)([0-9a-f]{12})/.exec(image)?.[1] ?? image

/** One line of `releases.jsonl`, format 1; lines without a `v` are of toolkits that gave none. Without its images it is nothing. */
const lineForm = v.object({
  v: v.optional(v.literal(1)),
  /** Counts the versions that have been live. A rollback returns to an older number. */
  release: v.pipe(v.number(), v.safeInteger()),
  /** The release that this version replaced when it was first deployed: where a rollback of it leads. */
  previous: v.optional(v.nullable(v.number()), null),
  kind: v.optional(v.picklist(['deploy', 'rollback', 'adopted', 'rotation']), 'deploy'),
  /** Milliseconds since 1970. */
  at: v.number(),
  run: v.optional(v.string(), ''),
  who: v.optional(v.string(), ''),
  tag: v.string(),
  images: v.object({ backend: image, frontend: image }),
  colour: v.picklist(colours),
  /** The schema's revision when users were moved; null for an empty database. */
  schema: v.optional(v.nullable(v.string()), null),
  backup: v.optional(v.string()),
  /** What users asked, and how often the answer was 500 or above, from the switch to the end of the watch. */
  requests: v.optional(v.object({ seen: v.number(), failed: v.number() })),
})

/** What users were moved to, and when. The last line is what is live. */
export type Release = Readonly<Omit<v.InferOutput<typeof lineForm>, 'v'>>

/** The version that is to be live, before it has a colour and a schema. */
export type Version = Omit<Release, 'colour' | 'schema' | 'requests' | 'at'>

const historyFile = (environment: Environment): string => join(environment.directory, 'releases.jsonl')

/** All that has been live, oldest first. @throws Failure where a newer toolkit wrote it. */
export function readReleases(environment: Environment): Release[] {
  return parseReleases(readIfThere(historyFile(environment)) ?? '')
}

/** A line that is no release (a crash while writing, a damaged disk) is left out; {@link damagedHistory} says so. */
export const parseReleases = (text: string): Release[] => text.split('\n').flatMap(line => parsed(line) ?? [])

function parsed(line: string): Release | undefined {
  const value = jsonIn(line)
  const format = (value as { v?: unknown } | null | undefined)?.v
  if (typeof format === 'number' && format > 1)
    throw new Failure({
      what: `releases.jsonl has format ${format}, which a newer toolkit wrote: this one knows format 1`,
      fix: 'update the toolkit: git pull in its directory',
    })
  const { success, output } = v.safeParse(lineForm, value)
  if (!success) return undefined
  const { v: _, ...release } = output
  return release
}

function jsonIn(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** The lines that are no releases, and how they are taken out; undefined where there are none. */
export function damagedHistory(environment: Environment): Problem | undefined {
  const lines = (readIfThere(historyFile(environment)) ?? '').split('\n')
  const numbers = lines.flatMap((line, i) => (line === '' || parsed(line) ? [] : [i + 1]))
  if (numbers.length === 0) return undefined
  const file = quoted(historyFile(environment))
  return {
    what: `${count(numbers.length, 'line')} of releases.jsonl cannot be read and counts for nothing: line ${numbers.join(', ')}`,
    detail: 'a rollback does not know the release that it was, and cleanup does not keep its images',
    fix: `sed -i.damaged '${numbers.map(number => `${number}d`).join(';')}' ${file}  keeps what was there in releases.jsonl.damaged`,
  }
}

export function recordRelease(environment: Environment, release: Release): void {
  const text = readIfThere(historyFile(environment)) ?? ''
  const newline = text === '' || text.endsWith('\n') ? '' : '\n' // after a half-written line
  const line = `${newline}${JSON.stringify({ v: 1, ...release })}\n`
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
      : {
          release: 1 + Math.max(0, ...releases.map(({ release }) => release)),
          previous: live?.release ?? null,
        }
  return { ...place, kind: 'deploy', images }
}

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
