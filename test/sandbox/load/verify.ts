import type { Posts, Report } from './report.ts'
import { loopback } from './settings.ts'

export type Verification = {
  /** Acknowledged with a 201, and not in the database. */
  readonly lost: string[]
  /** Stored more than once. */
  readonly doubled: string[]
  /** Stored under our prefix, yet we never sent it. */
  readonly unexpected: string[]
}

type Stored = { readonly reference: string; readonly count: number }

/** Compares what the app promised (201) with what its database holds. */
export async function verifyPosts(report: Pick<Report, 'posts'>, backend: string): Promise<Verification> {
  loopback(backend)
  const { posts } = report
  // The dash keeps out a run whose name merely begins like ours.
  const url = new URL(`/api/shipments/references?prefix=${encodeURIComponent(`${posts.prefix}-`)}`, backend)
  const response = await fetch(url, { redirect: 'error' })
  if (!response.ok) throw new Error(`GET ${url}: expected 200, got ${response.status}`)
  const stored = storedIn(await response.json())
  const names = new Set(stored.map(({ reference }) => reference))
  const promised = acknowledged(posts)
  const sent = new Set([...promised, ...posts.unknown, ...posts.inFlight])
  return {
    lost: promised.filter(reference => !names.has(reference)),
    doubled: stored.filter(({ count }) => count > 1).map(({ reference }) => reference),
    unexpected: [...names].filter(reference => !sent.has(reference)),
  }
}

/** The references that were answered with a 201. */
export function acknowledged(posts: Posts): string[] {
  const exceptions = new Set([...posts.unknown, ...posts.inFlight])
  const all = Array.from({ length: posts.sent }, (_, index) => `${posts.prefix}-${index + 1}`)
  return all.filter(reference => !exceptions.has(reference))
}

/** An array of `{reference, count}`, bare or under `references`. A stranger's answer is no proof. */
function storedIn(answer: unknown): Stored[] {
  const list = isRecord(answer) ? answer['references'] : answer
  if (!Array.isArray(list)) throw new Error(`expected a list of references, got ${JSON.stringify(answer)}`)
  return list.map((entry: unknown) => {
    if (isRecord(entry) && typeof entry['reference'] === 'string' && typeof entry['count'] === 'number')
      return { reference: entry['reference'], count: entry['count'] }
    throw new Error(`expected {reference, count}, got ${JSON.stringify(entry)}`)
  })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
