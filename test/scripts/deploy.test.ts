import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toolkit, tsx } from '../lib/fixtures.ts'
import { eachOf, onMachine, scriptFile } from './scripts.ts'

const deploy = scriptFile('deploy')
const listed = '→ npx tsx scripts/deploy.ts --help  lists the options\n'
const tagHint = 'expected letters, digits and _ . - (at most 128, no leading . or -), such as main-3f1c9a0'

const refusing = suite('scripts/deploy: what is refused, before anything is touched')

const refused: [args: string[], message: string][] = [
  [['-e', 'nowhere'], 'there is no environment "nowhere"\n→ environments: production, shared, staging\n'],
  [
    [],
    'no environment is given, and this is not the directory of one\n→ add -e <name>; environments: production, shared, staging\n',
  ],
  [
    ['-e', 'shared', '--tag', 'x', '--skip-backup'],
    '--tag, --skip-backup means nothing for shared, the TLS edge\n→ it takes --dry-run, --force, --accept-found, --host, --attach, --wait, --json and --verbose\n',
  ],
  [['-e', 'production', '--tga', 'x'], `there is no option "--tga"\n${listed}`],
  [['-e', 'production', '--dry-run', 'x'], `"x" belongs to no option\n${listed}`],
  [['-e', 'production', '--tag', '$(x)'], `--tag is "$(x)"; ${tagHint}\n`],
  [['-e', 'production', '--tag', 'a\n\u001b[2J'], `--tag is "a\\n\\u001b[2J"; ${tagHint}\n`],
]

refusing('each with its whole message and exit code 2', () =>
  onMachine(async ({ run, directory }) => {
    const answers = await eachOf(refused, ([args]) => run('deploy', args, { cwd: directory }))
    assert.equal(
      answers,
      refused.map(([, stderr]) => ({ code: 2, stdout: '', stderr })),
    )
    assert.equal(readdirSync(directory), [])
  }),
)

refusing("on GitHub's machine without a host: said, and told to the workflow's other jobs", () =>
  onMachine(async ({ run, directory }) => {
    const output = join(directory, '..', 'output')
    const problem =
      "PRODUCTION_HOST is not set: this machine is GitHub's, and no VPS\n" +
      "→ gh variable set PRODUCTION_HOST --env production --body <the VPS's host name>\n"
    assert.equal(
      await run('deploy', ['-e', 'production'], {
        env: {
          GITHUB_ACTIONS: 'true',
          RUNNER_ENVIRONMENT: 'github-hosted',
          GITHUB_OUTPUT: output,
          PRODUCTION_HOST: '',
        },
      }),
      { code: 2, stdout: '', stderr: problem },
    )
    assert.match(readFileSync(output, 'utf8'), /^problem<</)
    assert.match(readFileSync(output, 'utf8'), `\n${problem}`)
    // What SSH says before there is a run, likewise.
    await run('deploy', ['-e', 'production'], {
      env: { GITHUB_OUTPUT: output, PRODUCTION_HOST: 'vps.invalid', PRODUCTION_SSH_KEY: 'no key' },
    })
    assert.match(
      readFileSync(output, 'utf8'),
      'PRODUCTION_SSH_KEY is neither a private key nor a readable file',
    )
  }),
)

refusing('an environment that is not on this machine: how to make it', () =>
  onMachine(async ({ start, directory }) => {
    const production = join(directory, 'production')
    assert.equal(await start(deploy, ['-e', 'production', '--tag', '007', '--yes', '--json']), {
      code: 2,
      stdout: '',
      stderr: `${production}, the directory of production, is not on this machine\n→ on the VPS: mkdir -p ${production}\n`,
    })
    assert.equal(readdirSync(directory), [])
  }),
)

refusing.run()

const starting = suite('scripts/deploy: however it is started')

const options = [
  '-e, --environment <staging|production>',
  '--tag <tag>',
  '--build',
  '--skip-backup',
  '--skip-migrations',
  '--accept-migrations',
  '--rehearse',
  '--dry-run',
  '--force',
  '--wait [duration]',
  '-y, --yes',
  '--json',
  '-v, --verbose',
  '-h, --help',
]

starting('it is the same program, whose help names every option and fits into 110 columns', () =>
  onMachine(async ({ start, directory }) => {
    const odd = join(directory, "it's a $(dir)")
    mkdirSync(odd)
    symlinkSync(deploy, join(odd, 'deploy.ts'))
    symlinkSync(join(toolkit, 'scripts'), join(odd, 'scripts'))
    const answers = await Promise.all([
      start(tsx, ['scripts/deploy.ts', '--help'], { cwd: toolkit }),
      start(tsx, ['scripts/deploy', '--help'], { cwd: toolkit }),
      start('./scripts/deploy.ts', ['-h'], { cwd: toolkit }),
      start(deploy, ['--help'], { cwd: '/' }),
      start('./deploy.ts', ['--help'], { cwd: odd }), // a symbolic link to the script
      start('./scripts/deploy.ts', ['--help'], { cwd: odd }), // and one to its directory
    ])
    const lines = answers[0]?.stdout.split('\n') ?? []
    for (const answer of answers) assert.equal(answer, { code: 0, stdout: lines.join('\n'), stderr: '' })
    for (const option of options)
      assert.ok(
        lines.some(line => line.trim().startsWith(`${option}  `)),
        option,
      )
    for (const line of lines) assert.ok(line.length <= 110, line)
  }),
)

starting('the directory that one stands in says which environment', () =>
  onMachine(async ({ run, directory }) => {
    const backups = join(directory, 'staging', 'backups')
    mkdirSync(backups, { recursive: true })
    const { code, stdout } = await run('rollback', ['--list'], { cwd: backups })
    assert.equal([code, stdout], [0, 'no releases yet\n'])
  }),
)

starting.run()
