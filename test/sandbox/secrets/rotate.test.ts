import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'dotenv'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Failure } from '../../../lib/base/failure.ts'
import { run } from '../../../lib/base/shell.ts'
import { asBefore } from '../as-before.ts'
import { docker, dockerMaybe } from '../docker.ts'
import {
  containers,
  deploy,
  directoryOf,
  freshEnvironment,
  lastEvents,
  liveVersion,
  mapOnDisk,
  rollback,
  runIds,
  script,
  start,
  url,
} from '../harness.ts'
import { startLoad, verifyPosts } from '../load/load.ts'

/** The backend opens its connections anew all the time: one that could not would show at once. */
const production = suite('secrets are replaced while users are served')
const file = (): string => join(directoryOf('production'), '.env.production')
const secrets = (): Record<string, string> => parse(readFileSync(file()))
const rotate = (...words: string[]) => script('secrets', ['rotate', ...words, '-e', 'production'], withGh())
const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  for (let tries = 0; !(await holds()); tries += 1) {
    if (tries === 240) throw new Error(`${what}: not within a minute`)
    await new Promise(resolve => setTimeout(resolve, 250))
  }
}
const check = () => script('secrets', ['check', '-e', 'production'])

/** Stands in for GitHub's program: writes down what it is called with and what it is given. */
const bin = mkdtempSync(join(tmpdir(), 'gh-'))
const told = join(bin, 'told')
writeFileSync(
  join(bin, 'gh'),
  `#!/bin/sh\nprintf '%s <- ' "$*" >> ${told}\ncat >> ${told}; echo >> ${told}\n`,
  {
    mode: 0o755,
  },
)
const withGh = () => ({ PATH: `${bin}:${process.env['PATH']}`, GITHUB_REPOSITORY: 'vibotaj/tracehub' })

/** Whether PostgreSQL lets somebody in over the network. */
async function letsIn(user: string, password = ''): Promise<boolean> {
  const command = `PGPASSWORD=${password} psql -w -h $(hostname) -U ${user} -d tracehub -c 'select 1'`
  return (await dockerMaybe('exec', 'tracehub-db-prod', 'sh', '-c', command)) !== undefined
}

const psql = (sql: string): Promise<string> =>
  docker('exec', 'tracehub-db-prod', 'psql', '-U', 'tracehub', '-Atc', sql)
/** The application's own, of the server. */
const logins = async (): Promise<string[]> =>
  (await psql("select rolname from pg_roles where rolname ~ '^tracehub_app_'")).split('\n').filter(Boolean)
/** What a plain `up -d` would give the backend. */
const fileGiven = (): string => readFileSync(join(directoryOf('production'), '.env.backend'), 'utf8')
const loginGiven = (): string => /postgresql:\/\/(\w+):/.exec(fileGiven())?.[1] ?? ''

const up = () => run(['docker', 'compose', 'up', '-d'], { cwd: directoryOf('production') })
async function nothingToChange(): Promise<void> {
  const ids = () =>
    docker('ps', '--quiet', '--filter', 'label=com.docker.compose.project=tracehub-production')
  const before = await ids()
  await up()
  assert.is(await ids(), before)
}

const running = async (): Promise<string[]> =>
  (await containers('production')).filter(line => line.endsWith('running'))

production.before(async () => {
  await freshEnvironment('production')
  appendFileSync(file(), 'DB_POOL_RECYCLE=2\n')
  const { code, stderr } = await deploy('production', 'v2')
  assert.is(code, 0, stderr)
})
production.after(() => rmSync(bin, { recursive: true }))

