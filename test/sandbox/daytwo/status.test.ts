import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { attempt } from '../../../lib/base/shell.ts'
import { docker } from '../docker.ts'
import {
  deploy,
  directoryOf,
  type Finished,
  freshEnvironment,
  lastEvents,
  mapOnDisk,
  rollback,
  runIds,
  script,
  scriptEnvironment,
  start,
} from '../harness.ts'
import { removeEnvironment, sandboxRoot } from '../root.ts'
import { complaints } from './promtool.ts'

const production = suite('status: what is, and what to do about it')
const status = (...args: readonly string[]): Promise<Finished> => script('status', args)
const ofProduction = (env: Record<string, string> = {}): Promise<Finished> =>
  script('status', ['-e', 'production'], env)
const inDirectory = (name: string): string => join(directoryOf('production'), name)
/** A container is stopped while `act` looks. */
async function without(container: string, act: () => Promise<void>): Promise<void> {
  await docker('stop', '--time', '1', container)
  try {
    await act()
  } finally {
    await docker('start', container)
    await servedAgain()
  }
}
/** Until the smoke tests pass again, and the engine calls every container healthy. */
async function servedAgain(): Promise<void> {
  for (let tries = 0; tries < 40; tries += 1) {
    if ((await ofProduction()).code === 0) return
    await new Promise(resolve => setTimeout(resolve, 1000))
  }
  throw new Error('production does not serve again')
}
const psql = (sql: string): Promise<string> =>
  docker('exec', 'tracehub-db-prod', 'psql', '-U', 'tracehub_admin', '-d', 'tracehub', '-Atqc', sql)
/** Until the database has crashed often enough to be called a failure. */
async function untilCrashed(): Promise<void> {
  const count = (): Promise<string> => docker('inspect', '--format', '{{.RestartCount}}', 'tracehub-db-prod')
  for (let tries = 0; tries < 300 && Number(await count()) < 3; tries += 1)
    await new Promise(resolve => setTimeout(resolve, 200))
}
/** Until the database answers a question so. */
async function answer(sql: string, wanted: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if ((await psql(sql)) === wanted) return
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  throw new Error(`not ${wanted}: ${sql}`)
}
/** Everything in the directory and its time: whoever only looks changes none of it. */
const traces = (): string =>
  ['.', 'logs/runs', 'proxy', '.lock'].map(name => statSync(inDirectory(name)).mtimeMs).join()

production.before(async () => {
  await removeEnvironment('staging')
  await freshEnvironment('production')
})

production('nothing deployed yet, and no secrets file: both are said with what to do', async () => {
  const secrets = readFileSync(inDirectory('.env.production'))
  rmSync(inDirectory('.env.production'))
  const { code, stdout, stderr } = await ofProduction()
  writeFileSync(inDirectory('.env.production'), secrets, { mode: 0o600 })
  assert.is(code, 1, stderr)
  assert.match(
    stdout,
    /✗ production: nothing has been deployed yet\n {2}→ npx tsx scripts\/deploy\.ts -e production/,
  )
  assert.match(stdout, /\.env\.production is missing: the secrets of production\n {2}→ cp /)
})

production('all is well: exit 0, every fact, no trace, and the other environment in words', async () => {
  for (const tag of ['v1', 'v2']) {
    const { code, stderr } = await deploy('production', tag)
    assert.is(code, 0, stderr)
  }
  const before = traces()
  const one = await ofProduction()
  assert.is(one.code, 0, one.stdout + one.stderr)
  assert.is(traces(), before)
  for (const fact of [
    /^✓ production: all is well$/m,
    /^ {2}live +green since \d+ \w{3} \d\d:\d\d \(\d+ (s|min)\), ports 8000 and 3000$/m,
    /^ {2}release +2, v2, by \w+$/m,
    /^ {2}digests +backend [0-9a-f]{12}, frontend [0-9a-f]{12}$/m,
    /^ {2}verified +never live on staging$/m,
    /^ {2}database +PostgreSQL 17\.\d+, [\d.]+ MiB, \d+ of 100 connections$/m,
    /^ {2}schema +d7e3f51b, the image's newest$/m,
    /^ {2}proxy +\d+\/s; \d+ requests since its start, \d+ answered 5xx \(.+ %\)$/m,
    /^ {2}by hand +cd \/.+\/production; docker compose exec backend-green …$/m,
    /^ {2}backup +\d+ (s|min) ago, .+; 1 in all, .+; verified never$/m,
    /^ {2}(disk|files) +[\d.]+ [GT]iB of .+ free \(\d+ %\), inodes \d+ % free$/m,
    /^ {2}lock +free$/m,
    /^ {2}backend-green +healthy +\d+ (s|min) +0 +[\d.]+ % +[\d.]+ MiB of 1\.0 GiB$/m,
    /^ {2}backend-blue +stopped \(\d+\) +- +0 +- +-$/m,
    /^ {2}\d+ \w{3} \d\d:\d\d +deploy +v2 +[\d.]+ (s|min \d\d s) +\w+ +done$/m,
  ])
    assert.match(one.stdout, fact)
  const both = await status()
  assert.is(both.code, 0, both.stdout + both.stderr)
  assert.match(both.stdout, /✓ production: all is well/)
  assert.not.match(both.stdout, /✗ staging/) // it is not on this machine
})

