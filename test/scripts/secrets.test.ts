import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { eachOf, onMachine } from './scripts.ts'

const listed = '→ npx tsx scripts/secrets.ts --help  lists the options\n'

const refusing = suite('scripts/secrets: what is refused, before anything is touched')

const refused: [args: string[], message: string][] = [
  [[], `a word is missing; expected check or rotate or recover or render\n${listed}`],
  [['chek'], `"chek" is not known here; expected check or rotate or recover or render\n${listed}`],
  [
    ['rotate', '$(touch x)', '-e', 'production'],
    `"$(touch x)" is not known here; expected JWT_SECRET or DB_PASSWORD or all\n${listed}`,
  ],
  [
    ['rotate', '-e', 'production'],
    'production wants to be asked first, and there is no terminal to ask on: nothing was changed\n→ add --yes (with make: ARGS=--yes)\n',
  ],
  [['rotate', 'all', 'more'], `"more" belongs to no option\n${listed}`],
  [['check', '-e', 'nowhere'], 'there is no environment "nowhere"\n→ environments: production, staging\n'],
]

refusing('each with its whole message and exit code 2', () =>
  onMachine(async ({ run, directory }) => {
    const answers = await eachOf(refused, ([args]) => run('secrets', args))
    assert.equal(
      answers,
      refused.map(([, stderr]) => ({ code: 2, stdout: '', stderr })),
    )
    assert.equal(readdirSync(directory), [])
  }),
)

refusing('a rotation where nothing is live: there is nobody to be given new ones', () =>
  onMachine(async ({ run, directory }) => {
    const production = environmentWith(directory, `${good}VIZION_API_KEY=k3y-of-a-vendor\n`)
    const { code, stderr } = await run('secrets', ['rotate', '-e', 'production', '--dry-run'])
    assert.is(code, 1)
    assert.match(stderr, 'nothing is live in production: there is nobody who has its secrets yet')
    assert.equal(readdirSync(production), ['.env.production'])
  }),
)

refusing.run()

const good = [
  'DB_PASSWORD=0f4c1d7be92a86530f1e2d3c4b5a6978',
  'JWT_SECRET=9b04d5e1c87a36f29b14d6e0c97a26f3',
  'DEMO_PASSWORD=correct-horse-battery',
  '',
].join('\n')

/** An environment's directory with this text as its secrets. */
function environmentWith(directory: string, text: string, name = 'production', mode = 0o600): string {
  const path = join(directory, name)
  mkdirSync(path)
  writeFileSync(join(path, `.env.${name}`), text, { mode })
  return path
}

const rendering = suite('scripts/secrets: render')

rendering("the file as CI's variables make it: what is set, by its length alone, and what would change", () =>
  onMachine(async ({ run, directory }) => {
    const production = environmentWith(directory, '# ours\nJWT_SECRET=old\nDEBUG=1\n')
    const env = {
      PRODUCTION_DB_PASSWORD: "a value with 'no quote",
      PRODUCTION_JWT_SECRET: 'new-secret-value',
    }
    const given = { ...env, PRODUCTION_DB_PASSWORD: 'a new password', VIZION_API_KEY: '', DEMO_PASSWORD: '' }
    const refused = await run('secrets', ['render', '-e', 'production'], { env })
    assert.is(refused.code, 1)
    assert.match(refused.stderr, 'PRODUCTION_DB_PASSWORD has a character in it that the programs')
    const missing = await run('secrets', ['render', '-e', 'production'], { env: given })
    assert.match(missing.stderr, 'VIZION_API_KEY is empty, and other secrets are given')
    const all = { ...given, VIZION_API_KEY: 'vendor-key', DEMO_PASSWORD: 'demonstration' }
    const { code, stdout } = await run('secrets', ['render', '-e', 'production'], { env: all })
    assert.is(code, 0)
    assert.match(stdout, '    # ours\n    JWT_SECRET=…  (16 characters)\n')
    assert.match(stdout, '    DB_PASSWORD=…  (14 characters)\n')
    assert.match(stdout, /change +added DB_PASSWORD, VIZION_API_KEY, DEMO_PASSWORD; changed JWT_SECRET\n?$/)
    for (const value of ['new-secret-value', 'a new password', 'vendor-key']) assert.not.match(stdout, value)
    assert.equal(readdirSync(production), ['.env.production'])
  }),
)

rendering('no variable: they are named', () =>
  onMachine(async ({ run, directory }) => {
    environmentWith(directory, good)
    const { code, stderr } = await run('secrets', ['render', '-e', 'production'])
    assert.is(code, 1)
    assert.match(stderr, /none of the variables is set[\s\S]*PRODUCTION_DB_PASSWORD\n +PRODUCTION_JWT_SECRET/)
  }),
)

rendering.run()

const checking = suite('scripts/secrets: check')

checking('all is well', () =>
  onMachine(async ({ run, directory }) => {
    environmentWith(directory, `${good}VIZION_API_KEY=k3y-of-a-vendor\n`)
    const { code, stdout } = await run('secrets', ['check', '-e', 'production'])
    assert.is(code, 0)
    assert.match(stdout, /secrets +4, none missing, placeholder or weak\n +running +nothing yet/)
  }),
)

checking('everything that is wrong, at once, with what to do, and no value of any', () =>
  onMachine(async ({ run, directory }) => {
    const staging = good.replace(/JWT_SECRET=.*/, 'JWT_SECRET=weak-but-shared')
    environmentWith(directory, `${staging}VIZION_API_KEY=x\n`, 'staging')
    const bad = 'JWT_SECRET=weak-but-shared\nDB_PASSWORD=password123-tracehub\nDEMO_PASSWORD=change-this\n'
    const production = environmentWith(directory, bad, 'production', 0o644)
    writeFileSync(join(production, '.env.backend'), '', { mode: 0o640 })
    const { code, stderr } = await run('secrets', ['check', '-e', 'production'])
    assert.is(code, 1)
    for (const problem of [
      /the secrets of production are not in order: \d problems/,
      /\.env\.production has mode 644: others can read the secrets\n +→ chmod 600/,
      /VIZION_API_KEY is missing in/,
      /DEMO_PASSWORD in .* is still a placeholder/,
      /JWT_SECRET is weak: 15 characters; at least 32 are expected\n +→ npx tsx scripts\/secrets\.ts rotate JWT_SECRET -e production/,
      /DB_PASSWORD is weak: made of words that everybody tries/,
      /JWT_SECRET is the same in staging/,
      /\.env\.backend has mode 640: others can read it/,
    ])
      assert.match(stderr, problem)
    for (const value of ['weak-but-shared', 'password123-tracehub']) assert.not.match(stderr, value)
  }),
)

checking('a character that its readers understand differently: the line', () =>
  onMachine(async ({ run, directory }) => {
    environmentWith(directory, 'DB_PASSWORD="quoted"\n')
    const { code, stderr } = await run('secrets', ['check', '-e', 'production'])
    assert.is(code, 1)
    assert.match(stderr, /\.env\.production line 1: DB_PASSWORD has a " in it/)
  }),
)

checking.run()
