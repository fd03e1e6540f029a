import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { preDeployBackup } from '../../../lib/backup/before-change.ts'
import type { Ran } from '../../../lib/base/shell.ts'
import { currentRevision, databaseState, lostData } from '../../../lib/database/state.ts'
import { planOf } from '../../../lib/deploy/plan.ts'
import type { Container } from '../../../lib/docker/containers.ts'
import { Project } from '../../../lib/docker/project.ts'
import type { Site } from '../../../lib/proxy/site.ts'
import {
  elsewhere,
  environmentIn,
  failureOf,
  images,
  inTemporary,
  release,
  withVariables,
} from '../fixtures.ts'

interface Found {
  readonly container?: Partial<Container>
  readonly volume?: boolean
  readonly released?: boolean
}

const container = {
  ...{ id: 'f00d', name: 'tracehub-db-prod', service: 'db', image: 'postgres', status: 'running' },
  ...{ health: 'healthy', restarts: 0, startedAt: 0, exitCode: 0, oomKilled: false },
  ...{ addresses: [], lastCheck: '', healthCommand: [] },
} as const satisfies Container

/** An environment on a machine where this was found; its database says that it has no migrations. */
function on<T>(found: Found, act: (site: Site) => T | Promise<T>): Promise<T> {
  return inTemporary(directory => {
    const environment = environmentIn(directory)
    if (found.released) writeFileSync(join(directory, 'releases.jsonl'), `${JSON.stringify(release(1))}\n`)
    const empty: Ran = { ok: true, code: 0, stdout: '\n', stderr: '' }
    const project = {
      environment,
      containers: async () => (found.container ? [{ ...container, ...found.container }] : []),
      passesHealthCheck: async () => false,
      hasVolume: async () => found.volume === true,
      exec: async () => empty,
    }
    const run = { warn: () => {}, signal: new AbortController().signal }
    return act({ environment, project, run, proxy: { mapOnDisk: () => null } } as unknown as Site) // all that is used
  })
}

const state = suite('database state: only what was never there may be passed over')

for (const [what, found, is] of [
  ['nothing at all', {}, 'absent'],
  ['a volume that is left', { volume: true }, 'down'],
  ['a release in the history', { released: true }, 'down'],
  ['a healthy container', { container: {} }, 'ready'],
  ['a paused one', { container: { status: 'paused' } }, 'down'],
  ['one that has stopped', { container: { status: 'exited', exitCode: 137 } }, 'down'],
  ['an unhealthy one', { container: { health: 'unhealthy' } }, 'down'],
  ['one that is starting', { container: { health: 'starting' } }, 'down'],
] as const)
  state(`${what}: ${is}`, () => on(found, async site => assert.is((await databaseState(site)).is, is)))

const down: Found = { container: { status: 'paused' }, volume: true, released: true }
const quiet = { progress: () => {}, note: () => {}, skip: () => {} }

state('the revision of one that is down is not known: no guard takes it for an empty schema', () =>
  on(down, async site => {
    const { what, fix } = await failureOf(() => currentRevision(site))
    assert.is(what, 'the database is down: db is paused')
    assert.is(fix, 'npx tsx scripts/repair.ts -e production')
  }),
)

state('none is null, and so is one without migrations', async () => {
  assert.is(await on({}, currentRevision), null)
  assert.is(await on({ container: {} }, currentRevision), null)
})

state('the backup before a change is passed over only where there is nothing', async () => {
  assert.is(await on({}, site => preDeployBackup(site, true, quiet)), undefined)
  for (const found of [down, { volume: true }, { released: true }] satisfies Found[])
    await on(found, async site => {
      const { what, fix } = await failureOf(() => preDeployBackup(site, true, quiet))
      assert.match(what, /^the database is down: db .*, so nothing is deployed$/)
      const script = found.released ? 'repair' : 'deploy' // a repair brings back what was live, and nothing else
      assert.is(fix, `npx tsx scripts/${script}.ts -e production`)
    })
})

const rowsOn = (found: Found): Promise<Record<string, string>> =>
  on(found, async site => {
    const wanted = { tag: 'v2', migrations: true, backup: true }
    const judgement = { verdicts: [], findings: [], allowed: [] }
    const known = { images: images(2), pending: undefined, judgement, database: await databaseState(site) }
    return Object.fromEntries(await planOf(site, wanted, known))
  })

state('the plan says what is not known', async () => {
  const rows = await rowsOn({ volume: true })
  assert.is(rows['schema'], 'not known: db has no container; its volume is there')
  assert.is(rows['migrations'], 'not known before it is started')
  assert.is(rows['backup'], 'of the database')
  assert.is((await rowsOn({}))['backup'], 'none: no database yet')
})

state('data that were live and are gone are no reason for an empty database', async () => {
  const lost = await on({ released: true }, lostData)
  assert.match(`${lost?.what}`, 'db has no container and no volume, although there are releases')
  assert.match(`${lost?.fix}`, 'npx tsx scripts/rollback.ts -e production -t database')
  for (const found of [{}, { volume: true }, down, { container: {}, released: true }] satisfies Found[])
    assert.is(await on(found, lostData), undefined)
})

state('the engine is asked for the volume by its name: one that was made by hand has no labels', () =>
  inTemporary(async directory => {
    const script = `#!/bin/sh
[ "$*" = "volume ls --quiet --filter name=^tracehub-production_db-data$" ] && echo tracehub-production_db-data
exit 0
`
    writeFileSync(join(directory, 'docker'), script, { mode: 0o755 })
    await withVariables({ PATH: `${directory}:${process.env['PATH']}`, DOCKER_HOST: elsewhere }, async () => {
      const compose = { command: ['docker', 'compose'], version: '2' } as const
      assert.ok(await new Project(environmentIn(directory), compose).hasVolume('db-data'))
      const other = environmentIn(directory, { project: 'tracehub-staging' })
      assert.not(await new Project(other, compose).hasVolume('db-data'))
    })
  }),
)

state.run()
