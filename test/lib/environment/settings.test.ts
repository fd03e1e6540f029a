import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import production from '../../../environments/production.ts'
import staging from '../../../environments/staging.ts'
import { UsageError } from '../../../lib/base/failure.ts'
import { shown } from '../../../lib/base/text.ts'
import { otherColour } from '../../../lib/environment/environment.ts'
import { environmentNames, loadEnvironment } from '../../../lib/environment/settings.ts'
import { failureOf, inTemporary, withVariables } from '../fixtures.ts'

/** Stands in a directory while `act` runs. */
async function standingIn<T>(directory: string, act: () => Promise<T>): Promise<T> {
  const before = process.cwd()
  process.chdir(directory)
  try {
    return await act()
  } finally {
    process.chdir(before)
  }
}

/** An override that moves every environment below `directory`, as the sandbox's does. */
function overrideIn(directory: string): string {
  const file = join(directory, 'override.mjs')
  writeFileSync(
    file,
    `export default environment => ({ ...environment, directory: ${JSON.stringify(directory)} + '/' + environment.name })`,
  )
  return file
}

const named = suite('environment: by its name')

named('there are two, and the TLS edge is none of them', async () =>
  assert.equal(await environmentNames(), ['production', 'staging']),
)

for (const environment of [production, staging])
  named(environment.name, () =>
    withVariables({ TRACEHUB_OVERRIDE: undefined }, async () =>
      assert.equal(await loadEnvironment(environment.name), environment),
    ),
  )

for (const name of [
  'nowhere',
  '',
  'Production',
  'production ',
  ' production',
  'production.ts',
  '_tracehub',
  'docker-compose',
  '../lib/cli',
  './production',
  '/etc/passwd',
  'data:text/javascript,process.exit()',
  '__proto__',
  'constructor',
  '$(id)',
  'produc\u200btion',
  '\u001b[31mproduction',
  'x'.repeat(1_000_000),
])
  named(`${shown(name).slice(0, 50)} is none`, async () => {
    const failure = await failureOf(() => loadEnvironment(name))
    assert.instance(failure, UsageError)
    assert.equal(
      [failure.what, failure.fix, failure.exitCode],
      [`there is no environment ${shown(name)}`, 'environments: production, staging', 2],
    )
  })

named('the TLS edge is refused where an application is meant, and says what works', async () => {
  const failure = await failureOf(() => loadEnvironment('shared'))
  assert.equal(
    [failure.what, failure.fix, failure.exitCode],
    [
      'shared is the TLS edge: it has no releases, no database and no backups',
      'npx tsx scripts/deploy.ts -e shared  installs and updates it; environments: production, staging',
      2,
    ],
  )
})

named.run()

const inferred = suite('environment: by where one stands')

for (const where of ['production', 'staging', 'production/backups', 'staging/logs/runs'])
  inferred(`in ${where}`, () =>
    inTemporary(directory =>
      withVariables({ TRACEHUB_OVERRIDE: overrideIn(directory) }, async () => {
        for (const path of ['production/backups', 'staging/logs/runs'])
          mkdirSync(join(directory, path), { recursive: true })
        const { name } = await standingIn(join(directory, where), () => loadEnvironment(undefined))
        assert.is(name, where.split('/')[0])
      }),
    ),
  )

inferred('through a symbolic link', () =>
  inTemporary(directory =>
    withVariables({ TRACEHUB_OVERRIDE: overrideIn(directory) }, async () => {
      mkdirSync(join(directory, 'disk'))
      symlinkSync(join(directory, 'disk'), join(directory, 'staging'))
      const { name } = await standingIn(join(directory, 'staging'), () => loadEnvironment(undefined))
      assert.is(name, 'staging')
    }),
  ),
)

inferred('a name counts more than the place', () =>
  inTemporary(directory =>
    withVariables({ TRACEHUB_OVERRIDE: overrideIn(directory) }, async () => {
      mkdirSync(join(directory, 'staging'))
      const { name } = await standingIn(join(directory, 'staging'), () => loadEnvironment('production'))
      assert.is(name, 'production')
    }),
  ),
)

for (const where of ['.', 'production-old', 'elsewhere/production'])
  inferred(`in ${where}: in none, and a name is asked for`, () =>
    inTemporary(directory =>
      withVariables({ TRACEHUB_OVERRIDE: overrideIn(directory) }, async () => {
        mkdirSync(join(directory, 'production'))
        mkdirSync(join(directory, where), { recursive: true })
        const failure = await failureOf(() =>
          standingIn(join(directory, where), () => loadEnvironment(undefined)),
        )
        assert.equal(
          [failure.what, failure.fix, failure.exitCode],
          [
            'no environment is given, and this is not the directory of one',
            'add -e <name>; environments: production, staging',
            2,
          ],
        )
      }),
    ),
  )

inferred.run()

const overriding = suite('environment: changed from outside')

overriding('an override changes what it names and leaves the rest', () =>
  inTemporary(directory =>
    withVariables({ TRACEHUB_OVERRIDE: overrideIn(directory) }, async () =>
      assert.equal(await loadEnvironment('production'), {
        ...production,
        directory: join(directory, 'production'),
      }),
    ),
  ),
)

overriding('one that is not there', () =>
  inTemporary(directory =>
    withVariables({ TRACEHUB_OVERRIDE: join(directory, 'away.mjs') }, async () => {
      const failure = await failureOf(() => loadEnvironment('production'))
      assert.ok(
        failure.what.startsWith(`${shown(join(directory, 'away.mjs'))} does not load: Cannot find module`),
      )
      assert.is(failure.exitCode, 2)
    }),
  ),
)

overriding('one that does not even parse', () =>
  inTemporary(directory => {
    const file = join(directory, 'broken.mjs')
    writeFileSync(file, 'export default (')
    return withVariables({ TRACEHUB_OVERRIDE: file }, async () => {
      const failure = await failureOf(() => loadEnvironment('production'))
      assert.ok(failure.what.startsWith(`${shown(file)} does not load: `))
      assert.is(failure.exitCode, 2)
    })
  }),
)

overriding.run()

const settings = suite('environment: the settings')

settings('the two environments share nothing that would make them meet', () => {
  const own = ({ directory, project, suffix, domain, ports }: typeof production | typeof staging) => [
    directory,
    project,
    suffix,
    domain,
    ...Object.values(ports),
  ]
  const all = [...own(production), ...own(staging)]
  assert.is(new Set(all).size, all.length)
})

settings('as documented', () => {
  assert.equal(production.ports, { backend: 8000, frontend: 3000, database: 5432 })
  assert.equal(staging.ports, { backend: 8100, frontend: 3100, database: 5532 })
  assert.equal(
    [production, staging].map(({ directory, branch, strategy, confirm }) => [
      directory,
      branch,
      strategy,
      confirm,
    ]),
    [
      ['/home/tracehub/production', 'main', 'blue-green', true],
      ['/home/tracehub/staging', 'develop', 'rolling', false],
    ],
  )
})

settings('two colours take turns', () => {
  assert.is(otherColour('blue'), 'green')
  assert.is(otherColour('green'), 'blue')
})

settings.run()