production(
  '--json has the facts and the problems; --prometheus is valid, and replaces its file whole',
  async () => {
    const { environments } = JSON.parse((await status('-e', 'production', '--json')).stdout)
    const [facts] = environments
    assert.equal([facts.environment, facts.problems, facts.live.served], ['production', [], 'green'])
    assert.is(facts.database.schema, 'd7e3f51b')
    assert.is(facts.containers.find(({ service = '' }) => service === 'db').health, 'healthy')
    const file = inDirectory('tracehub.prom')
    const { code, stdout } = await status('-e', 'production', '--prometheus', file)
    assert.equal([code, stdout], [0, ''])
    const metrics = readFileSync(file, 'utf8')
    rmSync(file)
    assert.is(await complaints(metrics), '')
    assert.match(
      metrics,
      /^tracehub_container_healthy\{environment="production",service="backend-green"\} 1$/m,
    )
    assert.match(metrics, /^tracehub_schema_is_current\{environment="production"\} 1$/m)
    assert.match(await complaints(`${metrics}tracehub_problems{environment="production"} 1\n`), /exit code/) // it looks
  },
)

production('--db: a query that waits for a lock is shown with who holds it', async () => {
  const holds = psql('begin; lock table shipments; select pg_sleep(600)').catch(String)
  let waits: Promise<string> | undefined
  let seen: [Finished, Finished]
  try {
    await answer("select count(*) > 0 from pg_locks where relation = 'shipments'::regclass and granted", 't')
    waits = psql("select 'a value | of somebody' from shipments limit 1").catch(String)
    await answer(
      'select count(*) > 0 from pg_stat_activity where cardinality(pg_blocking_pids(pid)) > 0',
      't',
    )
    seen = await Promise.all([status('-e', 'production', '--db'), ofProduction()])
  } finally {
    await psql(
      "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(600)' and pid <> pg_backend_pid()",
    )
    await Promise.all([holds, waits])
    await servedAgain()
  }
  const [database, screen] = seen
  assert.is(database.code, 0, database.stderr)
  assert.match(
    database.stdout,
    /Queries that wait for a lock, and who holds it\n +pid +held by +waits +query\n +\d+ +\d+ +[\d.]+ (m?s|min \d\d s) +.*from shipments/,
  )
  assert.match(
    database.stdout,
    /\(pg_stat_statements\)\n {2}not installed: .*create extension pg_stat_statements schema public/,
  )
  assert.match(
    database.stdout,
    /The largest tables, with their indexes\n +table +rows +size +indexes\n +public\.shipments +\d+ +- +-\n +public\.\w+ +\d+ +[\d.]+ \w+/,
  )
  assert.is(screen.code, 1)
  assert.match(screen.stdout, /queries wait for a lock\n {2}→ npx tsx scripts\/status\.ts -e production --db/)
})

