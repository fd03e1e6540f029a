import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parse } from 'dotenv'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Ended, elsewhere, inTemporary } from '../lib/fixtures.ts'
import { password, type ToldStack, toldBy, tracehub } from '../lib/operations/adopt/old-stacks.ts'
import { onMachine } from './scripts.ts'

const facts = JSON.stringify({
  ...{ version: '15.8', owner: 'tracehub', isSuperuser: true, bytes: 8_000_000, extensions: [], others: [] },
})
const required = { VIZION_API_KEY: 'vz-5d1f', DEMO_PASSWORD: 'shown-to-visitors', PRICE: '5$' }
const whole: ToldStack = {
  ...tracehub,
  backend: { ...tracehub.backend, env: { ...tracehub.backend.env, ...required } },
}

interface Stack {
  readonly directory: string
  readonly adopt: (args: readonly string[], env?: Record<string, string>) => Promise<Ended>
}

/** A stack of which a `docker` that is a script tells; each of its commands is a line of `asked`. */
const withStack = (stack: ToldStack, act: (stack: Stack) => Promise<void>, more = ''): Promise<void> =>
  onMachine(({ run }) =>
    inTemporary(async directory => {
      const programs = join(directory, 'programs')
      const place = {
        'com.docker.compose.project.working_dir': directory,
        'com.docker.compose.project.config_files': join(directory, 'compose.yml'),
        'com.docker.compose.project.environment_file': '.env',
      }
      const told = toldBy(
        Object.fromEntries(Object.entries(stack).map(([name, one]) => [name, { ...one, labels: place }])),
      )
      const files = {
        'compose.yml': 'services: {}\n',
        '.env': `DB_PASSWORD=${password}\nBACKEND_IMAGE=ghcr.io/acme/backend:main-1\n`,
        'containers.json': told.containers,
        'images.json': told.images,
        'config.json': JSON.stringify({
          name: 'old',
          services: { backend: { environment: { PRICE: '5$$' } } },
        }),
      }
      mkdirSync(programs)
      for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
      const script = `#!/bin/sh
cd ${directory}
echo "$*" >> asked
${more}
case "$*" in
  'version '*) echo 20.10.24 ;;
  'compose version --short') echo 2.26.1 ;;
  'compose '*' config --format json') cat config.json ;;
  'ps '*) [ "\${*#*project=old}" = "$*" ] || cat containers.json | grep -o '"Id":"[0-9]*"' | cut -d'"' -f4 ;;
  'inspect '*) cat containers.json ;;
  'image inspect '*) cat images.json ;;
  'exec '*psql*) sql=$(cat); case "$sql" in
    *json_build_object*) echo '${facts}' ;;
    *gset*) echo a1b2c3d4 ;;
    *) echo alembic_version ;;
  esac ;;
  *) echo "unexpected: $*" >&2; exit 1 ;;
esac
`
      writeFileSync(join(programs, 'docker'), script, { mode: 0o755 })
      const env = { PATH: `${programs}:${process.env['PATH']}`, DOCKER_HOST: elsewhere }
      const call: Stack['adopt'] = (args, others = {}) =>
        run('adopt', ['-e', 'production', ...args], { cwd: directory, env: { ...env, ...others } })
      await act({ directory, adopt: call })
    }),
  )

const script = suite('scripts/adopt')

script('a plan and a proposal, by the file and by the project, and nothing else', () =>
  withStack(whole, async ({ directory, adopt: call }) => {
    const before = readdirSync(directory)
    const { code, stdout, stderr } = await call(['--from', 'compose.yml', '--plan'])
    assert.equal([code, stderr], [0, ''], stdout)
    assert.match(stdout, /^ {2}db +postgres:15 /m)
    assert.not.match(stdout, 'the files have other values')
    const proposal = join(directory, 'proposal-production')
    assert.equal(readdirSync(proposal).sort(), ['.env.production', 'production.ts'])
    assert.equal(
      readdirSync(directory).filter(name => !before.includes(name) && name !== 'asked'),
      ['proposal-production'],
    )
    assert.is(statSync(join(proposal, '.env.production')).mode & 0o777, 0o600)
    const written = parse(readFileSync(join(proposal, '.env.production')))
    assert.equal([written['DB_PASSWORD'], written['VIZION_API_KEY']], [password, 'vz-5d1f'])
    const { default: settings } = (await import(pathToFileURL(join(proposal, 'production.ts')).href)) as {
      default: { images: { database: string } }
    }
    assert.is(settings.images.database, 'postgres:15')
    for (const value of [password, 'vz-5d1f', 'a-secret-of-jwt']) assert.not.match(stdout, value)

    const again = await call(['--from', 'old', '--plan'])
    assert.equal([again.code, again.stderr.split('\n')[0]], [2, `${proposal} is there already`])
    const other = await call(['--from', 'old', '--plan', '--proposal', 'other'])
    assert.is(other.stdout.replaceAll('/other', '/proposal-production'), stdout)
    const asked = readFileSync(join(directory, 'asked'), 'utf8').trim().split('\n')
    const byLabels = `--env-file ${directory}/.env --file ${directory}/compose.yml config --format json`
    assert.ok(asked.some(line => line.endsWith(`--project-directory ${directory} ${byLabels}`)))
    const reading =
      /^(version |compose (version|.* config) |ps |inspect |image inspect |(container|volume|network) |exec .* psql )/
    assert.equal(
      asked.filter(line => !reading.test(`${line} `)),
      [],
    )
  }),
)