production(
  'both, under load: nothing is lost, the old ones are worthless, GitHub has the new ones',
  async () => {
    const before = secrets()
    const session = docker(
      'exec',
      'tracehub-db-prod',
      'sh',
      '-c',
      `PGPASSWORD=${before['DB_PASSWORD']} psql -h $(hostname) -U tracehub -d tracehub -c 'select pg_sleep(120)'`,
    ).catch((error: Failure) => String(error.detail))
    // Each of these needs a connection to the database. (/health gives up on it after 3 s: it would judge the machine.)
    const load = await startLoad({
      ...{ backend: url('production'), frontend: url('production', 'frontend') },
      ...{ rate: 20, kinds: ['keepalive', 'post', 'slow'] },
    })
    const { code, stdout, stderr } = await rotate()
    const report = await load.stop()
    assert.is(code, 0, stdout + stderr)
    assert.equal(report.failures, [])
    assert.ok(report.totals.sent > 100, `${report.totals.sent} requests are no load`)
    assert.equal(await verifyPosts(report, url('production')), { lost: [], doubled: [], unexpected: [] })

    const after = secrets()
    const changed = Object.keys(after).filter(name => after[name] !== before[name])
    assert.equal(changed.sort(), ['DB_PASSWORD', 'JWT_SECRET'])
    assert.not(await letsIn('tracehub', before['DB_PASSWORD']))
    assert.ok(await letsIn('tracehub', after['DB_PASSWORD']))
    assert.match(await session, /terminating connection due to administrator command/)
    assert.equal(readFileSync(told, 'utf8').split('\n').slice(0, 2), [
      `secret set PRODUCTION_JWT_SECRET --env production --repo vibotaj/tracehub <- ${after['JWT_SECRET']}`,
      `secret set PRODUCTION_DB_PASSWORD --env production --repo vibotaj/tracehub <- ${after['DB_PASSWORD']}`,
    ])
    assert.equal(await running(), [
      ...['tracehub-backend-green-prod', 'tracehub-db-prod', 'tracehub-frontend-green-prod'].map(
        name => `${name} running`,
      ),
      'tracehub-proxy-prod running',
    ])
    const all = await containers('production')
    assert.not(
      all.some(line => line.includes('blue')),
      'started again, it would bring the old secrets back',
    )
    const logged = runIds('production').map(id =>
      readFileSync(join(directoryOf('production'), 'logs', 'runs', id), 'utf8'),
    )
    for (const value of [before, after].flatMap(({ JWT_SECRET = '', DB_PASSWORD = '' }) => [
      JWT_SECRET,
      DB_PASSWORD,
    ]))
      assert.not([stdout, stderr, ...logged].join('').includes(value), 'no secret is shown or logged')
  },
)

production('check agrees, and a plain `up -d` finds nothing to change', async () => {
  const { code, stdout, stderr } = await check()
  assert.is(code, 0, stderr)
  assert.match(stdout, /running +green and the database have the same/)
  await nothingToChange()
})

const hasReached = (title: RegExp): boolean =>
  lastEvents('production').some(event => event.type === 'step-started' && title.test(event.title))

