import type { Backup } from '../../backup/list.ts'
import { type Problem, problemOf } from '../../base/failure.ts'
import type { Revision } from '../../database/database.ts'
import type { Container } from '../../docker/containers.ts'
import type { Colour, Environment } from '../../environment/environment.ts'
import type { Release } from '../../environment/releases.ts'
import type { Traffic } from '../../proxy/reports.ts'
import type { Holder } from '../../run/lock.ts'
import type { Certificate } from './certificates.ts'
import type { DatabaseFacts } from './database.ts'
import type { Disk } from './disk.ts'
import type { RunSummary } from './runs.ts'
import type { Usage } from './usage.ts'

/** Everything that status knows of an environment; each output of it is made from these. Times are ms since 1970. */
export interface Facts {
  readonly environment: Environment
  readonly at: number
  /** Whether its directory is on this machine. */
  readonly isThere: boolean
  /** What in it whoever asks may not read; nothing is known of that. */
  readonly closed: string | undefined
  readonly secrets: readonly Problem[]
  /** Lines of the history that cannot be read. */
  readonly damagedHistory: Problem | undefined
  readonly engine: Known<string>
  /** The colour that the proxy uses when it starts next, and the one that it uses now. */
  readonly live: { readonly onDisk: Colour | null; readonly served: Colour | null | undefined }
  readonly release: Release | undefined
  /** When the same images were live on the environment that verifies versions; null: never; undefined: none does. */
  readonly verifiedAt: number | null | undefined
  readonly containers: Known<readonly Container[]>
  readonly usage: Known<ReadonlyMap<string, Usage>>
  readonly traffic: Known<RecentTraffic>
  readonly database: Known<DatabaseFacts>
  /** Why the database does not start, where its log says it in words that we know. */
  readonly databaseTrouble: Problem | undefined
  /** The newest revision that the live image has. */
  readonly head: Known<Revision>
  readonly backups: Known<BackupFacts>
  readonly disks: readonly Disk[]
  readonly certificates: readonly Known<Certificate>[]
  /** The smoke tests at the users' ports, and the addresses asked from outside. */
  readonly users: Known<'served'>
  readonly failingAddresses: ReadonlyMap<string, string>
  readonly lock: Holder | 'unknown' | undefined
  /** The newest first. */
  readonly runs: Known<readonly RunSummary[]>
}

/** The proxy's counters since it started, and what came while we looked. */
export interface RecentTraffic {
  readonly total: Traffic
  readonly now: Traffic
  /** How long "now" was, in ms. */
  readonly ms: number
}

export interface BackupFacts {
  readonly count: number
  readonly bytes: number
  readonly last: Backup | undefined
  readonly oldest: Backup | undefined
  readonly verified: Backup | undefined
  /** Those that a wrong clock has dated: they are none of the others. */
  readonly fromFuture: readonly Backup[]
}

/**
 * The environments of this machine, where none was named: a machine may have production alone. One whose directory is
 * gone while its containers are there is of this machine, too; and where nothing is here, everything is missing.
 */
export function here(all: readonly Facts[]): readonly Facts[] {
  const found = all.filter(facts => facts.isThere || (valueIn(facts.containers) ?? []).length > 0)
  return found.length > 0 ? found : all
}

/** What was found out, or why it could not be: status has to work when things are broken. */
export type Known<T> =
  | { readonly known: true; readonly value: T }
  | { readonly known: false; readonly why: string; readonly detail?: string | undefined }

/** Asks, and takes a failure for an answer. */
export async function ask<T>(question: () => Promise<T> | T): Promise<Known<T>> {
  try {
    return { known: true, value: await question() }
  } catch (error) {
    const { what, detail } = problemOf(error)
    return { known: false, why: what, detail }
  }
}

export const valueIn = <T>(answer: Known<T>): T | undefined => (answer.known ? answer.value : undefined)

/** How long any one question may take, in ms: whoever asks for the status is in a hurry. */
export const patience = 5000