script('what blocks: exit code 1, and the proposal all the same', () =>
  withStack(tracehub, async ({ directory, adopt: call }) => {
    const { code, stdout } = await call(['--from', 'old', '--plan'])
    assert.is(code, 1)
    assert.match(
      stdout,
      /^ {2}✗ {2}the proposed \.env\.production has no VIZION_API_KEY, DEMO_PASSWORD, and/m,
    )
    assert.ok(existsSync(join(directory, 'proposal-production', 'production.ts')))
  }),
)

const from = ['--from', 'old', '--plan']
const cases: [title: string, args: string[], code: number, message: RegExp, docker?: string][] = [
  ['no --from', ['--plan'], 2, /^--from is missing: a Compose file or the name of a project\n/],
  [
    'no --plan',
    ['--from', 'old'],
    2,
    /^--plan is missing, and a plan is all that adopt makes\n→ the move itself/,
  ],
  [
    'a file that is not there',
    ['--from', 'gone.yml', '--plan'],
    2,
    /^--from is "gone\.yml", which is neither a file/,
  ],
  ['a directory', ['--from', 'programs', '--plan'], 2, /^--from is "programs", which is no file\n/],
  [
    'a project that does not run',
    ['--from', 'other', '--plan'],
    1,
    /^nothing of the project "other" runs on this/,
  ],
  [
    'a service that is none',
    [...from, '--backend', 'api'],
    1,
    /^--backend is api, and there is no such service\n→ the services are backend, db, frontend\n/,
  ],
  [
    'no YAML',
    from,
    2,
    /^Compose cannot read .*compose\.yml\n {2}yaml: line 3: .*\n→ docker compose -f .* config/,
    'case "$*" in *config*json) echo \'yaml: line 3: mapping values\' >&2; exit 15 ;; esac',
  ],
  [
    'a variable that a shell had',
    from,
    2,
    /^Compose cannot read .*\n.*DB_PASSWORD is missing a value: a password\n→ it reads .*\.env alone/,
    'case "$*" in *config*json) echo \'required variable DB_PASSWORD is missing a value: a password\' >&2; exit 1 ;; esac',
  ],
  [
    'an answer that is no JSON',
    from,
    2,
    /^Compose cannot read .*\n {2}it has printed something else than was expected\n/,
    'case "$*" in *config*json) echo name: old; exit 0 ;; esac',
  ],
  [
    'Compose v1',
    from,
    1,
    /^Compose 1\.29\.2 prints what it has read as YAML alone: version 2 is needed\n/,
    'case "$*" in "compose version"*) echo 1.29.2; exit 0 ;; esac',
  ],
  [
    'no engine',
    from,
    1,
    /^adopt reads a stack that runs on this machine\n {2}Docker does not answer on this machine\n/,
    'case "$*" in version*) echo \'Cannot connect\' >&2; exit 1 ;; esac',
  ],
  [
    'a database that does not answer',
    from,
    1,
    /^the database tracehub refused a query\n {2}psql: error: starting up\n→ docker logs --tail 50 old-db\n/,
    'case "$*" in exec*) echo \'psql: error: starting up\' >&2; exit 2 ;; esac',
  ],
]
script('what is refused and why, and nothing is written', async () => {
  for (const [title, args, code, message, docker] of cases)
    await withStack(
      whole,
      async ({ directory, adopt: call }) => {
        const ended = await call(args)
        assert.match(ended.stderr, message, title)
        assert.equal([ended.code, ended.stdout], [code, ''], title)
        assert.not.ok(existsSync(join(directory, 'proposal-production')), title)
      },
      docker,
    )
})

script('another machine, a database that is stopped', async () => {
  await withStack(whole, async ({ adopt: call }) => {
    const { code, stderr } = await call(from, { PRODUCTION_HOST: 'vps.example' })
    assert.is(code, 2)
    assert.match(stderr, /^PRODUCTION_HOST is vps\.example, and adopt changes nothing there/)
  })
  await withStack(
    { ...whole, db: { ...tracehub.db, status: 'exited', exitCode: 1 } },
    async ({ adopt: call }) => {
      const { code, stderr } = await call(from)
      assert.equal(
        [code, stderr],
        [1, 'the database db is exited, so nobody can ask it what it holds\n→ docker start old-db\n'],
      )
    },
  )
})

script.run()