const moments: readonly (readonly [when: string, step: RegExp, reached: boolean])[] = [
  ['before users are moved', /^Wait for .* to be healthy/, false],
  ['after users are moved', /^Monitor stability/, true],
  ["while the database's password is changed", /^Change the database's password/, true],
]
for (const [when, step, isReached] of moments)
  production(`killed ${when}: users are served, and the same again completes it`, async () => {
    const before = secrets()
    const runs = runIds('production').length
    const killed = start('secrets', ['rotate', 'DB_PASSWORD', '-e', 'production'], withGh())
    let ended: string | undefined
    void killed.done.then(({ stdout, stderr }) => {
      ended = stdout + stderr
    })
    while (runIds('production').length === runs || !hasReached(step)) {
      assert.is(ended, undefined, `it ended before ${step}`)
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    killed.kill('SIGKILL')
    await killed.done
    assert.is(await liveVersion('production'), 'v2')
    assert.match((await check()).stderr, /a rotation of DB_PASSWORD is under way or was interrupted/)
    await new Promise(resolve => setTimeout(resolve, 2200)) // every connection of its pool is too old by now
    assert.is(await liveVersion('production'), 'v2', 'it can open new connections')

    const { code, stdout, stderr } = await rotate('DB_PASSWORD')
    assert.is(code, 0, stdout + stderr)
    assert.is(/users were on the new DB_PASSWORD already: it is everywhere now/.test(stdout), isReached)
    const last = await check()
    assert.is(last.code, 0, last.stderr)
    assert.is.not(secrets()['DB_PASSWORD'], before['DB_PASSWORD'])
    assert.not(await letsIn('tracehub', before['DB_PASSWORD']))
    assert.not(existsSync(`${file()}.rotation`))
  })

production(
  'a file that says something else: check says so, and a deploy is refused before anything is changed',
  async () => {
    const good = readFileSync(file(), 'utf8')
    writeFileSync(file(), good.replace(/^DB_PASSWORD=.*$/m, 'DB_PASSWORD=not-the-password-of-it'))
    const found = await check()
    assert.is(found.code, 1)
    assert.match(
      found.stderr,
      /the database password of the running backend-\w+ is not that of .*\.env\.production/,
    )
    assert.match(found.stderr, /the database refuses DB_PASSWORD of/)
    const refused = await deploy('production', 'v3')
    assert.is(refused.code, 1)
    assert.match(
      refused.stderr,
      /the database refuses DB_PASSWORD of .*\n.*→ put the database's password there, or/,
    )
    writeFileSync(file(), good)
  },
)

production(
  'the next deploy, with a migration, keeps the login; what it makes belongs to the owner',
  async () => {
    const live = mapOnDisk('production')
    const { code, stdout, stderr } = await deploy('production', 'v3')
    assert.is(code, 0, stdout + stderr)
    assert.is.not(mapOnDisk('production'), live)
    const login = loginGiven()
    assert.match(login, /^tracehub_app_[12]$/)
    assert.match(stdout, `Give the application a login of its own  it has ${login}`)
    assert.match(fileGiven(), `postgresql://${login}:${secrets()['DB_PASSWORD']}@db:5432/tracehub`)
    assert.equal(await logins(), [login])
    assert.is(await psql("select distinct tableowner from pg_tables where schemaname = 'public'"), 'tracehub')
    assert.equal(
      readdirSync(directoryOf('production')).filter(name => name.includes('.partial')),
      [],
    )
  },
)

production('an environment whose application is the owner: a deploy that fails leaves it so', async () => {
  await asBefore('production')
  await psql(
    "alter role tracehub set work_mem = '5MB'; alter role tracehub set search_path = public, pg_catalog",
  )
  await until('the live version serves again', async () => (await liveVersion('production')) === 'v3')
  const before = [fileGiven(), await running()]
  const failed = await deploy('production', 'crash-loop')
  assert.is(failed.code, 4, failed.stdout + failed.stderr)
  assert.match(failed.stdout, /✓ Give the application a login of its own +tracehub_app_1/)
  assert.equal([fileGiven(), await running()], before)
  assert.equal(await logins(), [])
})

production(
  'the next deploy moves it over; the version before keeps its login, also when it serves again',
  async () => {
    const planned = await deploy('production', 'v2', '--dry-run')
    assert.match(planned.stdout, /login +tracehub_app_1, now tracehub\n/, planned.stderr)
    const moved = await deploy('production', 'v2')
    assert.is(moved.code, 0, moved.stdout + moved.stderr)
    assert.is(loginGiven(), 'tracehub_app_1')
    assert.is(await psql("select rolsuper from pg_roles where rolname = 'tracehub_app_1'"), 'f')
    const [live] = (await running()).filter(line => line.startsWith('tracehub-backend'))
    const says = 'import os, psycopg2; c = psycopg2.connect(os.environ["DATABASE_URL"]).cursor(); '
    const asked =
      "select concat_ws(' ', session_user, current_user, current_setting('work_mem'), current_setting('search_path'))"
    const told = await docker(
      ...['exec', `${live?.split(' ')[0]}`, 'python3', '-c'],
      `${says}c.execute("${asked}"); print(c.fetchone()[0])`,
    )
    assert.is(told, 'tracehub_app_1 tracehub 5MB public, pg_catalog', "the owner's settings are its own, too")
    await nothingToChange()

    const back = await rollback('production')
    assert.is(back.code, 0, back.stdout + back.stderr)
    assert.is(loginGiven(), 'tracehub')
    assert.is(await liveVersion('production'), 'v3')
    await nothingToChange()
  },
)

production('the data are lost: the server that takes their place lets the live version in', async () => {
  const forth = await deploy('production', 'v2')
  assert.is(forth.code, 0, forth.stdout + forth.stderr)
  await docker('rm', '--force', '--volumes', 'tracehub-db-prod')
  await docker('volume', 'rm', 'tracehub-production_db-data')
  const refused = await deploy('production', 'v3')
  assert.is(refused.code, 1, refused.stdout + refused.stderr)
  assert.match(
    refused.stderr,
    /the database of production is gone[\s\S]*rollback\.ts -e production -t database/,
  )
  const repaired = await script('repair', ['-e', 'production'])
  assert.match(repaired.stdout + repaired.stderr, /! the database of production is gone/)
  assert.match(repaired.stdout, /started db/)
  assert.equal(await logins(), ['tracehub_app_1'])
})

production.run()
