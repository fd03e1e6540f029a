import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { release } from '../lib/fixtures.ts'
import { onMachine, scriptFile } from './scripts.ts'

const rollback = scriptFile('rollback')
const listed = '→ npx tsx scripts/rollback.ts --help  lists the options\n'

const refusing = suite('scripts/rollback: what is refused, before anything is touched')

const unasked =
  'production wants to be asked first, and there is no terminal to ask on: nothing was changed\n→ add --yes (with make: ARGS=--yes)\n'

const refused: [args: string[], message: string][] = [
  [['-e', 'production', '-t', 'database'], unasked],
  [['-e', 'production', '-t', 'migration'], unasked],
  [['-e', 'production', '-t', 'deployment', '--with-migrations'], unasked],
  [
    ['-e', 'production'],
    'what to roll back is not given\n→ add -t deployment, -t database or -t migration\n',
  ],
  [
    ['-e', 'production', '-t', 'everything'],
    `--type is "everything"; expected deployment or database or migration\n${listed}`,
  ],
  [
    ['-e', 'production', '-t', 'database', '--to', '3'],
    '--to is for -t deployment and -t migration\n→ -b <file> chooses a backup\n',
  ],
  [['-e', 'production', '-t', 'deployment', '--steps', '1'], '--steps belongs to -t migration\n'],
  [
    ['-e', 'production', '-t', 'migration', '--with-migrations'],
    '--with-migrations belongs to -t deployment\n',
  ],
  [
    ['-e', 'production', '-t', 'migration', '--steps', '2', '--to', 'base'],
    '--to and --steps exclude each other\n',
  ],
  [
    ['-e', 'production', '-t', 'migration', '--steps', '0'],
    '--steps is "0"; expected how many revisions to roll back, such as 2\n',
  ],
  [
    ['-e', 'production', '-t', 'migration', '--to=-1; $(x)'],
    '--to is "-1; $(x)"; expected a revision such as a1b2c3d4, or base\n',
  ],
  [
    ['-e', 'production', '-t', 'deployment', '--online'],
    '--online is for -t database\n→ with -t deployment leave it out\n',
  ],
  [
    ['-e', 'production', '-t', 'database', '--with-uploads', '--online'],
    '--with-uploads and --online do not go together\n→ choose one of them\n',
  ],
  [
    ['-e', 'production', '-t', 'deployment', '--to', 'latest'],
    '--to is "latest"; expected a release number such as 12 (--list shows them)\n',
  ],
]

refusing('each with its whole message and exit code 2', () =>
  onMachine(async ({ run, directory }) => {
    const answers = await Promise.all(refused.map(([args]) => run(rollback, args)))
    assert.equal(
      answers,
      refused.map(([, stderr]) => ({ code: 2, stdout: '', stderr })),
    )
    assert.equal(readdirSync(directory), [])
  }),
)

refusing('an environment that is not on this machine', () =>
  onMachine(async ({ run, directory }) => {
    const production = join(directory, 'production')
    assert.equal(await run(rollback, ['-e', 'production', '-t', 'deployment']), {
      code: 2,
      stdout: '',
      stderr: `${production}, the directory of production, is not on this machine\n→ on the VPS: mkdir -p ${production}\n`,
    })
  }),
)

refusing.run()

const listing = suite('scripts/rollback: --list')

listing('the releases, newest first; it takes no lock and changes nothing', () =>
  onMachine(async ({ run, directory }) => {
    const production = join(directory, 'production')
    mkdirSync(production)
    const lines = [release(1), release(2), '{"half a li'].map(line =>
      typeof line === 'string' ? line : JSON.stringify(line),
    )
    writeFileSync(join(production, 'releases.jsonl'), lines.join('\n'))
    const { code, stdout, stderr } = await run(rollback, ['-e', 'production', '--list'])
    assert.equal([code, stderr], [0, ''])
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map(row => row.split(/ {2,}/).map(cell => cell.trim()))
    assert.equal(
      rows.map(row => row.slice(0, 5)),
      [
        ['', 'release', 'tag', 'backend', 'schema'],
        ['* live', '2', 'main-2', '020202020202', 'rev2'],
        ['', '1', 'main-1', '010101010101', 'rev1'],
      ],
    )
    assert.equal(readdirSync(production), ['releases.jsonl'])
  }),
)

listing('help', () =>
  onMachine(async ({ run }) => {
    const { code, stdout, stderr } = await run(rollback, ['--help'])
    assert.equal([code, stderr], [0, ''])
    for (const option of [
      '-t, --type <deployment|database|migration>',
      '--to <release|revision>',
      '--steps <n>',
      '--with-migrations',
      '--list',
    ])
      assert.match(stdout, `${option}  `)
    for (const line of stdout.split('\n')) assert.ok(line.length <= 110, line)
  }),
)

listing.run()