const broken: [container: string, said: RegExp][] = [
  [
    'tracehub-db-prod',
    /✗ production: db has stopped with exit code \d+\n {2}→ cd .+ && docker compose up -d/,
  ],
  [
    'tracehub-proxy-prod',
    /✗ production: proxy has stopped with exit code \d+\n {2}→ cd .+ && docker compose up -d/,
  ],
  [
    'tracehub-backend-green-prod',
    /✗ production: backend-green has stopped with exit code \d+\n {2}→ cd .+ up -d/,
  ],
]
for (const [container, said] of broken)
  production(`${container} is down: said first, with the command, in seconds`, () =>
    without(container, async () => {
      const { code, stdout, stderr, seconds } = await ofProduction()
      assert.is(code, 1, stderr)
      assert.match(stdout, said)
      assert.match(stdout, /users are not served as they should be/)
      assert.not.match(stdout, /undefined|NaN/)
      assert.ok(seconds < 180, `${seconds} s`) // it does not hang; how fast it is, is no matter of a test
    }),
  )

production(
  'another C library sorts texts otherwise: said by all, with the command for each database',
  async () => {
    const recorded = await psql("select datcollversion from pg_database where datname = 'tracehub'")
    const record = (version: string): Promise<string> =>
      psql(`update pg_database set datcollversion = ${version} where datname = 'tracehub'`)
    await record("'1.0'")
    const said = [await ofProduction(), await script('repair', ['-e', 'production'])]
    for (const { stdout, stderr } of said) {
      assert.match(stdout + stderr, /tracehub: collation version mismatch, 1\.0 when the indexes were built/)
      assert.match(
        stdout + stderr,
        /reindex database concurrently "tracehub"'[^\n]+refresh collation version/,
      )
    }
    await psql('reindex database concurrently tracehub')
    await psql('alter database tracehub refresh collation version')
    await psql('create table sorted (name text collate "de-x-icu" unique)')
    await psql("update pg_collation set collversion = '1' where collname = 'de-x-icu'")
    const { stdout } = await ofProduction()
    assert.match(stdout, /pg_catalog\."de-x-icu" of tracehub: collation version mismatch, 1 when/)
    await psql('drop table sorted')
    await psql('alter collation "de-x-icu" refresh version')
    if (recorded === '') await record('null') // of a locale without versions nothing can be refreshed
    assert.is((await ofProduction()).code, 0)
  },
)

production(
  'the data of another major version: said by all with the way out, and by none with another',
  async () => {
    const version = (major: string): Promise<string> =>
      docker(
        ...['run', '--rm', '--volumes-from', 'tracehub-db-prod', '--entrypoint', 'bash'],
        ...['tracehub-sandbox/postgres', '-c', `echo ${major} > "$PGDATA/PG_VERSION"`],
      )
    await docker('stop', '--time', '5', 'tracehub-db-prod')
    await version('15')
    await docker('start', 'tracehub-db-prod')
    await untilCrashed()
    const said = [
      await ofProduction(),
      await script('repair', ['-e', 'production']),
      await deploy('production', 'v3'),
      await rollback('production'),
    ]
    await docker('stop', '--time', '5', 'tracehub-db-prod')
    await version('17')
    await docker('start', 'tracehub-db-prod')
    for (const { code, stdout, stderr } of said) {
      assert.is(code, 1, stdout + stderr)
      const all = stdout + stderr
      assert.match(all, /the database cannot start: its data is of PostgreSQL 15, and its image is 17/)
      assert.match(all, /go back to an image of PostgreSQL 15: images\.database/)
      assert.not.match(all, /-t deployment|could not translate host name|build again/)
    }
    await servedAgain()
  },
)

production('the engine is down: everything else is still said', async () => {
  const { code, stdout, stderr } = await ofProduction({ DOCKER_HOST: 'unix:///nowhere/docker.sock' })
  assert.is(code, 1, stderr)
  assert.match(
    stdout,
    /✗ production: Docker does not answer on this machine\n(.*\n)? {2}→ sudo systemctl start docker/,
  )
  assert.match(stdout, /^ {2}release +2, v2/m)
  assert.match(stdout, /^ {2}backup +\d+ (s|min) ago/m)
  assert.is(stdout.match(/^✗ production: /gm)?.length, 2, stdout) // the title, and the one thing that is wrong
})

