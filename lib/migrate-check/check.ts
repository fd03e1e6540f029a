import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { quoted } from '../base/command-text.ts'
import { Failure } from '../base/failure.ts'
import { drive, type Plan, type Request } from './driver.ts'
import { all, type Fact, type FactOf, type Step } from './facts.ts'
import { checkGraph, stopsAlembic } from './graph.ts'
import { inOrder, type Revision, revisionsOf } from './history.ts'
import { irreversibleIn, judge } from './judge.ts'
import type { LiveVersion } from './live-version.ts'
import type { Naming } from './naming.ts'
import { invocation, type Place } from './python.ts'
import type { ScratchServer } from './scratch-server.ts'
import type { Judged } from './suppressions.ts'

export interface Wanted extends Pick<Request, 'config' | 'irreversible' | 'scope'> {
  readonly place: Place
  /** With `pending`: a database of the scratch server with a copy of the live schema, where there is one. */
  readonly copy?: string | undefined
  /** How revision files are named; undefined: as they please. */
  readonly naming: Naming | undefined
  readonly live: LiveVersion | undefined
  /** Which revisions matter: they, and what follows them, are gone through step by step. All unless told. */
  readonly isJudged: ((revision: Revision) => boolean) | undefined
  readonly signal: AbortSignal
  readonly progress: (text: string) => void
}

/** Where a project of Alembic's has them, relative to the backend's directory. */
export const usual = { config: 'alembic.ini', irreversible: 'alembic/irreversible.txt' } as const

export interface Report extends Judged {
  readonly revisions: readonly Revision[]
  readonly steps: readonly Step[]
  /** The revisions that are meant to be irreversible. */
  readonly irreversible: ReadonlySet<string>
  readonly versions: string
  /** Whether the pending revisions were tried on the copy of the live schema, and why. */
  readonly onCopy: FactOf<'live-schema'> | undefined
}

/** Checks a whole history: what its files say, and what happens when it runs on the scratch server. */
export async function check(server: ScratchServer, id: string, wanted: Wanted): Promise<Report> {
  const { place, config, irreversible, scope, copy, isJudged, signal, progress } = wanted
  const request = { id, config, irreversible, scope, live: copy }
  let done = 0
  const facts = await drive(invocation(place, server, id), request, {
    plan: read => planOf(read, isJudged),
    onFact: fact => {
      if (fact.type !== 'revision') return
      done += 1
      progress(`${done} revisions, at ${fact.revision}`)
    },
    signal,
    patience: 15 * 60_000,
  })
  refuseWithoutAlembic(facts, place)
  return judge(facts, wanted)
}

function planOf(facts: readonly Fact[], isJudged: Wanted['isJudged']): Plan {
  const files = all(facts, 'file')
  const irreversible = [...irreversibleIn(facts).keys()]
  if (stopsAlembic(checkGraph(files))) return { order: null, judged: null, irreversible }
  const revisions = inOrder(revisionsOf(files))
  const ids = (some: readonly Revision[]): string[] => some.map(({ id }) => id)
  return { order: ids(revisions), judged: isJudged ? ids(revisions.filter(isJudged)) : null, irreversible }
}

function refuseWithoutAlembic(facts: readonly Fact[], place: Place): void {
  const [what] = [
    ...all(facts, 'no-alembic').map(({ python, message }) => `${python} has no Alembic: ${message}`),
    ...all(facts, 'no-driver').map(({ message }) => message),
  ]
  if (what !== undefined) throw new Failure({ what, fix: requirements(place) })
}

/** What to type, so that Alembic can run where it was looked for. */
function requirements({ backend = '.', image }: Place): string {
  if (image !== undefined)
    return "add it (alembic, or psycopg2-binary beside asyncpg) to the backend's requirements, and build the image again"
  const listed = existsSync(join(backend, 'requirements.txt'))
  return [
    `cd ${quoted(resolve(backend))} && python3 -m venv .venv && .venv/bin/pip install ${listed ? '-r requirements.txt' : 'alembic psycopg2-binary'}`,
    'or name the Python that has them with --python <path>, or an image with --image <ref>',
  ].join('\n')
}
