import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import staging from '../../../environments/staging.ts'
import type { Backup } from '../../../lib/backup/list.ts'
import { listBackups } from '../../../lib/backup/list.ts'
import { readContent } from '../../../lib/backup/read-content.ts'
import { findCompose } from '../../../lib/docker/compose.ts'
import { Project } from '../../../lib/docker/project.ts'
import type { Environment } from '../../../lib/environment/environment.ts'
import { HAProxy } from '../../../lib/proxy/proxy.ts'
import type { Site } from '../../../lib/proxy/site.ts'
import type { RunEvent } from '../../../lib/run/events.ts'
import { Run } from '../../../lib/run/run.ts'
import type { Step } from '../../../lib/run/step.ts'
import { docker } from '../docker.ts'
import {
  deploy,
  directoryOf,
  type Finished,
  freshEnvironment,
  lastEvents,
  script,
  start,
} from '../harness.ts'
import inTheBox from '../override.ts'

/** All tests of backups use staging: it asks nobody. */
export const environment: Environment = inTheBox(staging)
export const backups = (): string => join(directoryOf('staging'), 'backups')
export const listed = (): Backup[] => listBackups(environment)

/** What a step says is of no interest in a test of what it does. */
export const silent: Step = { progress: () => {}, note: () => {}, skip: () => {} }

/** The environment, for code that is called and not started as a script. */
export async function site(): Promise<Site> {
  const compose = await findCompose()
  if (!compose) throw new Error('there is no Compose')
  return {
    environment,
    project: new Project(environment, compose),
    proxy: new HAProxy(environment),
    run: new Run({ write: () => {} }),
    runId: 'test',
    who: 'test',
    unsettled: undefined,
  }
}

/** Runs SQL as a person does. */
export const psql = (sql: string, database = 'tracehub'): Promise<string> =>
  docker(
    ...[
      'exec',
      'tracehub-db-staging',
      'psql',
      '-U',
      'tracehub_admin',
      '-d',
      database,
      '-XqAt',
      '-v',
      'ON_ERROR_STOP=1',
      '-c',
      sql,
    ],
  )

/** The databases of the server, but for PostgreSQL's own. */
export async function databases(): Promise<string[]> {
  const sql =
    "select datname from pg_database where datname not in ('postgres', 'template0', 'template1') order by 1"
  return (await psql(sql, 'postgres')).split('\n')
}

/** Everything that the live database holds, to compare with later. */
export const content = async (database = 'tracehub') =>
  readContent((await site()).project, database, true, { timeout: 60_000 })

export const backup = (...args: string[]): Promise<Finished> => script('backup', ['-e', 'staging', ...args])
export const rollBack = (...args: string[]): Promise<Finished> =>
  script('rollback', ['-e', 'staging', '-t', 'database', ...args])

/** A version that runs, on a database with a few rows. */
export async function deployed(version: string): Promise<void> {
  await freshEnvironment('staging')
  const { code, stderr } = await deploy('staging', version)
  if (code !== 0) process.stderr.write(stderr) // the runner of tests says nothing of what fails before them
  assert.is(code, 0)
  await psql(
    "insert into shipments (reference, status, customer_id) select 'S-' || g, 'booked', min(id) from customers, generate_series(1, 100) g group by g",
  )
}

/** What nobody will ever look at again: halves of files, scratch databases. */
export async function leftovers(): Promise<string[]> {
  const files = readdirSync(backups()).filter(name => name.endsWith('.partial'))
  return [...files, ...(await databases()).filter(name => name.includes('_scratch_'))]
}

export type Moment = readonly [title: string, when: 'start' | 'middle']

/** How many commands steps run: the middle of a step is told by them, however fast the machine is at that moment. */
const usual = new Map<string, number>()
export function learn(): void {
  for (const [title, commands] of commandsIn(lastEvents('staging'))) usual.set(title, commands)
}

/** The steps that have begun, and how many commands each has run. */
function commandsIn(events: readonly RunEvent[]): Map<string, number> {
  const found = new Map<string, number>()
  let current = ''
  for (const event of events) {
    if (event.type === 'step-started') {
      current = event.title
      found.set(current, 0)
    } else if (event.type === 'command' && current !== '') found.set(current, (found.get(current) ?? 0) + 1)
  }
  return found
}

const ofStep = (steps: Map<string, number>, title: string): number | undefined =>
  [...steps].find(([whole]) => whole.startsWith(title))?.[1]

/** Starts a script and kills it at a moment, again where it was faster than we. @returns false when it always was. */
export async function killAt(name: string, args: readonly string[], [title, when]: Moment): Promise<boolean> {
  const commands = when === 'middle' ? Math.ceil((ofStep(usual, title) ?? 0) / 2) : 0
  for (let tries = 0; tries < 3; tries += 1) if (await killAfter(commands, name, args, title)) return true
  return false
}

/** @param commands of the step that have ended by then */
async function killAfter(
  commands: number,
  name: string,
  args: readonly string[],
  title: string,
): Promise<boolean> {
  const before = lastEvents('staging')[0]
  const run = start(name, ['-e', 'staging', ...args])
  let over = false
  void run.done.then(() => {
    over = true
  })
  while (!over) {
    const events = lastEvents('staging')
    const [first] = events
    const isNew =
      first?.type === 'run-started' && (before?.type !== 'run-started' || first.run !== before.run)
    const isOver = events.some(event => event.type === 'step-finished' && event.title.startsWith(title))
    if (isNew && (isOver || (ofStep(commandsIn(events), title) ?? -1) >= commands)) {
      run.kill('SIGKILL')
      await run.done
      return lastEvents('staging').at(-1)?.type !== 'run-finished'
    }
    await new Promise(resolve => setTimeout(resolve, 2))
  }
  return false
}
