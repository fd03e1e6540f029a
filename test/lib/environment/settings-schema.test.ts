import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import production from '../../../environments/production.ts'
import shared from '../../../environments/shared.ts'
import { exitCodes, Problems } from '../../../lib/base/failure.ts'
import { checkSettings } from '../../../lib/environment/settings-schema.ts'

const settings = suite('settings: looked at when they are loaded')

/** What is said of production's settings (or the edge's) with a change in them. */
function said(change: object, of: object = production): string[] {
  try {
    checkSettings('environments/production.ts', { ...of, ...change })
  } catch (error) {
    if (!(error instanceof Problems)) throw error
    assert.is(error.exitCode, exitCodes.usage)
    return error.problems.map(({ what }) => what)
  }
  return []
}

settings('those that are here are right, and come out as they went in', () => {
  for (const one of [production, shared]) assert.equal(checkSettings('…', one), one)
})

const { timeouts, smokeTests, secrets, ports, images } = production
for (const [change, ...expected] of [
  [
    { directory: 'home/tracehub' },
    'directory: an absolute path without quotes or line breaks was expected, "home/tracehub" was given',
  ],
  [{ confirm: 'no' }, 'confirm: true or false was expected, "no" was given'],
  [{ branch: undefined }, 'branch is missing'],
  [{ stabillity: 1 }, 'stabillity: there is no such setting'],
  [
    { timeouts: { ...timeouts, pull: '10 min' } },
    'timeouts.pull: a time in milliseconds was expected, "10 min" was given',
  ],
  [
    { timeouts: { ...timeouts, pull: Number.NaN } },
    'timeouts.pull: a time in milliseconds was expected, "NaN" was given',
  ],
  [
    { timeouts: { ...timeouts, drain: -1 } },
    'timeouts.drain: a time in milliseconds was expected, "-1" was given',
  ],
  [{ timeouts: 30 }, 'timeouts: an object was expected, "30" was given'],
  [
    { ports: { ...ports, database: 70_000 } },
    'ports.database: a TCP port from 1 to 65535 was expected, "70000" was given',
  ],
  [{ strategy: 'canary' }, 'strategy: blue-green or rolling was expected, "canary" was given'],
  [
    { images: { ...images, database: 'postgres' } },
    'images.database: an image\'s name with a tag or digest was expected, "postgres" was given',
  ],
  [
    { images: { ...images, backend: 'ghcr.io/a/b:v1' } },
    'images.backend: an image\'s name without a tag was expected, "ghcr.io/a/b:v1" was given',
  ],
  [
    { smokeTests: [...smokeTests, { part: 'worker', path: 'health' }] },
    'smokeTests.6.part: backend or frontend was expected, "worker" was given',
    'smokeTests.6.path: a path that begins with / was expected, "health" was given',
  ],
  [
    { secrets: { ...secrets, API_KEY: { services: 'backend' } } },
    'secrets.API_KEY.services: a list was expected, "backend" was given',
  ],
  [
    { alarms: { ...production.alarms, diskFree: 10 } },
    'alarms.diskFree: a share between 0 and 1 was expected, "10" was given',
  ],
  [
    { retention: { releases: 0, backups: 10 } },
    'retention.releases: a whole number of 1 or more was expected, "0" was given',
  ],
  [{ provedOn: { environment: 'staging' } }, 'provedOn.otherwise is missing'],
  [
    { externalChecks: ['tracehub.vibotaj.com'] },
    'externalChecks.0: an address that begins with http:// or https:// was expected, "tracehub.vibotaj.com" was given',
  ],
] as const)
  settings(expected.join('; '), () => assert.equal(said(change), expected))

settings('every problem is said at once', () =>
  assert.is(said({ confirm: 1, rehearse: 0, domain: '', suffix: 'Prod!', one: 1, two: 2 }).length, 6),
)

settings("the edge's are the edge's", () =>
  assert.equal(said({ hsts: 'a year', branch: 'main' }, shared), [
    'hsts: a time in milliseconds was expected, "a year" was given',
    'branch: there is no such setting',
  ]),
)

for (const nothing of [undefined, null, [], 'production'])
  settings(`${JSON.stringify(nothing)} is no settings`, () =>
    assert.throws(
      () => checkSettings('environments/production.ts', nothing),
      /environments\/production\.ts is wrong in/,
    ),
  )

settings.run()