production('a run that was killed, and a run at work: named, without waiting for its lock', async () => {
  const before = runIds('production').length
  const running = start('deploy', ['-e', 'production', '--tag', 'v3'])
  while (
    runIds('production').length === before ||
    !lastEvents('production').some(({ type }) => type === 'target')
  )
    await new Promise(resolve => setTimeout(resolve, 50))
  running.kill('SIGSTOP') // it must not have come to its switch while we look
  const during = await ofProduction()
  assert.match(during.stdout, /^ {2}lock +\d{8}-\d{6}\.\d{3}-deploy for \d+ (s|min), by \w+, process \d+$/m)
  assert.match(during.stdout, /deploy +v3 +- +\w+ +at work$/m)
  running.kill('SIGKILL')
  await running.done
  const after = await ofProduction()
  assert.is(after.code, 1)
  assert.match(after.stdout, /^ {2}lock +free$/m)
  assert.match(
    after.stdout,
    /-deploy did not come to its end\n {2}→ npx tsx scripts\/deploy\.ts -e production --tag v2 {2}repairs/,
  )
  const repaired = await deploy('production', 'v2')
  assert.is(repaired.code, 0, repaired.stderr)
  assert.is((await ofProduction()).code, 0)
})

production('history: what failed and what was rolled back, too, with what it cost', async () => {
  assert.is((await deploy('production', 'migration-fails', '--accept-migrations')).code, 4)
  assert.is((await rollback('production')).code, 1) // v1 does not know the schema
  const { code, stdout } = await status('history', '-e', 'production')
  assert.is(code, 0)
  const [head = '', ...lines] = stdout.trim().split('\n')
  assert.match(head, /^when \(UTC\) +what +release +tag +result +took +by +digest +schema +backup +lost$/)
  const expected = [
    /rollback +- +v1 +failed +[\d.]+ (m?s|min \d\d s) +\w+ +[0-9a-f]{12} +- +- +-$/,
    /deploy +- +migration-fails +rolled back +[\d.]+ (s|min \d\d s) +\w+ +[0-9a-f]{12} +- +backup_\d{8}_\d{6}\.sql\S* +0 of \d+$/,
    /deploy +- +v2 +done +[\d.]+ (m?s|min \d\d s)/,
    /deploy +- +v3 +interrupted +- /,
    /rollback +- +- +failed +/, // while the database crashed
    /deploy +- +- +failed +/,
    /deploy +2 +v2 +done +[\d.]+ (s|min \d\d s) +\w+ +[0-9a-f]{12} +d7e3f51b +backup_\d{8}_\d{6}\.sql\S* +0 of \d+$/,
    /deploy +1 +v1 +done +[\d.]+ (s|min \d\d s) +\w+ +[0-9a-f]{12} +a1b2c3d4 +- +0 of \d+$/,
  ]
  for (const [i, line] of expected.entries()) assert.match(lines[i] ?? '', line)
  const list = JSON.parse((await status('history', '-e', 'production', '--json', '--last', '1')).stdout)
  assert.equal(
    list.map(({ tag = '', result = '' }) => [tag, result]),
    [['v1', 'failed']],
  )
})

production('hostile words are refused, and modes exclude each other', async () => {
  for (const args of [
    ['-e', '$(id)'],
    ['--watch', '-1'],
    ['--db', '--watch'],
    ['histories'],
    ['history', '--last', '0'],
  ])
    assert.is((await status(...args)).code, 2, args.join(' '))
})

if (process.getuid?.() === 0)
  production(
    'whoever may not read the directory is told so, also where no environment is named',
    async () => {
      const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
      const env = { ...scriptEnvironment, SANDBOX_ROOT: sandboxRoot, HOME: '/nonexistent' }
      const { code, stdout, stderr } = await attempt(
        [...nobody, process.execPath, '--import', 'tsx', 'scripts/status.ts'],
        { env },
      )
      assert.is(code, 1, stderr)
      assert.is(stderr, '')
      assert.match(stdout, /may not read .*: how production does is not known\n {2}→ ask as the owner of/)
    },
  )

production('a map that says another colour than the proxy is found', async () => {
  const map = inDirectory('proxy/live.map')
  const right = mapOnDisk('production')
  writeFileSync(`${map}.new`, 'live blue\n')
  renameSync(`${map}.new`, map)
  const { code, stdout } = await ofProduction()
  writeFileSync(map, `${right}\n`)
  assert.is(code, 1)
  assert.match(stdout, /users are on green, and the map on disk says blue/)
})

production.run()
