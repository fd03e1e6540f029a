import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { backUp } from '../../../lib/backup/dump.ts'
import { removeLeftovers } from '../../../lib/backup/leftovers.ts'
import { Cancelled } from '../../../lib/base/failure.ts'
import { run } from '../../../lib/base/shell.ts'
import { settleOwner } from '../../../lib/database/owner.ts'
import { makeDirectories } from '../../../lib/environment/directory.ts'
import type { Site } from '../../../lib/proxy/site.ts'
import type { NewEvent } from '../../../lib/run/events.ts'
import { Run } from '../../../lib/run/run.ts'
import { failureOf } from '../../lib/fixtures.ts'
import { docker } from '../docker.ts'
import { freshEnvironment } from '../harness.ts'
import { backups, databases, environment, leftovers, listed, psql, silent, site } from './place.ts'

/**
 * A process that loses its parent goes to process 1 of its container. PostgreSQL as process 1 takes one that ends with 2
 * for a backend that has crashed, and ends every session. So here is a bare database without an init, as older versions
 * of the toolkit have started it.
 */

const staging = suite('a backup that fails or is interrupted leaves the live database alone')
const db = 'tracehub-db-staging'
const events: NewEvent[] = []
let place: Site

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(100)
}

staging.before(async () => {
  await freshEnvironment('staging')
  makeDirectories(environment)
  place = { ...(await site()), run: new Run({ write: event => void events.push(event) }) }
  const { project, database } = environment
  const labels = { project, service: 'db', oneoff: 'False' }
  await docker(
    ...['run', '--detach', '--name', db, '--volume', `${backups()}:/backups`],
    ...Object.entries(labels).flatMap(([key, value]) => ['--label', `com.docker.compose.${key}=${value}`]),
    ...['--env', `POSTGRES_USER=${database.user}`, '--env', `POSTGRES_DB=${database.name}`],
    ...[
      '--env',
      'POSTGRES_PASSWORD=x',
      '--health-cmd',
      'pg_isready -q -h 127.0.0.1 -U tracehub',
      '--health-interval',
      '1s',
    ],
    'tracehub-sandbox/postgres',
  )
  await until(async () => (await docker('inspect', '--format', '{{.State.Health.Status}}', db)) === 'healthy')
  await settleOwner(place.project)
  // The owner's: it counts what it owns, in a session of its own.
  await psql(
    'create table shipments as select generate_series(1, 1000) as id; alter table shipments owner to tracehub',
  )
})
staging.after(async () => {
  await docker('rm', '--force', '--volumes', db)
})

/** When PostgreSQL was started; and it has not begun anew since, over what it took for a crash. */
const since = async (): Promise<string> => {
  const logged = await run(['sh', '-c', `docker logs ${db} 2>&1`])
  assert.not.match(logged, 'terminating any other active server processes')
  return psql('select pg_postmaster_start_time()')
}

/** The commands in the container whose parent is process 1, but for PostgreSQL's own. */
async function orphans(): Promise<string[]> {
  const first = await docker('inspect', '--format', '{{.State.Pid}}', db)
  const rows = (await docker('top', db, '-eo', 'pid,ppid,args')).split('\n').slice(1)
  return rows.filter(row => {
    const [, parent, command] = row.trim().split(/\s+/)
    return parent === first && !command?.startsWith('postgres')
  })
}

const ours = (state: string): string =>
  `select count(*) from pg_stat_activity where application_name = 'tracehub-backup' and ${state}`
const holder = "query ~ '^begin; lock table shipments'"

/** Holds a lock on which pg_dump and the count both wait, so that a backup stands in its middle for as long as we like. */
async function whileItWaits(act: () => Promise<void>): Promise<void> {
  const held = 'begin; lock table shipments; select pg_sleep(3600)'
  const user = ['-U', 'tracehub_admin', '-d', 'tracehub']
  const holding = run(['docker', 'exec', db, 'psql', ...user, '-Xqc', held]).catch(() => '')
  const sleeping = `select count(*) from pg_stat_activity where ${holder} and wait_event = 'PgSleep'`
  await until(async () => (await psql(sleeping)) === '1')
  try {
    await act()
  } finally {
    await psql(`select pg_terminate_backend(pid) from pg_stat_activity where ${holder}`)
    await holding
  }
}

const stops: readonly (readonly [string, (stopping: AbortController) => unknown, RegExp])[] = [
  [
    'its count and its dump are cancelled',
    () =>
      psql(
        `select pg_cancel_backend(pid) from pg_stat_activity where application_name = 'tracehub-backup' and wait_event_type = 'Lock'`,
      ),
    /could not be backed up/,
  ],
  ['it is stopped by Ctrl-C', stopping => stopping.abort(new Cancelled('SIGINT')), /stopped by SIGINT/],
]
for (const [what, stop, said] of stops)
  staging(what, async () => {
    const began = await since()
    const stopping = new AbortController()
    let left: string[] = []
    await whileItWaits(async () => {
      const stoppable = Object.create(place.run, { signal: { value: stopping.signal } }) as Run // the one thing it asks
      const failing = failureOf(() =>
        backUp({ ...place, run: stoppable }, { reason: 'manual', hashed: false }, silent),
      )
      await until(async () => (await psql(ours("wait_event_type = 'Lock'"))) === '2')
      left = await orphans()
      await stop(stopping)
      assert.match((await failing).what, said)
      await until(async () => (await psql(ours('true'))) === '0')
    })
    assert.equal(left, [])
    assert.is(await since(), began)
    assert.equal([listed(), await leftovers()], [[], []])
  })

staging("a scratch database that cannot be dropped is said, and is in nobody's way", async () => {
  await psql('create database tracehub_scratch_subscribed')
  const subscription = "create subscription erp connection 'host=erp' publication p with (connect = false)"
  await psql(subscription, 'tracehub_scratch_subscribed')
  await psql('create database tracehub_scratch_shut')
  await psql(subscription.replace('erp', 'crm'), 'tracehub_scratch_shut')
  await psql('alter database tracehub_scratch_shut allow_connections false') // so its subscription stays
  await psql('create database tracehub_scratch_template is_template true')
  assert.equal(await removeLeftovers(place), [
    'database tracehub_scratch_subscribed',
    'database tracehub_scratch_template',
  ])
  assert.equal(await databases(), ['tracehub', 'tracehub_scratch_shut'])
  const warned = events.flatMap(event => (event.type === 'warning' ? [event.problem.what] : []))
  assert.is(warned.length, 1)
  assert.match(warned[0] ?? '', /^database tracehub_scratch_shut could not be removed: /)
  await backUp(place, { reason: 'manual', hashed: true }, silent)
  assert.is(listed()[0]?.manifest?.rows['public.shipments'], 1000)
})

staging('every service that is started from now on has an init', () => {
  const file = join(import.meta.dirname, '..', '..', '..', 'environments', 'docker-compose.yml')
  const text = readFileSync(file, 'utf8')
  assert.match(text, /^x-service: &service\n(?: .*\n)*? {2}init: true$/m)
  const services = text.slice(text.indexOf('\nservices:\n'), text.indexOf('\nnetworks:\n'))
  const count = (pattern: RegExp): number => [...services.matchAll(pattern)].length
  assert.is(count(/^ {2}[\w-]+:$/gm), count(/^ {4}<<: \*(service|backend|frontend)$/gm))
})

staging.run()
