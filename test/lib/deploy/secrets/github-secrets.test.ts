import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { updateGitHub } from '../../../../lib/deploy/secrets/github-secrets.ts'
import { environmentIn, inTemporary } from '../../fixtures.ts'

const updating = suite('github-secrets: the new value is where a deploy looks first')

const secrets = {
  DB_PASSWORD: { services: ['db'], variable: 'PRODUCTION_DB_PASSWORD' },
  JWT_SECRET: { services: ['backend'], variable: 'PRODUCTION_JWT_SECRET' },
} as const

/** Stands in for gh: keeps a secret in the file `<environment>/<name>`, or `repository/<name>` without `--env`. */
const gh = `#!/bin/sh
name=$3; where=repository
while [ $# -gt 0 ]; do [ "$1" = --env ] && where=$2; shift; done
[ -d "$KEPT/$where" ] || { echo "failed to fetch public key: HTTP 404: Not Found" >&2; exit 1; }
cat > "$KEPT/$where/$name"
`

/** Updates both secrets with a gh that knows these shelves. */
const update = (
  shelves: readonly string[],
  check: (problem: Awaited<ReturnType<typeof updateGitHub>>, shelf: (name: string) => string) => void,
) =>
  inTemporary(async directory => {
    for (const name of shelves) mkdirSync(join(directory, name))
    writeFileSync(join(directory, 'gh'), gh.replaceAll('$KEPT', directory), { mode: 0o755 })
    const { PATH, GITHUB_REPOSITORY } = process.env
    process.env['PATH'] = `${directory}:${PATH}`
    process.env['GITHUB_REPOSITORY'] = 'vibotaj/tracehub'
    try {
      const environment = environmentIn('/home/tracehub/production', { secrets })
      const problem = await updateGitHub(environment, { JWT_SECRET: 'new-jwt', DB_PASSWORD: 'new-password' })
      check(problem, name =>
        readdirSync(join(directory, name))
          .map(file => `${file}=${readFileSync(join(directory, name, file), 'utf8')}`)
          .join(' '),
      )
    } finally {
      process.env['PATH'] = PATH
      if (GITHUB_REPOSITORY === undefined) delete process.env['GITHUB_REPOSITORY']
      else process.env['GITHUB_REPOSITORY'] = GITHUB_REPOSITORY
    }
  })

updating("the environment's secrets, which win over the repository's", () =>
  update(['repository', 'production'], (problem, shelf) => {
    assert.is(problem, undefined)
    assert.is(shelf('production'), 'PRODUCTION_DB_PASSWORD=new-password PRODUCTION_JWT_SECRET=new-jwt')
    assert.is(shelf('repository'), '')
  }),
)

updating('what is to be typed where GitHub refuses names the environment as well', () =>
  update(['repository'], (problem, shelf) => {
    assert.is(problem?.detail, 'failed to fetch public key: HTTP 404: Not Found')
    assert.match(
      `${problem?.fix}`,
      '| gh secret set PRODUCTION_JWT_SECRET --env production --repo vibotaj/tracehub\n',
    )
    assert.is(shelf('repository'), '', 'a value that the deploys do not read helps nobody')
  }),
)

updating.run()
