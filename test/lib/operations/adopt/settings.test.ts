import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import production from '../../../../environments/production.ts'
import { checkSettings } from '../../../../lib/environment/settings-schema.ts'
import type { DatabaseFacts } from '../../../../lib/operations/adopt/database-facts.ts'
import { changesFor, settingsText } from '../../../../lib/operations/adopt/settings.ts'
import { inTemporary, toolkit } from '../../fixtures.ts'
import { environment, fastapi, oldStack, type Told, type ToldStack, tracehub } from './old-stacks.ts'

const settings = suite('adopt: what differs in the settings')

const changed = (stack: ToldStack, more: Parameters<typeof oldStack>[1] = {}): Record<string, unknown> =>
  Object.fromEntries(changesFor(environment, oldStack(stack, more)).map(({ setting, is }) => [setting, is]))

settings("TraceHub's own", () =>
  assert.equal(changed(tracehub), {
    'images.backend': 'ghcr.io/acme/backend',
    'images.frontend': 'ghcr.io/acme/frontend',
    'images.database': 'postgres:15',
    'secrets.JSONCARGO_API_KEY': { services: ['backend'], optional: true },
    'secrets.PROPELAUTH_API_KEY': { services: ['backend'] },
  }),
)

settings("FastAPI's template", () => {
  const database = { version: '17.5', name: 'app', owner: 'postgres' }
  const found = changed(fastapi, { database, domains: ['dashboard.app.example', 'app.example'] })
  assert.equal(Object.keys(found), [
    ...['domain', 'externalChecks', 'images.backend', 'images.frontend', 'database.name', 'database.user'],
    ...['smokeTests', 'secrets.FIRST_SUPERUSER_PASSWORD', 'secrets.POSTGRES_PASSWORD', 'secrets.SECRET_KEY'],
  ])
  assert.is(found['domain'], 'dashboard.app.example')
  assert.equal(found['externalChecks'], ['https://dashboard.app.example/health'])
  assert.equal(found['smokeTests'], [
    { part: 'backend', path: '/api/v1/utils/health-check/' },
    { part: 'frontend', path: '/' },
  ])
})

const { db, backend, frontend } = tracehub
const others: [
  title: string,
  stack: ToldStack,
  database: Partial<DatabaseFacts>,
  setting: string,
  is: unknown,
][] = [
  [
    'a published port',
    { ...tracehub, backend: { ...backend, ports: ['127.0.0.1:8080:8000'] } },
    {},
    'ports.backend',
    8080,
  ],
  [
    '443 is no port of ours',
    { db, backend, frontend: { ...frontend, ports: ['0.0.0.0:443:443'] } },
    {},
    'ports.frontend',
    undefined,
  ],
  [
    'the usual port',
    { ...tracehub, db: { ...db, ports: ['127.0.0.1:5432:5432'] } },
    {},
    'ports.database',
    undefined,
  ],
  [
    'an image that was built here',
    { ...tracehub, backend: { ...backend, digests: [] } },
    {},
    'images.backend',
    undefined,
  ],
  [
    'a registry with a port, a digest',
    { ...tracehub, backend: { ...backend, image: 'reg.example:5000/a/b:1@sha256:00' } },
    {},
    'images.backend',
    'reg.example:5000/a/b',
  ],
  [
    'several tables of revisions',
    tracehub,
    {
      revisions: new Map([
        ['a.v', 'x'],
        ['b.v', 'y'],
      ]),
    },
    'database.versionTable',
    'a.v',
  ],
  ['a domain that is ours', tracehub, {}, 'domain', undefined],
]
for (const [title, stack, database, setting, is] of others)
  settings(title, () =>
    assert.equal(changed(stack, { database, domains: ['tracehub.example'] })[setting], is),
  )

const images: [running: string, version: string, is: string | undefined][] = [
  ['postgres:17', '17.5', undefined],
  ['reg.example/library/postgres', '17.2', undefined],
  ['postgres:16-alpine', '16.3', 'postgres:16-alpine'],
  ['postgres', '15.8', 'postgres:15.8'],
  ['postgres:latest', '18.1', 'postgres:18.1'],
  ['acme/postgres', '15.8', 'acme/postgres:latest'],
  ['postgis/postgis:17-3.5', '17.5', 'postgis/postgis:17-3.5'],
  ['postgres:1', '1.7', 'postgres:1'],
]
for (const [image, version, is] of images)
  settings(`a server ${version} of ${image}`, () => {
    const told: Told = { ...db, image }
    assert.is(changed({ ...tracehub, db: told }, { database: { version } })['images.database'], is)
  })

settings('the file loads, is valid, and has what differs and why', () =>
  inTemporary(async directory => {
    const stack = oldStack(fastapi, { domains: ['app.example'] })
    const changes = changesFor(production, stack)
    symlinkSync(toolkit, join(directory, 'toolkit'))
    const text = settingsText('production', changes, './toolkit')
    writeFileSync(join(directory, 'production.ts'), text)
    const loaded = (await import(pathToFileURL(join(directory, 'production.ts')).href)) as {
      default: unknown
    }
    assert.equal(loaded.default, checkSettings('x', loaded.default))
    const { name, smokeTests, images, database, secrets } = loaded.default as typeof production
    assert.equal([name, database], ['production', { name: 'tracehub', user: 'tracehub' }])
    assert.equal(images, {
      ...production.images,
      backend: 'ghcr.io/acme/backend',
      frontend: 'ghcr.io/acme/frontend',
      database: 'postgres:17',
    })
    assert.is(smokeTests.length, 2)
    assert.equal(Object.keys(secrets).slice(0, 5), Object.keys(production.secrets))
    assert.match(
      text,
      "  // domain: by certificates or rules, users know the old stack by it\n  domain: 'app.example',\n",
    )
    assert.not.match(text, /branch|an-old-password/)
  }),
)

settings.run()
